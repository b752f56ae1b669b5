/*
 * The keys of users' tokens, once for a process: asked of the service that issues them, in this process or in
 * another, over and over and when a token of an unknown key comes; kept in a file, so that a process that
 * starts while the issuer is away knows what it knew.
 *
 * While the issuer is away, what is known goes on. A key that it does not show any more is refused after the
 * next look. Readiness does not ask for any of this: without keys the calls of services can be served.
 */
#pragma once

#include "auth/token.h"
#include "rpc/channel.h"

/* Who issues users' tokens. */
extern const RpcService *const app_user_keys_issuer;

typedef struct UserKeysConfig {
        TokenVerifier *verifier; /* takes the keys */
        RpcChannel *issuer;
        const char *path;    /* of the file; "": they are not kept */
        int64_t interval_ms; /* between looks when all is well */
        int64_t pause_ms;    /* after a look before the next one for an unknown key, or after a failure */
        int64_t first_pause_ms; /* the same, while there is no key at all */
        int64_t look_ms;        /* how long a look may take */
        int max_waiting;        /* who may wait for a look; whoever comes then is told so at once */
} UserKeysConfig;

typedef struct UserKeys UserKeys;

/* Reads the file; what is wrong with it is logged, and the file is none then. Lives in arena. */
UserKeys *app_user_keys_new(Arena *arena, const UserKeysConfig *config);

/* Looks from then on; the issuer may be called. */
void app_user_keys_start(UserKeys *keys);

/* Looks no more; harmless when it does not run. Tokens of unknown keys are UNAVAILABLE then. */
void app_user_keys_stop(UserKeys *keys); /* accepts NULL */

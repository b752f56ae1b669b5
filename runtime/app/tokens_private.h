/* What a process signs and verifies tokens with, from its settings; each is made when it is asked for. */
#pragma once

#include "app/settings_private.h"
#include "app/user_keys_private.h"

typedef struct AppTokens {
        Arena *arena;
        const AppSettings *settings;
        TokenSigner *signer;
        TokenVerifier *verifier;
        UserKeys *user_keys; /* of the verifier */
} AppTokens;

/* Both exit with 2 and a sentence when a setting or a file is wrong. */
TokenSigner *app_tokens_signer(AppTokens *tokens);
TokenVerifier *app_tokens_verifier(AppTokens *tokens);

/* Has the verifier take the keys of users' tokens from their issuer, once app_user_keys_start is called. */
void app_tokens_watch(AppTokens *tokens, RpcChannel *issuer);

void app_tokens_free(AppTokens *tokens);

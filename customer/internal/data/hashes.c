#include "data/hashes.h"

#include <string.h>

#include "base/base64.h"
#include "base/word.h"
#include "biz/account/account.h"

Bytes customer_email_hash(const Keyring *ring, Arena *arena, const char *email) {
        return crypt_keyed_hash(ring, arena, "accounts.email", email);
}

Bytes customer_host_hash(const Keyring *ring, const Ctx *ctx) {
        return crypt_keyed_hash(ring, ctx->arena, "login_tries.host", str_or_empty(ctx->client));
}

Bytes customer_token_hash(const Keyring *ring, Arena *arena, const char *refresh_token) {
        return crypt_keyed_hash(ring, arena, "refresh_tokens.token", refresh_token);
}

const char *customer_next_token(const Keyring *ring, Arena *arena, const char *refresh_token) {
        StrBuf next = { .arena = arena };

        base64url_add(&next, crypt_keyed_hash(ring, arena, "refresh_tokens.next", refresh_token));
        return strbuf_text(&next);
}

const Error *customer_read_roles(Arena *arena, const char *words, unsigned *ret_roles) {
        unsigned roles = 0;
        char *rest;

        for (char *word = strtok_r(arena_strdup(arena, words), " ", &rest); word;
             word = strtok_r(NULL, " ", &rest)) {
                Role role = ctx_role_of(word);

                if (!(role & ACCOUNT_ROLES))
                        return word_unknown(arena, "accounts.roles", word);
                roles |= role;
        }
        *ret_roles = roles;
        return NULL;
}

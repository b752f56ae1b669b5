/* What the tables of accounts hold instead of what must not be read there: keyed hashes; and roles. */
#pragma once

#include "base/ctx.h"
#include "crypt/keyring.h"

/* By which an account is found, and tries to log in to it are counted. */
Bytes customer_email_hash(const Keyring *ring, Arena *arena, const char *email);

/* Of ctx->client: where a try came from; one value for all that is not known. */
Bytes customer_host_hash(const Keyring *ring, const Ctx *ctx);

Bytes customer_token_hash(const Keyring *ring, Arena *arena, const char *refresh_token);

/*
 * The token that follows a refresh token: always the same, which nobody finds without the token and the keys.
 */
const char *customer_next_token(const Keyring *ring, Arena *arena, const char *refresh_token);

/* The set of words that a blank lies between. errors: internal for one that this version does not know */
const Error *customer_read_roles(Arena *arena, const char *words, unsigned *ret_roles) MUST_CHECK;

#include "auth/keys_private.h"

#include <string.h>

#include "base/str.h"

static bool read_rights(const json_t *list, Rights *ret_rights) {
        Rights rights = { 0 };

        for (size_t i = 0; i < json_array_size(list); i++) {
                const char *word = json_string_value(json_array_get(list, i));

                if (!word || !auth_rights_add(&rights, word))
                        return false;
        }
        *ret_rights = rights;
        return json_array_size(list) > 0;
}

static const char *member(Arena *arena, const json_t *json, const char *name) {
        return arena_strdup(arena, str_or_empty(json_string_value(json_object_get(json, name))));
}

/* Keys of other kinds are not for us; one of ours that may say nothing is a mistake. */
static const Error *add_key(TokenKeys *keys, Arena *arena, json_t *json) {
        cjose_err problem;
        cjose_jwk_t *jwk = cjose_jwk_import_json((cjose_header_t *) json, &problem);
        TokenKey *key = &keys->items[keys->n];

        if (!jwk)
                return NULL;
        if (!auth_jose_is_usable(jwk)) {
                cjose_jwk_release(jwk);
                return NULL;
        }
        *key = (TokenKey) { .jwk = jwk,
                            .kid = arena_strdup(arena, auth_jose_kid(jwk)),
                            .x = member(arena, json, "x"),
                            .y = member(arena, json, "y") };
        keys->n++;
        if (!read_rights(json_object_get(json, RIGHTS_MEMBER), &key->rights))
                return error_internal(arena, NULL, "The key %s lists nothing clear in " RIGHTS_MEMBER,
                                      key->kid);
        return NULL;
}

static const Error *add_keys(TokenKeys *keys, Arena *arena, const json_t *list) {
        keys->items = ARENA_ARRAY(arena, TokenKey, json_array_size(list));
        for (size_t i = 0; i < json_array_size(list); i++)
                TRY(add_key(keys, arena, json_array_get(list, i)));
        return keys->n > 0 ? NULL : error_internal(arena, NULL, "The JWKS holds no P-256 key with a kid");
}

const Error *auth_token_keys_read(Arena *arena, const char *jwks, TokenKeys *ret_keys) {
        AUTO_JSON json = json_loads(jwks, JSON_REJECT_DUPLICATES, NULL);
        TokenKeys keys = { 0 };
        const Error *error = add_keys(&keys, arena, json_object_get(json, "keys"));

        if (error)
                auth_token_keys_release(&keys);
        else
                *ret_keys = keys;
        return error;
}

void auth_token_keys_release(TokenKeys *keys) {
        for (size_t i = 0; i < keys->n; i++)
                cjose_jwk_release(keys->items[i].jwk);
        keys->n = 0;
}

const TokenKey *auth_token_keys_find(const TokenKeys *keys, const char *kid) {
        for (size_t i = 0; i < keys->n; i++)
                if (kid && str_equal(keys->items[i].kid, kid))
                        return &keys->items[i];
        return NULL;
}

bool auth_token_keys_are_of_users(const TokenKeys *keys) {
        for (size_t i = 0; i < keys->n; i++)
                if (keys->items[i].rights.service[0] || keys->items[i].rights.acts_for)
                        return false;
        return true;
}

static bool says_the_same(const Rights *a, const Rights *b) {
        return a->roles == b->roles && a->acts_for == b->acts_for && str_equal(a->service, b->service);
}

bool auth_token_keys_are_among(const TokenKeys *some, const TokenKeys *others) {
        for (size_t i = 0; i < some->n; i++) {
                const TokenKey *key = &some->items[i];
                const TokenKey *same = auth_token_keys_find(others, key->kid);

                if (!same || !str_equal(key->x, same->x) || !str_equal(key->y, same->y) ||
                    !says_the_same(&key->rights, &same->rights))
                        return false;
        }
        return true;
}

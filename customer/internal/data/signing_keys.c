#include "data/signing_keys.h"

#include "auth/token.h"
#include "base/clock.h"
#include "base/monitor.h"
#include "pg/reader.h"

#define MAY "customer seller admin"
#define KEPT "interval '1 day'"
#define LEAD_SHARE 4
#define LOCK_KEY "7265370128841003" /* of pg_advisory_xact_lock: one process makes a key at a time */

typedef struct SigningKey {
        Arena *arena;
        TokenSigner *signer;
        int64_t signs_until_us; /* on the clock that never steps */
} SigningKey;

struct SigningKeys {
        TokenIssuer base;
        PgPool *pool;
        const Keyring *ring;
        int64_t signs_ms, lead_ms;
        Monitor monitor;
        SigningKey current; /* arena is NULL: none was taken yet */
};

static SealedPlace place_of(const char *kid) {
        return (SealedPlace) { "signing_keys", "private_key", kid };
}

/* ---- made and forgotten ---- */

#define IS_DUE                                                                                               \
        "NOT EXISTS (SELECT FROM signing_keys WHERE signs_until > now() + 2 * $1::bigint * interval '1 ms')"

static const PgStatement sql_is_due = PG_READ("SELECT " IS_DUE);

static const PgStatement sql_lock = PG_WRITE("SELECT pg_advisory_xact_lock(" LOCK_KEY ")");

static const PgStatement sql_insert = PG_WRITE(
        "INSERT INTO signing_keys (kid, x, y, private_key, signs_from, signs_until, published_until)"
        " SELECT $3, $4, $5, $6, t.begin, t.begin + $2::bigint * interval '1 ms',"
        "        t.begin + $2::bigint * interval '1 ms' + " KEPT
        "   FROM (SELECT CASE WHEN EXISTS (SELECT FROM signing_keys WHERE signs_until > now())"
        "                     THEN now() + $1::bigint * interval '1 ms' ELSE now() END) AS t (begin)"
        "  WHERE " IS_DUE);

static const PgStatement sql_forget = PG_WRITE("DELETE FROM signing_keys WHERE published_until <= now()");

static const Error *make(SigningKeys *keys, Ctx *ctx) {
        PgBatch *batch = pg_batch_new(keys->pool, ctx);
        const char *private_jwk, *jwks;
        TokenPublicKey key;

        TRY(auth_token_make_key(ctx->arena, MAY, &private_jwk, &jwks));
        TRY(auth_token_public_key(ctx->arena, jwks, &key));
        const SealedPlace place = place_of(key.kid);
        pg_batch_add(batch, &sql_lock, PG_NO_ARGS);
        pg_batch_add(batch, &sql_insert,
                     PG_ARGS(pg_int64(keys->lead_ms), pg_int64(keys->signs_ms), pg_text(key.kid),
                             pg_text(key.x), pg_text(key.y),
                             pg_bytes(crypt_seal(keys->ring, ctx->arena, &place, private_jwk))));
        pg_batch_add(batch, &sql_forget, PG_NO_ARGS);
        return pg_batch_run(batch);
}

static const Error *make_when_due(SigningKeys *keys, Ctx *ctx) {
        const PgRows *rows;

        TRY(pg_run(keys->pool, ctx, &sql_is_due, PG_ARGS(pg_int64(keys->lead_ms)), &rows));
        return pg_get_bool(rows, 0, 0) ? make(keys, ctx) : NULL;
}

/* ---- the one that signs ---- */

/* The last that began; when a clock stepped back, one that begins later is better than none. */
static const PgStatement sql_current = PG_READ(
        "SELECT kid, private_key, (extract(epoch FROM signs_until - now()) * 1000)::bigint"
        "  FROM signing_keys WHERE signs_until > now()"
        " ORDER BY signs_from <= now() DESC, signs_from DESC LIMIT 1");

static const Error *read_current(SigningKeys *keys, Ctx *ctx, const PgRows *rows, int64_t asked_us,
                                 SigningKey *ret_key) {
        SigningKey key = { .arena = arena_new() };
        PgReader at = pg_reader(rows, 0);
        const char *private_jwk = NULL;

        const SealedPlace place = place_of(pg_next_text(&at));
        Bytes sealed = pg_next_bytes_or_none(&at);
        key.signs_until_us = asked_us + pg_next_int64(&at) * US_PER_MS;
        const Error *error = pg_reader_end(&at);
        if (!error)
                error = crypt_open(keys->ring, ctx->arena, &place, sealed, &private_jwk);
        if (!error)
                error = auth_token_signer_new(key.arena, str_or_empty(private_jwk), &key.signer);
        if (error) {
                const Error *copy = error_copy(ctx->arena, error);

                arena_free(key.arena);
                return copy;
        }
        *ret_key = key;
        return NULL;
}

static void free_key(const SigningKey *key) {
        auth_token_signer_free(key->signer);
        arena_free(key->arena);
}

static void replace(SigningKeys *keys, const SigningKey *key) {
        monitor_lock(&keys->monitor);
        const SigningKey old = keys->current;
        keys->current = *key;
        monitor_unlock(&keys->monitor);
        free_key(&old);
}

const Error *customer_signing_keys_turn(SigningKeys *keys, Ctx *ctx) {
        int64_t asked_us = clock_monotonic_us();
        const PgRows *rows;
        SigningKey key;

        TRY(make_when_due(keys, ctx));
        TRY(pg_run(keys->pool, ctx, &sql_current, PG_NO_ARGS, &rows));
        if (pg_rows_count(rows) == 0)
                return error_new(ctx->arena, ERROR_UNAVAILABLE, REASON_UNAVAILABLE,
                                 "There is no key to sign with yet");
        TRY(read_current(keys, ctx, rows, asked_us, &key));
        replace(keys, &key);
        return NULL;
}

/* *ret_token stays NULL when there is no key, or it signs no more. */
static const Error *try_to_sign(SigningKeys *keys, Ctx *ctx, const char *subject, unsigned roles,
                                const char **ret_token) {
        const Error *error = NULL;

        monitor_lock(&keys->monitor);
        if (keys->current.arena && clock_monotonic_us() < keys->current.signs_until_us)
                error = auth_token_sign(keys->current.signer, ctx->arena, subject, roles, TOKEN_ACCESS_MS,
                                        ret_token);
        monitor_unlock(&keys->monitor);
        return error;
}

static const Error *issue(TokenIssuer *self, Ctx *ctx, const char *subject, unsigned roles,
                          const char **ret_token, int64_t *ret_lifetime_ms) {
        SigningKeys *keys = (SigningKeys *) self;
        const char *token = NULL;

        TRY(try_to_sign(keys, ctx, subject, roles, &token));
        if (!token) {
                TRY(customer_signing_keys_turn(keys, ctx));
                TRY(try_to_sign(keys, ctx, subject, roles, &token));
        }
        if (!token)
                return error_internal(ctx->arena, NULL, "A key that was just read signs no more");
        *ret_token = token;
        *ret_lifetime_ms = TOKEN_ACCESS_MS;
        return NULL;
}

static const PgStatement sql_published = PG_READ(
        "SELECT kid, x, y FROM signing_keys WHERE published_until > now() ORDER BY signs_from, kid");

static const Error *published(TokenIssuer *self, Ctx *ctx, PublicKey **ret_keys, size_t *ret_n) {
        const PgRows *rows;

        TRY(pg_run(((SigningKeys *) self)->pool, ctx, &sql_published, PG_NO_ARGS, &rows));
        size_t n = pg_rows_count(rows);
        PublicKey *keys = ARENA_ARRAY(ctx->arena, PublicKey, n);
        for (size_t i = 0; i < n; i++) {
                PgReader at = pg_reader(rows, i);

                keys[i].kid = pg_next_text(&at);
                keys[i].x = pg_next_text(&at);
                keys[i].y = pg_next_text(&at);
                TRY(pg_reader_end(&at));
        }
        *ret_keys = keys;
        *ret_n = n;
        return NULL;
}

static void destroy(void *self) {
        SigningKeys *keys = self;

        free_key(&keys->current);
        monitor_destroy(&keys->monitor);
}

SigningKeys *customer_signing_keys_new(Arena *arena, PgPool *pool, const Keyring *ring, int64_t signs_ms) {
        SigningKeys *keys = ARENA_NEW(arena, SigningKeys);
        int64_t share_ms = signs_ms / LEAD_SHARE;

        *keys = (SigningKeys) {
                .base = { .issue = issue, .keys = published },
                .pool = pool,
                .ring = ring,
                .signs_ms = signs_ms,
                .lead_ms = share_ms < SIGNING_LEAD_MS ? share_ms : SIGNING_LEAD_MS,
        };
        monitor_init(&keys->monitor);
        arena_defer(arena, destroy, keys);
        return keys;
}

TokenIssuer *customer_signing_keys_issuer(SigningKeys *keys) {
        return &keys->base;
}

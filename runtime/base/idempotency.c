#include "base/idempotency.h"

#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/str.h"

/* Pauses between two looks at a key that somebody else works on. */
#define FIRST_PAUSE_MS 5
#define LONGEST_PAUSE_MS 50

/* Time that is kept to say that the first call is still under way. */
#define LAST_WORD_MS 200

bool idempotency_key_is_well_formed(const char *key) {
        size_t n = strspn(key, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.:");

        return !key[n] && n >= IDEMPOTENCY_KEY_MIN_BYTES && n <= IDEMPOTENCY_KEY_MAX_BYTES;
}

const Error *idempotency_key_reused(const Ctx *ctx) {
        return error_new(ctx->arena, ERROR_FAILED_PRECONDITION, REASON_IDEMPOTENCY_KEY_REUSED,
                         "The Idempotency-Key was used for another request");
}

const Error *idempotency_in_flight(const Ctx *ctx) {
        Error *error = error_new(ctx->arena, ERROR_ABORTED, REASON_IDEMPOTENCY_IN_FLIGHT,
                                 "The first call with this Idempotency-Key is still under way");

        error->retry_after_ms = IDEMPOTENCY_RETRY_AFTER_MS;
        return error;
}

void idempotency_mark_replay(Ctx *ctx) {
        ctx_reply_header(ctx, "idempotent-replayed", "true");
}

static bool is_same(const IdempotencyKey *a, const IdempotencyKey *b) {
        return str_equal(a->caller, b->caller) && str_equal(a->method, b->method) &&
               str_equal(a->key, b->key);
}

/* False when one with this key waits already, or enough of others. */
static bool begin_waiting(IdempotencyWaiters *waiters, const IdempotencyKey *key) {
        const IdempotencyKey **place = NULL;
        bool waits = false;

        monitor_lock(&waiters->monitor);
        for (size_t i = 0; i < IDEMPOTENCY_MAX_WAITERS; i++) {
                if (!waiters->waiting[i])
                        place = &waiters->waiting[i];
                else if (is_same(waiters->waiting[i], key))
                        waits = true;
        }
        if (place && !waits)
                *place = key;
        monitor_unlock(&waiters->monitor);
        return place && !waits;
}

static void end_waiting(IdempotencyWaiters *waiters, const IdempotencyKey *key) {
        monitor_lock(&waiters->monitor);
        for (size_t i = 0; i < IDEMPOTENCY_MAX_WAITERS; i++)
                if (waiters->waiting[i] == key)
                        waiters->waiting[i] = NULL;
        monitor_unlock(&waiters->monitor);
}

static const Error *pause_before_next_look(Ctx *ctx, int64_t *pause_ms) {
        if (ctx_remaining_ms(ctx) <= LAST_WORD_MS)
                return idempotency_in_flight(ctx);
        TRY(ctx_check(ctx));
        struct timespec pause = clock_timespec(*pause_ms * US_PER_MS);

        nanosleep(&pause, NULL);
        if (*pause_ms < LONGEST_PAUSE_MS)
                *pause_ms *= 2;
        return NULL;
}

static const Error *wait_until_settled(Ctx *ctx, IdempotencyLook look, void *arg) {
        int64_t pause_ms = FIRST_PAUSE_MS;
        bool is_settled;

        do {
                TRY(pause_before_next_look(ctx, &pause_ms));
                TRY(look(arg, ctx, &is_settled));
        } while (!is_settled);
        return NULL;
}

const Error *idempotency_settle(IdempotencyWaiters *waiters, Ctx *ctx, const IdempotencyKey *key,
                                IdempotencyLook look, void *arg) {
        bool is_settled;

        TRY(look(arg, ctx, &is_settled));
        if (is_settled)
                return NULL;
        if (!begin_waiting(waiters, key))
                return idempotency_in_flight(ctx);
        const Error *error = wait_until_settled(ctx, look, arg);
        end_waiting(waiters, key);
        return error;
}

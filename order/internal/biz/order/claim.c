#include <string.h>
#include <time.h>

#include "base/uuid.h"
#include "biz/order/internal.h"

/* Pauses between two looks at a claim that somebody else works on. */
#define FIRST_PAUSE_MS 5
#define LONGEST_PAUSE_MS 50

/* Time that is kept to say that the first call is still under way. */
#define LAST_WORD_MS 200
#define RETRY_AFTER_MS 1000

static const Error *check_key(Ctx *ctx) {
        size_t n = str_count_chars(ctx->idempotency_key);

        if (n >= ORDER_KEY_MIN_CHARS && n <= ORDER_KEY_MAX_CHARS)
                return NULL;
        Error *error = error_new(ctx->arena, ERROR_INVALID_ARGUMENT, REASON_INVALID_REQUEST,
                                 "The Idempotency-Key must have %d to %d characters", ORDER_KEY_MIN_CHARS,
                                 ORDER_KEY_MAX_CHARS);
        error_add_violation(ctx->arena, error, "Idempotency-Key", "must have 16 to 255 characters");
        return error;
}

static const Error *check_same_request(Ctx *ctx, const Saga *saga, const OrderRequest *request) {
        if (saga->request_hash.n_bytes == request->hash.n_bytes &&
            memcmp(saga->request_hash.data, request->hash.data, request->hash.n_bytes) == 0)
                return NULL;
        return error_new(ctx->arena, ERROR_FAILED_PRECONDITION, REASON_IDEMPOTENCY_KEY_REUSED,
                         "The Idempotency-Key was used for another request");
}

/* The order has left the machine's hands: stored answer, or a row that says how it ended. */
static bool is_answered(const Saga *saga) {
        return saga->answer.n_bytes > 0 ||
               (saga->order_status != ORDER_ANY_STATUS && saga->order_status != ORDER_PENDING_PAYMENT);
}

static const Error *wait_for_owner(Ctx *ctx, int64_t *pause_ms) {
        if (ctx_remaining_ms(ctx) <= LAST_WORD_MS) {
                Error *error = error_new(ctx->arena, ERROR_ABORTED, REASON_IDEMPOTENCY_IN_FLIGHT,
                                         "The first call with this Idempotency-Key is still under way");

                error->retry_after_ms = RETRY_AFTER_MS;
                return error;
        }
        TRY(ctx_check(ctx));
        nanosleep(&(struct timespec) { .tv_nsec = *pause_ms * 1000000 }, NULL);
        if (*pause_ms < LONGEST_PAUSE_MS)
                *pause_ms *= 2;
        return NULL;
}

const Error *order_claim(OrderUsecase *usecase, Ctx *ctx, const OrderRequest *request, Saga *ret_saga,
                         bool *ret_is_mine) {
        Saga wanted = {
                .order_id = uuid_sortable(ctx->arena, "ORD-"),
                .customer_id = request->customer_id,
                .idempotency_key = ctx->idempotency_key,
                .request_hash = request->hash,
                .step = SAGA_CLAIMED,
                .is_leased = true,
        };
        *ret_saga = wanted;
        *ret_is_mine = true;
        if (!ctx->idempotency_key)
                return NULL;
        TRY(check_key(ctx));
        for (int64_t pause_ms = FIRST_PAUSE_MS;;) {
                TRY(usecase->sagas->claim(usecase->sagas, ctx, &wanted, ret_saga, ret_is_mine));
                TRY(check_same_request(ctx, ret_saga, request));
                if (*ret_is_mine || is_answered(ret_saga))
                        return NULL;
                TRY(wait_for_owner(ctx, &pause_ms));
        }
}

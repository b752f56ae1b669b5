#include <time.h>

#include "base/uuid.h"
#include "biz/order/internal.h"

/* Pauses between two looks at a claim that somebody else works on. */
#define FIRST_PAUSE_MS 5
#define LONGEST_PAUSE_MS 50

/* Time that is kept to say that the first call is still under way. */
#define LAST_WORD_MS 200

static const Error *check_same_request(Ctx *ctx, const Claim *claim) {
        if (claim->is_same_request)
                return NULL;
        return error_new(ctx->arena, ERROR_FAILED_PRECONDITION, REASON_IDEMPOTENCY_KEY_REUSED,
                         "The Idempotency-Key was used for another request");
}

/* The order has left the machine's hands: stored answer, or a row that says how it ended. */
static bool is_answered(const Claim *claim) {
        return claim->saga.answer.n_bytes > 0 ||
               (claim->order_status != ORDER_ANY_STATUS && claim->order_status != ORDER_PENDING_PAYMENT);
}

const Error *order_in_flight(Ctx *ctx) {
        Error *error = error_new(ctx->arena, ERROR_ABORTED, REASON_IDEMPOTENCY_IN_FLIGHT,
                                 "The first call with this Idempotency-Key is still under way");

        error->retry_after_ms = ORDER_RETRY_AFTER_MS;
        return error;
}

static bool has_same_key(const Saga *a, const Saga *b) {
        return str_equal(a->customer_id, b->customer_id) && str_equal(a->idempotency_key, b->idempotency_key);
}

/* False when one with this key waits already, or enough of others. */
static bool begin_waiting(KeyWaiters *waiters, const Saga *wanted) {
        const Saga **place = NULL;
        bool waits = false;

        monitor_lock(&waiters->monitor);
        for (size_t i = 0; i < ORDER_MAX_KEY_WAITERS; i++) {
                if (!waiters->waiting[i])
                        place = &waiters->waiting[i];
                else if (has_same_key(waiters->waiting[i], wanted))
                        waits = true;
        }
        if (place && !waits)
                *place = wanted;
        monitor_unlock(&waiters->monitor);
        return place && !waits;
}

static void end_waiting(KeyWaiters *waiters, const Saga *wanted) {
        monitor_lock(&waiters->monitor);
        for (size_t i = 0; i < ORDER_MAX_KEY_WAITERS; i++)
                if (waiters->waiting[i] == wanted)
                        waiters->waiting[i] = NULL;
        monitor_unlock(&waiters->monitor);
}

static const Error *pause_before_next_look(Ctx *ctx, int64_t *pause_ms) {
        if (ctx_remaining_ms(ctx) <= LAST_WORD_MS)
                return order_in_flight(ctx);
        TRY(ctx_check(ctx));
        struct timespec pause = clock_timespec(*pause_ms * US_PER_MS);

        nanosleep(&pause, NULL);
        if (*pause_ms < LONGEST_PAUSE_MS)
                *pause_ms *= 2;
        return NULL;
}

/* True when the claim is ours, or answered. */
static bool is_settled(const Claim *claim) {
        return claim->is_mine || is_answered(claim);
}

static const Error *look(OrderUsecase *usecase, Ctx *ctx, const Saga *wanted, Bytes request,
                         Claim *ret_claim) {
        Claim claim;

        TRY(usecase->sagas->claim(usecase->sagas, ctx, wanted, request, &claim));
        TRY(check_same_request(ctx, &claim));
        *ret_claim = claim;
        return NULL;
}

static const Error *wait_until_settled(OrderUsecase *usecase, Ctx *ctx, const Saga *wanted, Bytes request,
                                       Claim *ret_claim) {
        int64_t pause_ms = FIRST_PAUSE_MS;

        do {
                TRY(pause_before_next_look(ctx, &pause_ms));
                TRY(look(usecase, ctx, wanted, request, ret_claim));
        } while (!is_settled(ret_claim));
        return NULL;
}

static const Error *claim_key(OrderUsecase *usecase, Ctx *ctx, const Saga *wanted, Bytes request,
                              Claim *ret_claim) {
        TRY(look(usecase, ctx, wanted, request, ret_claim));
        if (is_settled(ret_claim))
                return NULL;
        if (!begin_waiting(&usecase->waiters, wanted))
                return order_in_flight(ctx);
        const Error *error = wait_until_settled(usecase, ctx, wanted, request, ret_claim);
        end_waiting(&usecase->waiters, wanted);
        return error;
}

const Error *order_claim(OrderUsecase *usecase, Ctx *ctx, const OrderRequest *request, Saga *ret_saga,
                         bool *ret_is_mine) {
        Saga wanted = {
                .order_id = uuid_sortable(ctx->arena, "ORD-"),
                .customer_id = request->customer_id,
                .idempotency_key = ctx->idempotency_key,
                .step = SAGA_CLAIMED,
                .is_leased = true,
        };
        Claim claim = { .saga = wanted, .is_mine = true };

        if (ctx->idempotency_key)
                TRY(claim_key(usecase, ctx, &wanted, request->packed, &claim));
        *ret_saga = claim.saga;
        *ret_is_mine = claim.is_mine;
        return NULL;
}

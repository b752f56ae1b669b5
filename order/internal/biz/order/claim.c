#include "base/uuid.h"
#include "biz/order/order_private.h"

/* The order has left the machine's hands: stored answer, or a row that says how it ended. */
static bool is_answered(const Claim *claim) {
        return claim->saga.answer.n_bytes > 0 ||
               (claim->order_status != ORDER_ANY_STATUS && claim->order_status != ORDER_PENDING_PAYMENT);
}

static const Error *claim_key(OrderUsecase *usecase, Ctx *ctx, const Saga *wanted, Bytes request,
                              Claim *ret_claim) {
        SagaStore *sagas = usecase->sagas;

        TRY(sagas->claim(sagas, ctx, wanted, request, ret_claim));
        if (!ret_claim->is_same_request)
                return idempotency_key_reused(ctx);
        return ret_claim->is_mine || is_answered(ret_claim) ? NULL : idempotency_in_flight(ctx);
}

const Error *order_claim(OrderUsecase *usecase, Ctx *ctx, const OrderRequest *request, Saga *ret_saga,
                         bool *ret_is_mine) {
        Saga wanted = {
                .order_id = uuid_sortable(ctx->arena, "ORD-"),
                .customer_id = request->customer_id,
                .idempotency_key = ctx->idempotency_key,
                .step = SAGA_CLAIMED,
                .is_leased = true,
                .holds = HOLDS_ANY, /* whoever finds it alone cannot know better */
        };
        Claim claim = { .saga = wanted, .is_mine = true };

        if (ctx->idempotency_key)
                TRY(claim_key(usecase, ctx, &wanted, request->packed, &claim));
        *ret_saga = claim.saga;
        *ret_is_mine = claim.is_mine;
        return NULL;
}

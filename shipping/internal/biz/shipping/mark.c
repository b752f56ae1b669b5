#include "base/clock.h"
#include "base/str.h"
#include "biz/shipping/fulfilment_private.h"

/* What is to become of a shipment. */
typedef struct Mark {
        ShipmentStatus to;
        const char *carrier;
        const char *tracking_number;
} Mark;

static const Error *tracking_mismatch(Ctx *ctx, const Shipment *shipment) {
        Error *error = error_new(ctx->arena, ERROR_FAILED_PRECONDITION, REASON_TRACKING_MISMATCH,
                                 "Shipment %s was shipped under another number", shipment->shipment_id);

        ERROR_ADD_RECORD(ctx->arena, error, error_text("carrier", shipment->carrier),
                         error_text("trackingNumber", shipment->tracking_number));
        return error;
}

static const Error *refuse(Ctx *ctx, const Shipment *shipment, const char *reason, const char *what) {
        return error_new(ctx->arena, ERROR_FAILED_PRECONDITION, reason, "Shipment %s %s",
                         shipment->shipment_id, what);
}

/* *ret_is_done is true when it is so already. */
static const Error *judge(Ctx *ctx, const Shipment *shipment, const Mark *mark, bool *ret_is_done) {
        bool is_shipped = shipment->status != SHIPMENT_CREATED;

        if (shipment->status == SHIPMENT_CANCELLED)
                return refuse(ctx, shipment, REASON_SHIPMENT_CANCELLED, "was cancelled");
        if (mark->to == SHIPMENT_DELIVERED && !is_shipped)
                return refuse(ctx, shipment, REASON_SHIPMENT_NOT_SHIPPED, "was not shipped yet");
        if (mark->to == SHIPMENT_SHIPPED && is_shipped &&
            !(str_equal(shipment->carrier, mark->carrier) &&
              str_equal(shipment->tracking_number, mark->tracking_number)))
                return tracking_mismatch(ctx, shipment);
        *ret_is_done = shipment->status >= mark->to;
        return NULL;
}

static void apply(Shipment *shipment, const Mark *mark) {
        int64_t now_us = clock_wall_us();

        shipment->status = mark->to;
        shipment->version++;
        if (mark->to == SHIPMENT_DELIVERED) {
                shipment->delivered_at_us = now_us;
                return;
        }
        shipment->shipped_at_us = now_us;
        shipment->carrier = mark->carrier;
        shipment->tracking_number = mark->tracking_number;
}

/* One attempt; *ret_shipment is NULL when another change came between. */
static const Error *try_mark(FulfilmentUsecase *usecase, Ctx *ctx, const char *shipment_id, const Mark *mark,
                             const Shipment **ret_shipment) {
        Fulfilment *fulfilment;
        bool is_done;
        size_t i;

        TRY(ctx_check(ctx));
        TRY(shipping_find_own(usecase, ctx, shipment_id, &fulfilment, &i));
        TRY(judge(ctx, &fulfilment->shipments[i], mark, &is_done));
        if (!is_done) {
                apply(&fulfilment->shipments[i], mark);
                fulfilment->version++;
                TRY(usecase->repo->save(usecase->repo, ctx, fulfilment, i, &is_done));
        }
        *ret_shipment = is_done ? &fulfilment->shipments[i] : NULL;
        return NULL;
}

/* Who was overtaken looks again: each change of a fulfilment leaves fewer that are possible. */
static const Error *mark_shipment(FulfilmentUsecase *usecase, Ctx *ctx, const char *shipment_id,
                                  const Mark *mark, const Shipment **ret_shipment) {
        const Shipment *shipment = NULL;

        while (!shipment)
                TRY(try_mark(usecase, ctx, shipment_id, mark, &shipment));
        *ret_shipment = shipment;
        return NULL;
}

const Error *shipping_mark_shipped(FulfilmentUsecase *usecase, Ctx *ctx, const char *shipment_id,
                                   const char *carrier, const char *tracking_number,
                                   const Shipment **ret_shipment) {
        Mark mark = { SHIPMENT_SHIPPED, carrier, tracking_number };

        return mark_shipment(usecase, ctx, shipment_id, &mark, ret_shipment);
}

const Error *shipping_mark_delivered(FulfilmentUsecase *usecase, Ctx *ctx, const char *shipment_id,
                                     const Shipment **ret_shipment) {
        Mark mark = { .to = SHIPMENT_DELIVERED };

        return mark_shipment(usecase, ctx, shipment_id, &mark, ret_shipment);
}

#include "base/str.h"
#include "biz/shipping/fulfilment_private.h"

/* Who may see and mark the shipments of every seller; whether he may mark at all says the contract. */
#define FOR_ALL_SELLERS (ROLE_ADMIN | ROLE_SERVICE)

static bool may_handle(const Ctx *ctx, const char *seller_id) {
        return ctx_has_role(ctx, FOR_ALL_SELLERS) ||
               (ctx_has_role(ctx, ROLE_SELLER) && str_equal(ctx->caller->id, seller_id));
}

static const Error *not_found(Ctx *ctx, const char *shipment_id) {
        return error_new(ctx->arena, ERROR_NOT_FOUND, REASON_SHIPMENT_NOT_FOUND, "There is no shipment %s",
                         shipment_id);
}

const Error *shipping_find_own(FulfilmentUsecase *usecase, Ctx *ctx, const char *shipment_id,
                               Fulfilment **ret_fulfilment, size_t *ret_index) {
        Fulfilment *fulfilment;
        size_t i = 0;

        TRY(usecase->repo->find_of(usecase->repo, ctx, shipment_id, &fulfilment));
        if (!fulfilment)
                return not_found(ctx, shipment_id);
        while (i < fulfilment->n_shipments &&
               !str_equal(fulfilment->shipments[i].shipment_id, shipment_id))
                i++;
        if (i == fulfilment->n_shipments || !may_handle(ctx, fulfilment->shipments[i].seller_id))
                return not_found(ctx, shipment_id);
        *ret_fulfilment = fulfilment;
        *ret_index = i;
        return NULL;
}

const Error *shipping_get_shipment(FulfilmentUsecase *usecase, Ctx *ctx, const char *shipment_id,
                                   const Shipment **ret_shipment, const ShipmentChange **ret_changes,
                                   size_t *ret_n_changes) {
        Fulfilment *fulfilment;
        size_t i;

        TRY(shipping_find_own(usecase, ctx, shipment_id, &fulfilment, &i));
        TRY(usecase->repo->history(usecase->repo, ctx, shipment_id, ret_changes, ret_n_changes));
        *ret_shipment = &fulfilment->shipments[i];
        return NULL;
}

static const Error *foreign_shipments(Ctx *ctx) {
        Error *error = error_new(ctx->arena, ERROR_PERMISSION_DENIED, REASON_FOREIGN_SHIPMENTS,
                                 "Only an admin may list the shipments of another seller");

        error_add_violation(ctx->arena, error, "sellerId", "must be your own");
        return error;
}

/* One more than is wanted is asked for: it tells whether there is another page. */
const Error *shipping_list_shipments(FulfilmentUsecase *usecase, Ctx *ctx, ShipmentQuery query,
                                     ShipmentPage *ret_page) {
        int64_t limit = query.limit > 0 ? query.limit : SHIPMENTS_PAGE;
        ShipmentPage page = { 0 };

        if (str_is_empty(query.seller_id) && !ctx_has_role(ctx, FOR_ALL_SELLERS))
                query.seller_id = ctx->caller->id;
        if (!may_handle(ctx, query.seller_id))
                return foreign_shipments(ctx);
        query.limit = limit + 1;
        TRY(usecase->repo->list(usecase->repo, ctx, &query, &page.shipments, &page.n_shipments));
        page.has_more = page.n_shipments > (size_t) limit;
        if (page.has_more)
                page.n_shipments = (size_t) limit;
        *ret_page = page;
        return NULL;
}

const Error *shipping_track(FulfilmentUsecase *usecase, Ctx *ctx, const char *order_id,
                            const Fulfilment **ret_fulfilment) {
        Fulfilment *fulfilment;

        TRY(usecase->repo->find(usecase->repo, ctx, order_id, &fulfilment));
        if (!fulfilment)
                return error_new(ctx->arena, ERROR_NOT_FOUND, REASON_NOTHING_TO_TRACK,
                                 "Order %s has no shipments", order_id);
        *ret_fulfilment = fulfilment;
        return NULL;
}

ShipmentStatus shipping_overall_status(const Fulfilment *fulfilment) {
        ShipmentStatus status = SHIPMENT_CANCELLED;

        for (size_t i = 0; i < fulfilment->n_shipments; i++)
                if (fulfilment->shipments[i].status < status)
                        status = fulfilment->shipments[i].status;
        return status;
}

const Error *shipping_cancel(FulfilmentUsecase *usecase, Ctx *ctx, const char *order_id, const char *reason,
                             int64_t *ret_n_cancelled) {
        int64_t n_shipments, n_shipped;

        TRY(usecase->repo->cancel(usecase->repo, ctx, order_id, reason, &n_shipments, &n_shipped));
        if (n_shipped > 0) {
                Error *error = error_new(ctx->arena, ERROR_FAILED_PRECONDITION, REASON_ALREADY_SHIPPED,
                                         "Of order %s %lld of %lld shipments were shipped", order_id,
                                         (long long) n_shipped, (long long) n_shipments);

                ERROR_ADD_RECORD(ctx->arena, error, error_text("orderId", order_id),
                                 error_number("shipped", n_shipped), error_number("shipments", n_shipments));
                return error;
        }
        *ret_n_cancelled = n_shipments;
        return NULL;
}

#include "biz/order/order_private.h"

static bool may_act_for(const Ctx *ctx, const char *customer_id) {
        return ctx_has_role(ctx, ROLE_ADMIN | ROLE_SERVICE) || str_equal(ctx->caller->id, customer_id);
}

const Error *order_check_customer(Ctx *ctx, const char *customer_id) {
        if (may_act_for(ctx, customer_id))
                return NULL;
        Error *error = error_new(ctx->arena, ERROR_PERMISSION_DENIED, REASON_CUSTOMER_MISMATCH,
                                 "Only an admin may act for another customer");
        error_add_violation(ctx->arena, error, "customerId", "must be your own");
        return error;
}

static const Error *not_found(Ctx *ctx, const char *id_or_number) {
        return error_new(ctx->arena, ERROR_NOT_FOUND, REASON_ORDER_NOT_FOUND, "There is no order %s",
                         id_or_number);
}

const Error *order_find(OrderUsecase *usecase, Ctx *ctx, const char *id_or_number, Order **ret_order) {
        Order *order;

        TRY(usecase->orders->find(usecase->orders, ctx, id_or_number, &order));
        if (!order)
                return not_found(ctx, id_or_number);
        *ret_order = order;
        return NULL;
}

const Error *order_get(OrderUsecase *usecase, Ctx *ctx, const char *id_or_number, Order **ret_order) {
        Order *order;

        TRY(order_find(usecase, ctx, id_or_number, &order));
        if (!may_act_for(ctx, order->customer_id))
                return not_found(ctx, id_or_number);
        *ret_order = order;
        return NULL;
}

const Error *order_track(OrderUsecase *usecase, Ctx *ctx, const char *id_or_number, const Order **ret_order,
                         Shipment **ret_shipments, size_t *ret_n) {
        Order *order;

        TRY(order_get(usecase, ctx, id_or_number, &order));
        TRY(usecase->shipping->track(usecase->shipping, ctx, order->id, ret_shipments, ret_n));
        *ret_order = order;
        return NULL;
}

/* Errors of a saga speak of what is inside. */
const Error *order_timeline(OrderUsecase *usecase, Ctx *ctx, const char *id_or_number,
                            const Order **ret_order, Timeline *ret_timeline) {
        Order *order;

        TRY(order_get(usecase, ctx, id_or_number, &order));
        TRY(usecase->orders->timeline(usecase->orders, ctx, order->id, ret_timeline));
        if (!ctx_has_role(ctx, ROLE_ADMIN | ROLE_SERVICE))
                ret_timeline->saga = NULL;
        *ret_order = order;
        return NULL;
}

/* One order more than the page shows says whether there is another page. */
const Error *order_list(OrderUsecase *usecase, Ctx *ctx, OrderQuery query, OrderPage *ret_page) {
        int64_t page_size = query.limit > 0 ? query.limit : ORDER_PAGE_DEFAULT;
        Order *orders;
        size_t n;

        if (!query.customer_id && !ctx_has_role(ctx, ROLE_ADMIN | ROLE_SERVICE))
                query.customer_id = ctx->caller->id;
        if (query.customer_id)
                TRY(order_check_customer(ctx, query.customer_id));
        if (page_size > ORDER_PAGE_MAX)
                page_size = ORDER_PAGE_MAX;
        query.limit = page_size + 1;
        TRY(usecase->orders->list(usecase->orders, ctx, &query, &orders, &n));
        bool has_more = n > (size_t) page_size;
        *ret_page = (OrderPage) { .orders = orders, .n_orders = has_more ? n - 1 : n, .has_more = has_more };
        return NULL;
}

const Error *order_resolve_holds(OrderUsecase *usecase, Ctx *ctx, const char *const *order_ids, size_t n,
                                 HoldOutcome *ret_outcomes) {
        OrderStatus *found = ARENA_ARRAY(ctx->arena, OrderStatus, n);
        bool *claimed = ARENA_ARRAY(ctx->arena, bool, n);

        TRY(usecase->orders->hold_states(usecase->orders, ctx, order_ids, n, found, claimed));
        for (size_t i = 0; i < n; i++)
                ret_outcomes[i] = claimed[i] ? HOLD_PENDING : order_status_hold(found[i]);
        return NULL;
}

#include "base/memory.h"
#include "biz/order/order_private.h"

static const Error *price_way(Ctx *ctx, const Order *order, const ShippingWay *way, Order *ret_order) {
        *ret_order = *order;
        ret_order->shipping.method = way->method;
        order_note_shipping(ret_order, &way->quote);
        return order_price_total(ctx, ret_order);
}

static const Order *wanted_way(const OrderQuote *quote, const char *method) {
        const Order *cheapest = &quote->ways[0];

        for (size_t i = 0; i < quote->n_ways; i++) {
                const Order *way = &quote->ways[i];

                if (str_equal(way->shipping.method, method))
                        return way;
                if (way->pricing.total_minor < cheapest->pricing.total_minor)
                        cheapest = way;
        }
        return cheapest;
}

static const Error *price_ways(const OrderDraft *draft, OrderQuote *quote) {
        Shipping *shipping = draft->usecase->shipping;
        Ctx *ctx = draft->ctx;
        ShippingWay *ways;

        TRY(shipping->ways(shipping, ctx, draft->order, &ways, &quote->n_ways));
        quote->ways = ARENA_ARRAY(ctx->arena, Order, quote->n_ways);
        for (size_t i = 0; i < quote->n_ways; i++)
                TRY(price_way(ctx, draft->order, &ways[i], &quote->ways[i]));
        quote->order = wanted_way(quote, draft->request->shipping_method);
        return NULL;
}

/* The id of what is never written is told to nobody. */
const Error *order_quote(OrderUsecase *usecase, Ctx *ctx, const OrderRequest *request,
                         OrderQuote *ret_quote) {
        OrderDraft draft = {
                .usecase = usecase,
                .ctx = ctx,
                .request = request,
                .order_id = "ORD-QUOTE",
                .keeps_refused_codes = true,
        };

        ctx_limit(ctx, usecase->deadline_ms);
        TRY(order_check_request(ctx, request));
        TRY(order_draft_gather(&draft));
        TRY(order_draft_price(&draft));
        *ret_quote = (OrderQuote) { .refused = draft.refused, .n_refused = draft.n_refused };
        return price_ways(&draft, ret_quote);
}

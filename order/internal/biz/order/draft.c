#include <string.h>

#include "base/memory.h"
#include "base/task.h"
#include "biz/order/order_private.h"

static const Error *load_customer(Ctx *ctx, void *arg) {
        OrderDraft *draft = arg;
        Customers *customers = draft->usecase->customers;

        return customers->load(customers, ctx, draft->request->customer_id, &draft->customer,
                               &draft->is_customer_old);
}

static const Error *load_products(Ctx *ctx, void *arg) {
        OrderDraft *draft = arg;
        Catalog *catalog = draft->usecase->catalog;
        size_t n = draft->request->n_lines;
        const char **skus = ARENA_ARRAY(ctx->arena, const char *, n);

        draft->products = ARENA_ARRAY(ctx->arena, Product, n);
        for (size_t i = 0; i < n; i++)
                skus[i] = draft->request->lines[i].sku;
        return catalog->load(catalog, ctx, skus, n, draft->products, &draft->is_catalog_old);
}

static const Error *load_standing(Ctx *ctx, void *arg) {
        OrderDraft *draft = arg;
        OrderUsecase *usecase = draft->usecase;

        if (usecase->limits.n_unpaid == 0 && usecase->limits.n_declines == 0)
                return NULL;
        return usecase->orders->standing(usecase->orders, ctx, draft->request->customer_id,
                                         &usecase->limits, &draft->standing);
}

const Error *order_draft_gather(OrderDraft *draft) {
        TaskGroup *group = task_group_new(draft->ctx);

        task_run(group, load_products, draft);
        task_run(group, load_customer, draft);
        task_run(group, load_standing, draft);
        TRY(task_join(group));
        TRY(order_check_context(draft->ctx, draft->request->customer_id, &draft->customer));
        TRY(order_check_standing(draft->ctx, &draft->usecase->limits, &draft->standing));
        return order_check_products(draft->ctx, draft->request, draft->products);
}

/* What the products cost here, for this customer, and how they are taxed. */
static const Error *ask_prices(OrderDraft *draft) {
        const OrderRequest *request = draft->request;
        Prices *prices = draft->usecase->prices;
        PriceLine *lines = ARENA_ARRAY(draft->ctx->arena, PriceLine, request->n_lines);

        for (size_t i = 0; i < request->n_lines; i++)
                lines[i] = (PriceLine) {
                        .product = &draft->products[i],
                        .warehouse = request->lines[i].warehouse,
                        .quantity = request->lines[i].quantity,
                };
        return prices->calculate(prices, draft->ctx,
                                 &(PriceQuestion) {
                                         .lines = lines,
                                         .n_lines = request->n_lines,
                                         .currency = order_currency(request),
                                         .tier = draft->customer.tier,
                                         .to = &request->shipping_address,
                                 },
                                 &draft->prices);
}

static OrderItem item_of(const OrderLine *line, const Product *product, const LinePrice *price) {
        return (OrderItem) {
                .product_id = product->product_id,
                .sku = product->sku,
                .name = product->name,
                .seller_id = product->seller_id,
                .warehouse = line->warehouse,
                .quantity = line->quantity,
                .unit_price_minor = price->unit_price_minor,
                .tax_class = price->tax_class,
                .tax_ppm = price->tax_ppm,
                .taxes_shipping = price->taxes_shipping,
                .size = product->size,
        };
}

static void add_items(OrderDraft *draft, Order *order) {
        const OrderRequest *request = draft->request;

        order->n_items = request->n_lines;
        order->items = ARENA_ARRAY(draft->ctx->arena, OrderItem, order->n_items);
        for (size_t i = 0; i < order->n_items; i++)
                order->items[i] =
                        item_of(&request->lines[i], &draft->products[i], &draft->prices.lines[i]);
}

static Order *new_order(OrderDraft *draft) {
        const OrderRequest *request = draft->request;
        Arena *arena = draft->ctx->arena;
        Order *order = ARENA_NEW(arena, Order);

        *order = (Order) {
                .id = draft->order_id,
                .customer_id = request->customer_id,
                .customer_name = draft->customer.name,
                .customer_email = draft->customer.email,
                .customer_tier = draft->customer.tier,
                .status = ORDER_PENDING_PAYMENT,
                .version = 1,
                .pricing = { .currency = order_currency(request),
                             .rules_version = draft->prices.rules_version,
                             .rules_at_us = draft->prices.rules_at_us,
                             .is_degraded = draft->is_customer_old || draft->is_catalog_old ||
                                            draft->prices.is_old },
                .payment = { .id = arena_printf(arena, "PAY-%s", draft->order_id + strlen("ORD-")),
                             .method = request->payment_method,
                             .token = request->payment_token },
                .shipping = { .method = request->shipping_method, .warehouse = request->lines[0].warehouse },
                .shipping_address = request->shipping_address,
                .billing_address = request->billing_address,
                .notes = request->notes,
        };
        add_items(draft, order);
        return order;
}

static const Error *ask_promotions(OrderDraft *draft, PromotionAnswer *ret_answer) {
        const OrderRequest *request = draft->request;
        Promotions *promotions = draft->usecase->promotions;

        return promotions->evaluate(promotions, draft->ctx,
                                    &(PromotionQuestion) {
                                            .order = draft->order,
                                            .products = draft->products,
                                            .codes = request->promotion_codes,
                                            .n_codes = request->n_promotion_codes,
                                            .without = draft->without,
                                            .n_without = draft->n_without,
                                    },
                                    ret_answer);
}

/* What promotions, the tier, bulk and points take off; asked once more when a use is gone. */
static const Error *reduce(OrderDraft *draft) {
        Ctx *ctx = draft->ctx;
        PromotionAnswer promotions;

        TRY(ask_promotions(draft, &promotions));
        if (!draft->keeps_refused_codes)
                TRY(order_check_codes(ctx, draft->request, &promotions));
        draft->refused = promotions.refused;
        draft->n_refused = promotions.n_refused;
        draft->order->pricing.is_degraded |= promotions.is_away;
        return order_price_discounts(ctx, draft->order,
                                     &(OrderReductions) {
                                             .promotions = promotions.applied,
                                             .n_promotions = promotions.n_applied,
                                             .tier_bp = draft->customer.tier_discount_bp,
                                             .bulk = draft->prices.bulk_discounts,
                                             .n_bulk = draft->prices.n_bulk_discounts,
                                             .points = draft->request->use_points,
                                     });
}

const Error *order_draft_price(OrderDraft *draft) {
        TRY(ask_prices(draft));
        draft->order = new_order(draft);
        TRY(order_price_lines(draft->ctx, draft->order));
        return reduce(draft);
}

static const Error *validate_payment(Ctx *ctx, void *arg) {
        OrderDraft *draft = arg;
        Payments *payments = draft->usecase->payments;

        return payments->validate(payments, ctx, &draft->order->payment, &draft->payment_problem);
}

static const Error *quote_shipping(Ctx *ctx, void *arg) {
        OrderDraft *draft = arg;
        Shipping *shipping = draft->usecase->shipping;

        return shipping->quote(shipping, ctx, draft->order, &draft->shipping_quote);
}

void order_note_shipping(Order *order, const ShippingQuote *quote) {
        order->pricing.shipping_minor = quote->cost_minor;
        order->pricing.taxable_shipping_minor = quote->taxable_minor;
        order->shipping.estimated_delivery = quote->estimated_delivery;
        order->shipping.rates_version = quote->rates_version;
        order->shipping.rates_at_us = quote->rates_at_us;
}

const Error *order_draft_validate(OrderDraft *draft) {
        TaskGroup *group = task_group_new(draft->ctx);

        task_run(group, quote_shipping, draft);
        task_run(group, validate_payment, draft);
        TRY(task_join(group));
        TRY(order_check_payment(draft->ctx, draft->payment_problem));
        order_note_shipping(draft->order, &draft->shipping_quote);
        return order_price_total(draft->ctx, draft->order);
}

static void leave_out(OrderDraft *draft, const GoneUse *gone, size_t n_gone) {
        size_t n = draft->n_without;
        const char **without = ARENA_ARRAY(draft->ctx->arena, const char *, n + n_gone);

        for (size_t i = 0; i < n; i++)
                without[i] = draft->without[i];
        for (size_t i = 0; i < n_gone; i++)
                without[n + i] = gone[i].campaign_id;
        draft->without = without;
        draft->n_without = n + n_gone;
}

const Error *order_draft_reprice(OrderDraft *draft, const GoneUse *gone, size_t n_gone) {
        leave_out(draft, gone, n_gone);
        TRY(reduce(draft));
        return order_price_total(draft->ctx, draft->order);
}

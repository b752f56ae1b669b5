#include <string.h>

#include "base/fault.h"
#include "base/memory.h"
#include "base/task.h"
#include "biz/order/order_private.h"

/* Times that an order is evaluated again without what is gone, before the caller is told. */
#define MAX_EVALUATIONS_AGAIN 3

/* An order on its way from the request to its row. */
typedef struct Placing {
        OrderUsecase *usecase;
        Ctx *ctx;
        const OrderRequest *request;
        Saga *saga;
        Order *order;
        Customer customer;
        bool is_customer_old;
        Product *products; /* one per line */
        bool is_catalog_old;
        PriceAnswer prices;
        OrderStanding standing;
        ShippingQuote quote;
        const char *payment_problem;
        OrderHolding holding;
        const char **without; /* ids of campaigns that had too little left */
        size_t n_without;
        bool may_be_written; /* as an order, by this call or by one that took its saga over */
} Placing;

static const Error *load_customer(Ctx *ctx, void *arg) {
        Placing *placing = arg;
        Customers *customers = placing->usecase->customers;

        return customers->load(customers, ctx, placing->request->customer_id, &placing->customer,
                               &placing->is_customer_old);
}

static const Error *load_products(Ctx *ctx, void *arg) {
        Placing *placing = arg;
        Catalog *catalog = placing->usecase->catalog;
        size_t n = placing->request->n_lines;
        const char **skus = ARENA_ARRAY(ctx->arena, const char *, n);

        placing->products = ARENA_ARRAY(ctx->arena, Product, n);
        for (size_t i = 0; i < n; i++)
                skus[i] = placing->request->lines[i].sku;
        return catalog->load(catalog, ctx, skus, n, placing->products, &placing->is_catalog_old);
}

static const Error *load_standing(Ctx *ctx, void *arg) {
        Placing *placing = arg;
        OrderUsecase *usecase = placing->usecase;

        if (usecase->limits.n_unpaid == 0 && usecase->limits.n_declines == 0)
                return NULL;
        return usecase->orders->standing(usecase->orders, ctx, placing->request->customer_id,
                                         &usecase->limits, &placing->standing);
}

/* Step 1: who orders, and what. */
static const Error *gather(Placing *placing) {
        TaskGroup *group = task_group_new(placing->ctx);

        task_run(group, load_products, placing);
        task_run(group, load_customer, placing);
        task_run(group, load_standing, placing);
        TRY(task_join(group));
        TRY(order_check_context(placing->ctx, placing->request->customer_id, &placing->customer));
        TRY(order_check_standing(placing->ctx, &placing->usecase->limits, &placing->standing));
        return order_check_products(placing->ctx, placing->request, placing->products);
}

/* What the products cost here, for this customer, and how they are taxed. */
static const Error *ask_prices(Placing *placing) {
        const OrderRequest *request = placing->request;
        Prices *prices = placing->usecase->prices;
        PriceLine *lines = ARENA_ARRAY(placing->ctx->arena, PriceLine, request->n_lines);

        for (size_t i = 0; i < request->n_lines; i++)
                lines[i] = (PriceLine) {
                        .product = &placing->products[i],
                        .warehouse = request->lines[i].warehouse,
                        .quantity = request->lines[i].quantity,
                };
        return prices->calculate(prices, placing->ctx,
                                 &(PriceQuestion) {
                                         .lines = lines,
                                         .n_lines = request->n_lines,
                                         .currency = order_currency(request),
                                         .tier = placing->customer.tier,
                                         .to = &request->shipping_address,
                                 },
                                 &placing->prices);
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

static void add_items(Placing *placing, Order *order) {
        const OrderRequest *request = placing->request;

        order->n_items = request->n_lines;
        order->items = ARENA_ARRAY(placing->ctx->arena, OrderItem, order->n_items);
        for (size_t i = 0; i < order->n_items; i++)
                order->items[i] =
                        item_of(&request->lines[i], &placing->products[i], &placing->prices.lines[i]);
}

static Order *draft(Placing *placing) {
        const OrderRequest *request = placing->request;
        Arena *arena = placing->ctx->arena;
        Order *order = ARENA_NEW(arena, Order);

        *order = (Order) {
                .id = placing->saga->order_id,
                .customer_id = request->customer_id,
                .customer_name = placing->customer.name,
                .customer_email = placing->customer.email,
                .customer_tier = placing->customer.tier,
                .status = ORDER_PENDING_PAYMENT,
                .version = 1,
                .pricing = { .currency = order_currency(request),
                             .rules_version = placing->prices.rules_version,
                             .rules_at_us = placing->prices.rules_at_us,
                             .is_degraded = placing->is_customer_old || placing->is_catalog_old ||
                                            placing->prices.is_old },
                .payment = { .id = arena_printf(arena, "PAY-%s", placing->saga->order_id + strlen("ORD-")),
                             .method = request->payment_method,
                             .token = request->payment_token },
                .shipping = { .method = request->shipping_method, .warehouse = request->lines[0].warehouse },
                .shipping_address = request->shipping_address,
                .billing_address = request->billing_address,
                .notes = request->notes,
        };
        add_items(placing, order);
        return order;
}

static const Error *ask_promotions(Placing *placing, PromotionAnswer *ret_answer) {
        const OrderRequest *request = placing->request;
        Promotions *promotions = placing->usecase->promotions;

        return promotions->evaluate(promotions, placing->ctx,
                                    &(PromotionQuestion) {
                                            .order = placing->order,
                                            .products = placing->products,
                                            .codes = request->promotion_codes,
                                            .n_codes = request->n_promotion_codes,
                                            .without = placing->without,
                                            .n_without = placing->n_without,
                                    },
                                    ret_answer);
}

/* What promotions, the tier, bulk and points take off; asked once more when a use is gone. */
static const Error *reduce(Placing *placing) {
        Ctx *ctx = placing->ctx;
        PromotionAnswer promotions;

        TRY(ask_promotions(placing, &promotions));
        TRY(order_check_codes(ctx, placing->request, &promotions));
        placing->order->pricing.is_degraded |= promotions.is_away;
        return order_price_discounts(ctx, placing->order,
                                     &(OrderReductions) {
                                             .promotions = promotions.applied,
                                             .n_promotions = promotions.n_applied,
                                             .tier_bp = placing->customer.tier_discount_bp,
                                             .bulk = placing->prices.bulk_discounts,
                                             .n_bulk = placing->prices.n_bulk_discounts,
                                             .points = placing->request->use_points,
                                     });
}

/* Step 2: prices, promotions, tier, points. */
static const Error *price(Placing *placing) {
        TRY(ask_prices(placing));
        placing->order = draft(placing);
        TRY(order_price_lines(placing->ctx, placing->order));
        return reduce(placing);
}

static const Error *validate_payment(Ctx *ctx, void *arg) {
        Placing *placing = arg;
        Payments *payments = placing->usecase->payments;

        return payments->validate(payments, ctx, &placing->order->payment, &placing->payment_problem);
}

static const Error *quote_shipping(Ctx *ctx, void *arg) {
        Placing *placing = arg;
        Shipping *shipping = placing->usecase->shipping;

        return shipping->quote(shipping, ctx, placing->order, &placing->quote);
}

static void note_quote(Order *order, const ShippingQuote *quote) {
        order->pricing.shipping_minor = quote->cost_minor;
        order->pricing.taxable_shipping_minor = quote->taxable_minor;
        order->shipping.estimated_delivery = quote->estimated_delivery;
        order->shipping.rates_version = quote->rates_version;
        order->shipping.rates_at_us = quote->rates_at_us;
}

/*
 * Step 4, taken before step 3 so that a mistake holds nothing: can it be paid like that, and what does the
 * way cost?
 */
static const Error *validate(Placing *placing) {
        TaskGroup *group = task_group_new(placing->ctx);

        task_run(group, quote_shipping, placing);
        task_run(group, validate_payment, placing);
        TRY(task_join(group));
        TRY(order_check_payment(placing->ctx, placing->payment_problem));
        note_quote(placing->order, &placing->quote);
        return order_price_total(placing->ctx, placing->order);
}

static void leave_out(Placing *placing, const GoneUse *gone, size_t n_gone) {
        size_t n = placing->n_without;
        const char **without = ARENA_ARRAY(placing->ctx->arena, const char *, n + n_gone);

        for (size_t i = 0; i < n; i++)
                without[i] = placing->without[i];
        for (size_t i = 0; i < n_gone; i++)
                without[n + i] = gone[i].campaign_id;
        placing->without = without;
        placing->n_without = n + n_gone;
}

static const Error *too_contended(Ctx *ctx) {
        return error_new(ctx->arena, ERROR_UNAVAILABLE, REASON_UNAVAILABLE,
                         "Promotions of this order are being used up by others: try again");
}

/*
 * Step 3. A use may be gone since the evaluation. The customer wants that of a code; of a campaign that needs
 * none he knows nothing: the order is priced without it.
 */
static const Error *hold(Placing *placing) {
        OrderHolding *holding = &placing->holding;
        Ctx *ctx = placing->ctx;

        holding->order = placing->order;
        TRY(order_hold(holding, ctx));
        for (int n_again = 0; holding->n_gone > 0; n_again++) {
                TRY(order_check_uses(ctx, placing->order, holding->gone, holding->n_gone));
                if (n_again == MAX_EVALUATIONS_AGAIN)
                        return too_contended(ctx);
                leave_out(placing, holding->gone, holding->n_gone);
                TRY(reduce(placing));
                TRY(order_price_total(ctx, placing->order));
                TRY(order_hold_uses(holding, ctx));
        }
        return order_hold_points(holding, ctx);
}

/* Of a customer of whom is known what he has. */
static void note_balance(const Placing *placing) {
        OrderLoyalty *loyalty = &placing->order->loyalty;

        loyalty->has_new_balance = !placing->is_customer_old;
        loyalty->new_balance = placing->customer.points - loyalty->points_used + loyalty->points_earned;
}

/* Whether a write was, or still may be, done: by this call, or by one that took its saga over. */
static bool is_uncertain(const Error *error) {
        return error_is(error, REASON_WRITE_UNCERTAIN) || order_lost_race(error);
}

/*
 * Looks up what became of an order when a call cannot know it: the answer that is stored for its key, or
 * where it stands. The answer is read last: once it was there, it stays, whatever becomes of the order.
 * False: the order is not there, or cannot be asked for.
 */
static bool look_up(OrderUsecase *usecase, const Ctx *ctx, const Saga *saga, PlacedOrder *ret_placed) {
        Ctx afterwards = order_afterwards(ctx);
        SagaStore *sagas = usecase->sagas;
        Order *order;
        Bytes answer = { 0 };
        const Error *unknown = usecase->orders->find(usecase->orders, &afterwards, saga->order_id, &order);

        if (unknown || !order)
                return false;
        if (saga->idempotency_key)
                unknown = sagas->answer(sagas, &afterwards, saga->order_id, &answer);
        if (unknown)
                return false;
        *ret_placed = answer.n_bytes > 0 ? (PlacedOrder) { .answer = answer }
                                         : (PlacedOrder) { .order = order };
        return true;
}

/* What the caller hears of what was looked up; cause: why this call got no further, or NULL. */
static const Error *tell(Ctx *ctx, const PlacedOrder *placed, const Error *cause) {
        return placed->order ? order_outcome(ctx, placed->order, cause) : NULL;
}

/* Step 5: the order exists from here on. */
static const Error *write(Placing *placing) {
        OrderRepo *orders = placing->usecase->orders;
        Order *order = placing->order;

        note_balance(placing);
        order->created_at_us = clock_wall_us();
        order_saga_at(placing->saga, SAGA_PAYMENT, SAGA_LEASED);
        placing->saga->holds = placing->holding.may_hold;
        TRY(orders->next_number(orders, placing->ctx, clock_year(order->created_at_us), &order->number));
        TRY(fault_point(placing->ctx, "order.before_write"));
        const Error *error = orders->insert(orders, placing->ctx, order, placing->saga);
        placing->may_be_written = is_uncertain(error);
        return error;
}

typedef const Error *(*PlacingStep)(Placing *placing);

static const Error *run_steps(Placing *placing) {
        static const PlacingStep steps[] = { gather, price, validate, hold, write };

        TRY(fault_point(placing->ctx, "order.after_claim"));
        for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
                TRY(ctx_check(placing->ctx));
                TRY(steps[i](placing));
        }
        return NULL;
}

/*
 * Of an order that has no key and whose INSERT never left nobody else knows: where its end cannot be written
 * down, its hold can go all the same. If even that fails, it ends in its time.
 */
static void release_what_nobody_knows(const Placing *placing, Ctx *afterwards) {
        if (placing->may_be_written || placing->saga->idempotency_key)
                return;
        const Error *unreleased = order_release_unwritten(placing->usecase, afterwards, placing->saga);
        (void) unreleased;
}

/*
 * What the caller hears of an order that could not be given up. No id is told of one that may never exist: a
 * late INSERT makes it one until its hold ends, and then nothing does.
 */
static const Error *not_given_up(const Placing *placing, const Error *error, const Error *problem) {
        Ctx *ctx = placing->ctx;

        if (order_lost_race(problem) && placing->saga->idempotency_key)
                return idempotency_in_flight(ctx);
        if (placing->may_be_written)
                return order_unknown(ctx, error);
        if (is_uncertain(error))
                return error_wrap(ctx->arena, ERROR_UNAVAILABLE, REASON_UNAVAILABLE, error,
                                  "The order was not placed; what is held for it is given back in its time");
        return error;
}

/*
 * Nothing is left of an order that was not written: what may be held is released, and the key starts anew.
 * Where the release fails, the saga stays, and is resumed until it succeeds.
 */
static const Error *give_up(Placing *placing, const Error *error, PlacedOrder *ret_placed) {
        OrderUsecase *usecase = placing->usecase;
        SagaStore *sagas = usecase->sagas;
        Saga *saga = placing->saga;
        Ctx afterwards = order_afterwards(placing->ctx);

        saga->holds = placing->holding.may_hold;
        if (!saga->holds && !saga->idempotency_key)
                return error;
        const Error *problem = sagas->give_up(sagas, &afterwards, saga);
        if (problem && look_up(usecase, placing->ctx, saga, ret_placed))
                return tell(placing->ctx, ret_placed, error);
        if (problem) {
                release_what_nobody_knows(placing, &afterwards);
                return not_given_up(placing, error, problem);
        }
        problem = order_release_unwritten(usecase, &afterwards, saga);
        if (problem)
                order_postpone(usecase, &afterwards, saga, problem);
        if (is_uncertain(error))
                return error_wrap(placing->ctx->arena, ERROR_UNAVAILABLE, REASON_UNAVAILABLE, error,
                                  "The order could not be written, and %s",
                                  problem ? "what is held for it is given back soon"
                                          : "nothing is left of it");
        return error;
}

/* Steps 6 and 7, and what the caller hears: where the order stands, whoever brought it there. */
static const Error *finish(OrderUsecase *usecase, Ctx *ctx, Order *order, Saga *saga,
                           PlacedOrder *ret_placed) {
        const Error *error = fault_point(ctx, "order.after_write");

        if (!error)
                error = order_pay(usecase, ctx, order, saga);
        if (error) {
                order_postpone(usecase, ctx, saga, error);
                return look_up(usecase, ctx, saga, ret_placed) ? tell(ctx, ret_placed, error)
                                                               : order_pending(ctx, saga->order_id, error);
        }
        *ret_placed = (PlacedOrder) { .order = order };
        return order_outcome(ctx, order, NULL);
}

static const Error *place(OrderUsecase *usecase, Ctx *ctx, const OrderRequest *request, Saga *saga,
                          PlacedOrder *ret_placed) {
        Placing placing = {
                .usecase = usecase,
                .ctx = ctx,
                .request = request,
                .saga = saga,
                .holding = { .usecase = usecase },
        };
        const Error *error = run_steps(&placing);

        if (error)
                return give_up(&placing, error, ret_placed);
        return finish(usecase, ctx, placing.order, saga, ret_placed);
}

/* The first call with this key has been answered: the stored answer, or how its order ended. */
static const Error *replay(OrderUsecase *usecase, Ctx *ctx, const Saga *saga, PlacedOrder *ret_placed) {
        Order *order;

        idempotency_mark_replay(ctx);
        if (saga->answer.n_bytes > 0) {
                *ret_placed = (PlacedOrder) { .answer = saga->answer };
                return NULL;
        }
        TRY(order_of_saga(usecase, ctx, saga, &order));
        *ret_placed = (PlacedOrder) { .order = order };
        return order_outcome(ctx, order, NULL);
}

const Error *order_place(OrderUsecase *usecase, Ctx *ctx, const OrderRequest *request,
                         PlacedOrder *ret_placed) {
        Order *order;
        Saga saga;
        bool is_mine;

        ctx_limit(ctx, usecase->deadline_ms);
        TRY(order_check_request(ctx, request));
        TRY(order_claim(usecase, ctx, request, &saga, &is_mine));
        ctx_about(ctx, "order", saga.order_id);
        if (!is_mine)
                return replay(usecase, ctx, &saga, ret_placed);
        if (saga.step == SAGA_CLAIMED)
                return place(usecase, ctx, request, &saga, ret_placed);
        TRY(order_of_saga(usecase, ctx, &saga, &order));
        return finish(usecase, ctx, order, &saga, ret_placed);
}

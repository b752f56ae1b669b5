#include "world.h"

#include <string.h>

#include "base/clock.h"
#include "base/memory.h"

#define WORLD(self, member) CONTAINER_OF(self, World, member)

static const Error *failing(Ctx *ctx, const char *reason) {
        if (!reason)
                return NULL;
        if (!*reason)
                return error_internal(ctx->arena, NULL, "broken");
        if (str_equal(reason, WORLD_FINAL)) {
                Error *error = error_internal(ctx->arena, NULL, "a value is refused");
                error->is_final = true;
                return error;
        }
        if (str_equal(reason, WORLD_LOST))
                reason = REASON_WRITE_UNCERTAIN;
        if (str_equal(reason, "PRODUCT_OUT_OF_STOCK"))
                return error_new(ctx->arena, ERROR_FAILED_PRECONDITION, reason, "short");
        if (str_equal(reason, REASON_OVERLOADED))
                return error_new(ctx->arena, ERROR_RESOURCE_EXHAUSTED, reason, "busy");
        return error_new(ctx->arena, ERROR_UNAVAILABLE, reason, "away");
}

static const Error *fenced(Ctx *ctx) {
        return error_new(ctx->arena, ERROR_ABORTED, INNER_SAGA_FENCED, "fenced");
}

static bool owns(const World *world, const Saga *saga) {
        return world->has_saga && world->saga.epoch == saga->epoch && world->saga.step == saga->row_step;
}

static const Error *orders_next_number(OrderRepo *self, Ctx *ctx, int year, const char **ret_number) {
        (void) self;
        *ret_number = arena_printf(ctx->arena, "ORD-%d-000001", year);
        return NULL;
}

static const Error *orders_insert(OrderRepo *self, Ctx *ctx, const Order *order, Saga *saga) {
        World *world = WORLD(self, orders);

        if (world->insert_fails && !str_equal(world->insert_fails, REASON_WRITE_UNCERTAIN))
                return failing(ctx, world->insert_fails);
        if (saga->epoch && !owns(world, saga))
                return fenced(ctx);
        saga->epoch = saga->epoch ? saga->epoch : 1;
        saga->row_step = saga->step;
        world->saga = *saga;
        world->has_saga = world->has_order = true;
        world->order = *order;
        world->events[world->n_events++] = order_status_event(order->status);
        return failing(ctx, world->insert_fails);
}

static void store_saga(World *world, Saga *saga) {
        Bytes answer = world->saga.answer;

        saga->row_step = saga->step;
        world->saga = *saga;
        if (answer.n_bytes)
                world->saga.answer = answer;
}

static const Error *orders_save(OrderRepo *self, Ctx *ctx, const Order *order, Saga *saga,
                                const OrderChange *change) {
        World *world = WORLD(self, orders);
        bool moves = order->status != change->from;

        TRY(ctx_check(ctx));
        if (world->save_fails && !str_equal(world->save_fails, REASON_WRITE_UNCERTAIN)) {
                const char *reason = world->save_fails;
                world->save_fails = NULL;
                return failing(ctx, reason);
        }
        if (!owns(world, saga))
                return fenced(ctx);
        if (world->order.status != change->from || world->order.version != order->version - moves)
                return error_new(ctx->arena, ERROR_ABORTED, INNER_ORDER_MOVED, "moved");
        world->order = *order;
        store_saga(world, saga);
        if (change->review)
                world->review = change->review;
        if (moves)
                world->events[world->n_events++] = order_status_event(order->status);
        const char *reason = world->save_fails;
        world->save_fails = NULL;
        return failing(ctx, reason);
}

static const Error *orders_find(OrderRepo *self, Ctx *ctx, const char *id, Order **ret_order) {
        World *world = WORLD(self, orders);
        bool found =
                world->has_order && (str_equal(world->order.id, id) || str_equal(world->order.number, id));

        *ret_order = found ? arena_memdup(ctx->arena, &world->order, sizeof(Order)) : NULL;
        return NULL;
}

static const Error *orders_list(OrderRepo *self, Ctx *ctx, const OrderQuery *query, Order **ret_orders,
                                size_t *ret_n) {
        World *world = WORLD(self, orders);

        *ret_orders = ARENA_ARRAY(ctx->arena, Order, query->limit);
        *ret_n = (size_t) query->limit;
        for (int64_t i = 0; i < query->limit; i++)
                (*ret_orders)[i] =
                        (Order) { .customer_id = query->customer_id, .status = world->order.status };
        return NULL;
}

static const Error *orders_hold_states(OrderRepo *self, Ctx *ctx, const char *const *ids, size_t n,
                                       OrderStatus *ret_statuses, bool *ret_claimed) {
        World *world = WORLD(self, orders);

        (void) ctx;
        for (size_t i = 0; i < n; i++) {
                bool is_known = world->has_order && str_equal(world->order.id, ids[i]);

                ret_statuses[i] = is_known ? world->order.status : ORDER_ANY_STATUS;
                ret_claimed[i] = !is_known && world->has_saga && str_equal(world->saga.order_id, ids[i]) &&
                                 world->saga.step == SAGA_CLAIMED;
        }
        return NULL;
}

static const Error *sagas_claim(SagaStore *self, Ctx *ctx, const Saga *wanted, Bytes request,
                                Claim *ret_claim) {
        World *world = WORLD(self, sagas);

        if (world->when_claiming)
                TRY(world->when_claiming(world, ctx));
        bool is_left = world->saga.step == SAGA_PAYMENT && !world->saga.is_leased;
        bool is_mine = !world->has_saga || (is_left && !world->saga.answer.n_bytes);
        if (!world->has_saga) {
                world->saga = *wanted;
                world->claimed_with = request;
        }
        world->has_saga = true;
        world->saga.epoch += is_mine;
        world->saga.row_step = world->saga.step;
        world->saga.is_leased |= is_mine;
        *ret_claim = (Claim) {
                .saga = world->saga,
                .is_mine = is_mine,
                .is_same_request = world->claimed_with.n_bytes == request.n_bytes &&
                                   memcmp(world->claimed_with.data, request.data, request.n_bytes) == 0,
                .order_status = world->has_order ? world->order.status : ORDER_ANY_STATUS,
        };
        return NULL;
}

static const Error *take(World *world, Ctx *ctx, Saga **ret_sagas, size_t *ret_n) {
        world->saga.epoch++;
        world->saga.is_leased = true;
        if (world->saga.step == SAGA_CLAIMED)
                world->saga.step = SAGA_COMPENSATE;
        world->saga.row_step = world->saga.step;
        *ret_sagas = arena_memdup(ctx->arena, &world->saga, sizeof(Saga));
        *ret_n = 1;
        return NULL;
}

static const Error *sagas_take_due(SagaStore *self, Ctx *ctx, unsigned steps, size_t limit, Saga **ret_sagas,
                                   size_t *ret_n) {
        World *world = WORLD(self, sagas);

        ck_assert_uint_gt(limit, 0);
        *ret_n = 0;
        if (!world->has_saga || !(steps & 1u << world->saga.step))
                return NULL;
        return take(world, ctx, ret_sagas, ret_n);
}

static const Error *sagas_answer(SagaStore *self, Ctx *ctx, const char *order_id, Bytes *ret_answer) {
        World *world = WORLD(self, sagas);

        (void) ctx, (void) order_id;
        *ret_answer = world->saga.answer;
        return NULL;
}

static const Error *sagas_seize(SagaStore *self, Ctx *ctx, const char *order_id, Saga *ret_saga) {
        World *world = WORLD(self, sagas);

        (void) ctx;
        ck_assert_str_eq(order_id, world->saga.order_id);
        world->saga.epoch++;
        world->saga.row_step = world->saga.step;
        *ret_saga = world->saga;
        return NULL;
}

static const Error *sagas_let_go(SagaStore *self, Ctx *ctx, const Saga *saga) {
        World *world = WORLD(self, sagas);

        if (world->when_letting_go)
                world->when_letting_go(world);
        if (!owns(world, saga))
                return fenced(ctx);
        world->n_let_go++;
        world->saga.is_leased = false;
        world->saga.pause_ms = saga->pause_ms;
        world->saga.attempts = saga->attempts;
        world->saga.last_error = saga->last_error;
        return NULL;
}

static const Error *sagas_give_up(SagaStore *self, Ctx *ctx, Saga *saga) {
        World *world = WORLD(self, sagas);
        Saga given_up = *saga;

        if (world->give_up_fails && !str_equal(world->give_up_fails, REASON_WRITE_UNCERTAIN))
                return failing(ctx, world->give_up_fails);
        if (world->has_saga && (world->saga.step != SAGA_CLAIMED || !owns(world, saga)))
                return fenced(ctx);
        given_up.epoch++;
        given_up.step = given_up.row_step = SAGA_COMPENSATE;
        world->saga = given_up;
        world->has_saga = true;
        TRY(failing(ctx, world->give_up_fails));
        *saga = given_up;
        return NULL;
}

static const Error *sagas_forget(SagaStore *self, Ctx *ctx, const Saga *saga) {
        World *world = WORLD(self, sagas);

        if (!owns(world, saga))
                return fenced(ctx);
        ck_assert_int_eq(world->saga.step, SAGA_COMPENSATE);
        world->has_saga = false;
        world->n_forgotten++;
        return NULL;
}

static const Error *sagas_settle(SagaStore *self, Ctx *ctx, const Settlement *settlements, size_t n) {
        World *world = WORLD(self, sagas);

        (void) ctx;
        ck_assert_uint_eq(n, 1);
        world->settle_problem = settlements[0].problem;
        world->settle_review = settlements[0].review;
        if (!settlements[0].problem)
                world->saga.step = SAGA_DONE;
        return NULL;
}

static const Error *catalog_load(Catalog *self, Ctx *ctx, const char *const *skus, size_t n,
                                 Product *ret_products, bool *ret_is_old) {
        static const char *const categories[] = { "CAT-AUDIO", "CAT-ALL" };
        static const Product products[] = {
                { "PROD-67890", "SKU-ABC-001", "Premium Wireless Headphones", true, "SELLER-1", "standard",
                  24999, "USD", categories, 2, { 250, 190, 170, 80 } },
                { "PROD-11111", "SKU-DEF-002", "Travel Case", true, "SELLER-2", "standard", 15000, "USD",
                  NULL, 0, { 0 } },
                { "PROD-GONE", "SKU-GONE", "Tape", false, "SELLER-1", "standard", 1500, "USD", NULL, 0,
                  { 0 } },
        };

        (void) ctx;
        memset(ret_products, 0, n * sizeof(Product));
        for (size_t i = 0; i < n; i++)
                for (size_t k = 0; k < ARRAY_SIZE(products); k++)
                        if (str_equal(products[k].sku, skus[i]))
                                ret_products[i] = products[k];
        *ret_is_old = WORLD(self, catalog)->is_catalog_old;
        return NULL;
}

static const Error *prices_calculate(Prices *self, Ctx *ctx, const PriceQuestion *question,
                                     PriceAnswer *ret_answer) {
        World *world = WORLD(self, prices);

        world->priced = *question;
        *ret_answer = (PriceAnswer) {
                .lines = ARENA_ARRAY(ctx->arena, LinePrice, question->n_lines),
                .bulk_discounts = &world->bulk,
                .n_bulk_discounts = world->bulk.amount_minor > 0,
                .rules_version = 7,
                .rules_at_us = INT64_C(1723400000000000),
                .is_old = world->is_pricing_old,
        };
        for (size_t i = 0; i < question->n_lines; i++)
                ret_answer->lines[i] = (LinePrice) { question->lines[i].product->base_price_minor, "standard",
                                                    82030, false };
        return failing(ctx, world->prices_fail);
}

static const Error *customers_load(Customers *self, Ctx *ctx, const char *customer_id,
                                   Customer *ret_customer, bool *ret_is_old) {
        World *world = WORLD(self, customers);

        (void) customer_id;
        *ret_customer = world->customer;
        *ret_is_old = world->is_customer_old;
        return failing(ctx, world->customer_fails);
}

static const Error *shipping_quote(Shipping *self, Ctx *ctx, const Order *order, ShippingQuote *ret_quote) {
        World *world = WORLD(self, shipping);

        world->quoted = *order;
        *ret_quote = (ShippingQuote) { .cost_minor = world->shipping_cost_minor,
                                      .taxable_minor = world->shipping_taxable_minor,
                                      .estimated_delivery = "2024-08-15",
                                      .rates_version = 11,
                                      .rates_at_us = INT64_C(1723500000000000) };
        return failing(ctx, world->shipping_fails);
}

static const Error *shipping_cancel(Shipping *self, Ctx *ctx, const char *order_id, const char *reason) {
        World *world = WORLD(self, shipping);

        world->n_shipping_cancels++;
        ck_assert_str_eq(order_id, world->order.id);
        world->shipping_cancel_reason = reason;
        if (world->when_cancelling)
                TRY(world->when_cancelling(world, ctx));
        if (world->is_shipped)
                return error_new(ctx->arena, ERROR_FAILED_PRECONDITION, "ALREADY_SHIPPED", "shipped");
        if (!world->cancel_fails || str_equal(world->cancel_fails, REASON_DEADLINE_EXCEEDED))
                world->are_shipments_cancelled = true;
        return failing(ctx, world->cancel_fails);
}

static const Error *stock_reserve(Stock *self, Ctx *ctx, const Order *order, int64_t *ret_expires_at_us) {
        World *world = WORLD(self, stock);

        (void) order;
        world->n_reserved++;
        if (world->when_reserving)
                TRY(world->when_reserving(world, ctx));
        if (world->reserve_fails && !str_equal(world->reserve_fails, REASON_DEADLINE_EXCEEDED))
                return failing(ctx, world->reserve_fails);
        world->is_held = true;
        if (world->stock_state == CONFIRM_LOST)
                world->stock_state = CONFIRM_DONE;
        *ret_expires_at_us = world->hold_expires_at_us;
        return failing(ctx, world->reserve_fails);
}

static const Error *stock_confirm(Stock *self, Ctx *ctx, const char *const *order_ids, size_t n,
                                  ConfirmState *ret_states) {
        World *world = WORLD(self, stock);

        (void) order_ids;
        if (world->confirm_holds_fails)
                return failing(ctx, world->confirm_holds_fails);
        for (size_t i = 0; i < n; i++)
                ret_states[i] = world->stock_state;
        world->is_sold = world->stock_state == CONFIRM_DONE;
        return NULL;
}

static const Error *stock_release(Stock *self, Ctx *ctx, const char *order_id, const char *reason) {
        World *world = WORLD(self, stock);

        (void) order_id, (void) reason;
        TRY(ctx_check(ctx));
        if (world->release_fails)
                return failing(ctx, world->release_fails);
        world->n_released++;
        world->is_held = world->is_sold = false;
        return NULL;
}

static const Error *payments_validate(Payments *self, Ctx *ctx, const OrderPayment *payment,
                                      const char **ret_problem) {
        (void) ctx, (void) payment;
        *ret_problem = WORLD(self, payments)->payment_problem;
        return NULL;
}

static const Error *payments_process(Payments *self, Ctx *ctx, const Order *order,
                                     PaymentResult *ret_result) {
        World *world = WORLD(self, payments);

        world->n_processed++;
        if (world->payment.outcome == OUTCOME_TAKEN)
                world->captured_minor = order->pricing.total_minor;
        if (world->when_processing)
                TRY(world->when_processing(world, ctx));
        *ret_result = world->payment;
        return failing(ctx, world->process_fails);
}

static const Error *payments_refund(Payments *self, Ctx *ctx, const Order *order, const char *reason,
                                    PaymentResult *ret_result) {
        World *world = WORLD(self, payments);

        (void) order, (void) reason;
        world->n_refunded++;
        if (world->refund_fails)
                return failing(ctx, world->refund_fails);
        *ret_result = world->refund;
        ret_result->refunded_minor = world->captured_minor;
        world->captured_minor = 0;
        return NULL;
}

static void wakeup(Wakeups *self) {
        WORLD(self, wakeups)->n_wakeups++;
}

static const Error *orders_standing(OrderRepo *self, Ctx *ctx, const char *customer_id,
                                    const OrderLimits *limits, OrderStanding *ret_standing) {
        (void) ctx;
        (void) customer_id;
        (void) limits;
        *ret_standing = WORLD(self, orders)->standing;
        return NULL;
}

static Bytes snapshot(Ctx *ctx, const Order *order) {
        const char *text = arena_printf(ctx->arena, "%s %s", order->id, order_status_name(order->status));

        return (Bytes) { .data = (const uint8_t *) text, .n_bytes = strlen(text) };
}

static void bind(World *world) {
        world->orders = (OrderRepo) { orders_next_number, orders_insert, orders_save,
                                     orders_find,        orders_list,   orders_hold_states,
                                     orders_standing };
        world->sagas = (SagaStore) { sagas_claim,  sagas_take_due, sagas_answer, sagas_seize,
                                    sagas_let_go, sagas_give_up,  sagas_forget, sagas_settle };
        world->catalog.load = catalog_load;
        world->customers.load = customers_load;
        offers_init(&world->promotions);
        purse_init(&world->points);
        world->shipping = (Shipping) { .quote = shipping_quote, .cancel = shipping_cancel };
        world->prices.calculate = prices_calculate;
        world->stock = (Stock) { stock_reserve, stock_confirm, stock_release };
        world->payments = (Payments) { payments_validate, payments_process, payments_refund };
        world->wakeups = (Wakeups) { wakeup };
}

World *world_new(Ctx *ctx) {
        World *world = ARENA_NEW(ctx->arena, World);

        bind(world);
        world->usecase = (OrderUsecase) {
                &world->orders,    &world->sagas,           &world->catalog,     &world->prices,
                &world->customers, &world->promotions.base, &world->points.base, &world->shipping,
                &world->stock,     &world->payments,        &world->wakeups,     snapshot,
                45000,
                900000,
        };
        world->customer = (Customer) { true, true, "Ada", "customer@example.com", "gold", 500, 1250 };
        world->payment =
                (PaymentResult) { .outcome = OUTCOME_TAKEN, .transaction_id = "txn_1", .last4 = "4242" };
        world->refund = (PaymentResult) { .outcome = OUTCOME_GIVEN_BACK };
        world->hold_expires_at_us = clock_wall_us() + INT64_C(900000000);
        world->shipping_cost_minor = world->shipping_taxable_minor = 1599;
        world->caller = (Caller) { .id = "CUST-12345", .roles = ROLE_CUSTOMER };
        ctx->caller = &world->caller;
        return world;
}

OrderWork world_work(const World *world) {
        bool waits = world->saga.step == SAGA_PAYMENT || world->saga.step == SAGA_AWAIT_CUSTOMER;

        if (world->saga.step == SAGA_CANCEL)
                return ORDER_WORK_CANCEL;
        return waits ? ORDER_WORK_PAY : ORDER_WORK_GIVE_BACK;
}

OrderRequest *world_request(Ctx *ctx) {
        static const OrderLine lines[] = {
                { "PROD-67890", "SKU-ABC-001", 2, "US-WEST-01" },
                { "PROD-11111", "SKU-DEF-002", 1, "US-WEST-01" },
        };
        static const char *const codes[] = { "SUMMER2024" };
        static const OrderAddress address = { "123 Main St", "San Francisco", "CA", "94105", "US" };
        OrderRequest *request = ARENA_NEW(ctx->arena, OrderRequest);

        *request = (OrderRequest) {
                .customer_id = "CUST-12345",
                .lines = arena_memdup(ctx->arena, lines, sizeof(lines)),
                .n_lines = 2,
                .shipping_address = address,
                .billing_address = address,
                .payment_method = "credit_card",
                .payment_token = "pm_1234567890",
                .shipping_method = "standard",
                .promotion_codes = codes,
                .n_promotion_codes = 1,
                .notes = "Please deliver after 5 PM",
                .currency = "",
                .packed = { (const uint8_t *) "request 1", 9 },
        };
        return request;
}

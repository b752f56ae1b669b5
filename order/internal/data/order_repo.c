#include "data/order_repo.h"

#include "common/v1/address.rpc.h"
#include "data/order_moves.h"
#include "data/order_numbers.h"
#include "data/order_rows.h"
#include "data/order_standing.h"
#include "data/order_timeline.h"
#include "data/saga_store.h"
#include "events/outbox.h"
#include "json/codec.h"
#include "json/text.h"

#define MACHINE_ACTOR "order-service"

typedef struct PgOrderRepo {
        OrderRepo base;
        PgPool *pool;
        SagaStore *sagas;
        OrderNumbers *numbers;
} PgOrderRepo;

static const char *address_json(Arena *arena, const OrderAddress *address) {
        CommonV1Address *message = common_v1_address_new(arena);
        StrBuf json = { .arena = arena };

        message->street = address->street;
        message->city = address->city;
        message->state = address->state;
        message->zip_code = address->zip_code;
        message->country = address->country;
        json_add_message(&json, &common_v1_address_info, &message->base);
        return strbuf_text(&json);
}

/* Nothing for NULL. */
static void add_text(StrBuf *json, const char *name, const char *text) {
        if (!text)
                return;
        strbuf_addf(json, ",\"%s\":", name);
        json_add_string(json, text);
}

/* With which version of its campaign a promotion was computed. */
static void add_campaign(StrBuf *json, const OrderDiscount *discount) {
        if (!discount->campaign_id)
                return;
        add_text(json, "campaignId", discount->campaign_id);
        strbuf_addf(json, ",\"campaignVersion\":%lld", (long long) discount->campaign_version);
}

static const char *discounts_json(Arena *arena, const OrderPricing *pricing) {
        StrBuf json = { .arena = arena };

        strbuf_add_char(&json, '[');
        for (size_t i = 0; i < pricing->n_discounts; i++) {
                const OrderDiscount *discount = &pricing->discounts[i];

                strbuf_addf(&json, "%s{\"type\":\"%s\",\"amountMinor\":%lld", i > 0 ? "," : "",
                            discount->type, (long long) discount->amount_minor);
                add_text(&json, "code", discount->code);
                add_text(&json, "name", discount->name);
                add_campaign(&json, discount);
                strbuf_add_char(&json, '}');
        }
        strbuf_add_char(&json, ']');
        return strbuf_text(&json);
}

static PgArg balance_or_null(const OrderLoyalty *loyalty) {
        return loyalty->has_new_balance ? pg_int64(loyalty->new_balance) : pg_null(PG_INT64);
}

/* Refused when the hold, by the database's clock, is about to end. */
static const PgStatement sql_insert_order = PG_WRITE_ROWS(
        PG_INSERT_ROWS(orders, order_id, order_number, customer_id, customer_name, customer_email,
                       customer_tier, status, version, payment_id, payment_method, payment_token,
                       payment_status, currency, subtotal_minor, discount_minor, shipping_minor, tax_minor,
                       total_minor, rules_version, rules_at, degraded, discounts, shipping_method,
                       shipping_warehouse, estimated_delivery, shipping_taxable_minor,
                       shipping_rates_version, shipping_rates_at, shipping_address, billing_address, notes,
                       hold_expires_at, created_at, points_used, points_earned, points_balance)
        " WHERE require_rows((clock_timestamp() <"
        "                     hold_expires_at - interval '" PG_NUMBER(ORDER_HOLD_MARGIN_MS) " ms')::int,"
        "                    '" INNER_HOLD_ENDS "')");

static void add_order(PgBatch *batch, Arena *arena, const Order *order) {
        const OrderPricing *pricing = &order->pricing;

        pg_batch_add(batch, &sql_insert_order,
                     PG_ARGS(pg_text(order->id), pg_text(order->number), pg_text(order->customer_id),
                             pg_text(order->customer_name), pg_text(order->customer_email),
                             pg_text(order->customer_tier), pg_text(order_status_name(order->status)),
                             pg_int64(order->version), pg_text(order->payment.id),
                             pg_text(order->payment.method), pg_text(order->payment.token),
                             pg_text(order_payment_status_name(order->payment.status)),
                             pg_text(pricing->currency), pg_int64(pricing->subtotal_minor),
                             pg_int64(pricing->discounts_minor), pg_int64(pricing->shipping_minor),
                             pg_int64(pricing->tax_minor), pg_int64(pricing->total_minor),
                             pg_int64(pricing->rules_version), pg_time_or_null(pricing->rules_at_us),
                             pg_bool(pricing->is_degraded), pg_json(discounts_json(arena, pricing)),
                             pg_text(order->shipping.method),
                             pg_text(order->shipping.warehouse), pg_text(order->shipping.estimated_delivery),
                             pg_int64(pricing->taxable_shipping_minor),
                             pg_int64(order->shipping.rates_version),
                             pg_time_or_null(order->shipping.rates_at_us),
                             pg_json(address_json(arena, &order->shipping_address)),
                             pg_json(address_json(arena, &order->billing_address)), pg_text(order->notes),
                             pg_time(order->hold_expires_at_us), pg_time(order->created_at_us),
                             pg_int64(order->loyalty.points_used), pg_int64(order->loyalty.points_earned),
                             balance_or_null(&order->loyalty)));
}

static const PgStatement sql_insert_item = PG_WRITE_ROWS(
        PG_INSERT_ROWS(order_items, order_id, line, product_id, sku, name, warehouse_id, quantity,
                       unit_price_minor, total_minor, discount_minor, seller_id, tax_class, tax_ppm,
                       taxes_shipping, weight_grams, length_mm, width_mm, height_mm));

static void add_items(PgBatch *batch, const Order *order) {
        for (size_t i = 0; i < order->n_items; i++) {
                const OrderItem *item = &order->items[i];
                const ProductSize *size = &item->size;

                pg_batch_add(batch, &sql_insert_item,
                             PG_ARGS(pg_text(order->id), pg_int64((int64_t) i + 1), pg_text(item->product_id),
                                     pg_text(item->sku), pg_text(item->name), pg_text(item->warehouse),
                                     pg_int64(item->quantity), pg_int64(item->unit_price_minor),
                                     pg_int64(item->total_minor), pg_int64(item->discount_minor),
                                     pg_text(item->seller_id), pg_text(item->tax_class),
                                     pg_int64(item->tax_ppm), pg_bool(item->taxes_shipping),
                                     pg_int64(size->weight_grams), pg_int64(size->length_mm),
                                     pg_int64(size->width_mm), pg_int64(size->height_mm)));
        }
}

static const Error *insert(OrderRepo *self, Ctx *ctx, const Order *order, Saga *saga) {
        SagaStore *sagas = ((PgOrderRepo *) self)->sagas;
        PgBatch *batch = order_saga_store_begin(sagas, ctx, saga);

        add_order(batch, ctx->arena, order);
        add_items(batch, order);
        order_moves_add(batch, order, ORDER_ANY_STATUS, NULL, MACHINE_ACTOR, NULL);
        TRY(order_saga_store_commit(sagas, batch, saga));
        outbox_hint();
        return NULL;
}

/* The token is of no use once the payment is settled, and does not stay. */
static const PgStatement sql_update_order = PG_WRITE_ROWS(
        "WITH moved AS ("
        "        UPDATE orders o"
        "           SET status = n.status, version = n.version, payment_status = n.payment_status,"
        "               payment_token = CASE n.status WHEN 'PENDING_PAYMENT' THEN o.payment_token"
        "                               ELSE '' END,"
        "               payment_transaction_id = n.transaction_id, payment_last4 = n.last4,"
        "               payment_error = n.error, payment_action_url = n.action_url,"
        "               refund_minor = n.refund_minor, cancel_reason = n.cancel_reason,"
        "               confirmed_at = n.confirmed_at, cancelled_at = n.cancelled_at, updated_at = now()"
        "          FROM " PG_ROWS(n, order_id, from_status, from_version, status, version, payment_status,
                                  transaction_id, last4, error, action_url, refund_minor, cancel_reason,
                                  confirmed_at, cancelled_at)
        "         WHERE o.order_id = n.order_id AND o.status = n.from_status AND o.version = n.from_version"
        "        RETURNING 1)"
        " SELECT require_rows((count(*) = cardinality($1))::int, '" INNER_ORDER_MOVED "') FROM moved");

static void add_update(PgBatch *batch, const Order *order, OrderStatus from) {
        const OrderPayment *payment = &order->payment;
        bool moves = order->status != from;

        pg_batch_add(batch, &sql_update_order,
                     PG_ARGS(pg_text(order->id), pg_text(order_status_name(from)),
                             pg_int64(order->version - moves), pg_text(order_status_name(order->status)),
                             pg_int64(order->version), pg_text(order_payment_status_name(payment->status)),
                             pg_text(payment->transaction_id), pg_text(payment->last4),
                             pg_text(payment->error), pg_text(payment->action_url),
                             pg_int64(payment->refunded_minor), pg_text(order->cancel_reason),
                             pg_time_or_null(order->confirmed_at_us),
                             pg_time_or_null(order->cancelled_at_us)));
}

static const PgStatement sql_insert_review =
        PG_WRITE_ROWS(PG_INSERT_ROWS(order_manual_reviews, order_id, reason));

static const Error *save(OrderRepo *self, Ctx *ctx, const Order *order, Saga *saga,
                         const OrderChange *change) {
        SagaStore *sagas = ((PgOrderRepo *) self)->sagas;
        PgBatch *batch = order_saga_store_begin(sagas, ctx, saga);

        add_update(batch, order, change->from);
        if (order->status != change->from)
                order_moves_add(batch, order, change->from, change->reason, MACHINE_ACTOR, NULL);
        if (change->review)
                pg_batch_add(batch, &sql_insert_review, PG_ARGS(pg_text(order->id), pg_text(change->review)));
        TRY(order_saga_store_commit(sagas, batch, saga));
        outbox_hint();
        return NULL;
}

static const Error *next_number(OrderRepo *self, Ctx *ctx, int year, const char **ret_number) {
        return order_numbers_next(((PgOrderRepo *) self)->numbers, ctx, year, ret_number);
}

static const Error *find(OrderRepo *self, Ctx *ctx, const char *id_or_number, Order **ret_order) {
        return order_rows_find(((PgOrderRepo *) self)->pool, ctx, id_or_number, ret_order);
}

static const Error *list(OrderRepo *self, Ctx *ctx, const OrderQuery *query, Order **ret_orders,
                         size_t *ret_n) {
        return order_rows_list(((PgOrderRepo *) self)->pool, ctx, query, ret_orders, ret_n);
}

static const Error *hold_states(OrderRepo *self, Ctx *ctx, const char *const *order_ids, size_t n,
                                OrderStatus *ret_statuses, bool *ret_claimed) {
        return order_rows_hold_states(((PgOrderRepo *) self)->pool, ctx, order_ids, n, ret_statuses,
                                      ret_claimed);
}

static const Error *standing(OrderRepo *self, Ctx *ctx, const char *customer_id,
                             const OrderLimits *limits, OrderStanding *ret_standing) {
        return order_standing_load(((PgOrderRepo *) self)->pool, ctx, customer_id, limits, ret_standing);
}

static const Error *timeline(OrderRepo *self, Ctx *ctx, const char *order_id, Timeline *ret_timeline) {
        return order_timeline_load(((PgOrderRepo *) self)->pool, ctx, order_id, ret_timeline);
}

OrderRepo *order_repo_new(Arena *arena, PgPool *pool, SagaStore *sagas) {
        PgOrderRepo *repo = ARENA_NEW(arena, PgOrderRepo);

        *repo = (PgOrderRepo) {
                .base = {
                        .next_number = next_number,
                        .insert = insert,
                        .save = save,
                        .find = find,
                        .list = list,
                        .hold_states = hold_states,
                        .standing = standing,
                        .timeline = timeline,
                },
                .pool = pool,
                .sagas = sagas,
                .numbers = order_numbers_new(arena, pool),
        };
        return &repo->base;
}

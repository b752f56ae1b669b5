#include "data/order_rows.h"

#include "base/log.h"
#include "base/memory.h"
#include "base/word.h"
#include "pg/reader.h"

static const char *const payment_statuses[] = {
        [ORDER_PAYMENT_PENDING] = "pending",
        [ORDER_PAYMENT_PAID] = "paid",
        [ORDER_PAYMENT_DECLINED] = "failed",
        [ORDER_PAYMENT_REFUNDED] = "refunded",
};

const char *order_payment_status_name(OrderPaymentStatus status) {
        return payment_statuses[status];
}

const Error *order_rows_status(Arena *arena, const char *text, OrderStatus *ret_status) {
        OrderStatus status = order_status_of(text);

        if (status == ORDER_ANY_STATUS)
                return word_unknown(arena, "orders.status", text);
        *ret_status = status;
        return NULL;
}

/* In the order in which read_order takes them. */
#define ORDER_COLUMNS                                                                                        \
        "order_id, order_number, customer_id, customer_name, customer_email, customer_tier,"                 \
        " status, version,"                                                                                  \
        "payment_id, payment_method, payment_token, payment_status, payment_transaction_id, payment_last4,"  \
        "payment_error, payment_action_url, refund_minor,"                                                   \
        "currency, subtotal_minor, discount_minor, shipping_minor, tax_minor, total_minor,"                  \
        "rules_version, rules_at, degraded,"                                                                 \
        "shipping_method, shipping_warehouse, estimated_delivery, tracking_number,"                          \
        "coalesce(shipping_taxable_minor, shipping_minor), shipping_rates_version, shipping_rates_at,"       \
        "shipping_address->>'street', shipping_address->>'city', shipping_address->>'state',"                \
        "shipping_address->>'zipCode', shipping_address->>'country',"                                        \
        "billing_address->>'street', billing_address->>'city', billing_address->>'state',"                   \
        "billing_address->>'zipCode', billing_address->>'country',"                                          \
        "notes, points_used, points_earned, points_balance IS NOT NULL, points_balance,"                    \
        "cancel_reason, hold_expires_at, created_at, confirmed_at, cancelled_at,"                            \
        "shipped_at, delivered_at"

static const Error *read_payment(Arena *arena, PgReader *at, OrderPayment *payment) {
        size_t status;

        payment->id = pg_next_text(at);
        payment->method = pg_next_text(at);
        payment->token = pg_next_text(at);
        TRY(word_read(arena, payment_statuses, ARRAY_SIZE(payment_statuses),
                      "orders.payment_status", pg_next_text(at), &status));
        payment->status = (OrderPaymentStatus) status;
        payment->transaction_id = pg_next_text_or_null(at);
        payment->last4 = pg_next_text_or_null(at);
        payment->error = pg_next_text_or_null(at);
        payment->action_url = pg_next_text_or_null(at);
        payment->refunded_minor = pg_next_int64(at);
        return NULL;
}

static void read_pricing(PgReader *at, OrderPricing *pricing) {
        pricing->currency = pg_next_text(at);
        pricing->subtotal_minor = pg_next_int64(at);
        pricing->discounts_minor = pg_next_int64(at);
        pricing->shipping_minor = pg_next_int64(at);
        pricing->tax_minor = pg_next_int64(at);
        pricing->total_minor = pg_next_int64(at);
        pricing->rules_version = pg_next_int64(at);
        pricing->rules_at_us = pg_next_time_or_zero(at);
        pricing->is_degraded = pg_next_bool(at);
}

static void read_shipping(PgReader *at, Order *order) {
        OrderShipping *shipping = &order->shipping;

        shipping->method = pg_next_text(at);
        shipping->warehouse = pg_next_text(at);
        shipping->estimated_delivery = pg_next_text(at);
        shipping->tracking_number = pg_next_text_or_null(at);
        order->pricing.taxable_shipping_minor = pg_next_int64(at);
        shipping->rates_version = pg_next_int64(at);
        shipping->rates_at_us = pg_next_time_or_zero(at);
}

static void read_loyalty(PgReader *at, OrderLoyalty *loyalty) {
        loyalty->points_used = pg_next_int64(at);
        loyalty->points_earned = pg_next_int64(at);
        loyalty->has_new_balance = pg_next_bool(at);
        loyalty->new_balance = pg_next_int64_or_zero(at);
}

static void read_address(PgReader *at, OrderAddress *address) {
        address->street = pg_next_text_or_null(at);
        address->city = pg_next_text_or_null(at);
        address->state = pg_next_text_or_null(at);
        address->zip_code = pg_next_text_or_null(at);
        address->country = pg_next_text_or_null(at);
}

static const Error *read_order(Arena *arena, const PgRows *rows, size_t row, Order *order) {
        PgReader at = pg_reader(rows, row);

        order->id = pg_next_text(&at);
        order->number = pg_next_text(&at);
        order->customer_id = pg_next_text(&at);
        order->customer_name = pg_next_text(&at);
        order->customer_email = pg_next_text(&at);
        order->customer_tier = pg_next_text(&at);
        TRY(order_rows_status(arena, pg_next_text(&at), &order->status));
        order->version = pg_next_int64(&at);
        TRY(read_payment(arena, &at, &order->payment));
        read_pricing(&at, &order->pricing);
        read_shipping(&at, order);
        read_address(&at, &order->shipping_address);
        read_address(&at, &order->billing_address);
        order->notes = pg_next_text(&at);
        read_loyalty(&at, &order->loyalty);
        order->cancel_reason = pg_next_text_or_null(&at);
        order->hold_expires_at_us = pg_next_time(&at);
        order->created_at_us = pg_next_time(&at);
        order->confirmed_at_us = pg_next_time_or_zero(&at);
        order->cancelled_at_us = pg_next_time_or_zero(&at);
        order->shipped_at_us = pg_next_time_or_zero(&at);
        order->delivered_at_us = pg_next_time_or_zero(&at);
        return pg_reader_end(&at);
}

static const PgStatement sql_items = PG_READ(
        "SELECT w.n - 1, i.product_id, i.sku, i.name, i.warehouse_id, i.quantity, i.unit_price_minor,"
        "       i.total_minor, i.discount_minor, i.seller_id, i.tax_class, i.tax_ppm, i.taxes_shipping,"
        "       i.weight_grams, i.length_mm, i.width_mm, i.height_mm"
        "  FROM unnest($1::text[]) WITH ORDINALITY AS w (order_id, n) JOIN order_items i USING (order_id)"
        " ORDER BY w.n, i.line");

static const Error *read_item(const PgRows *rows, size_t row, OrderItem *item, size_t *ret_place) {
        PgReader at = pg_reader(rows, row);

        *ret_place = (size_t) pg_next_int64(&at);
        item->product_id = pg_next_text(&at);
        item->sku = pg_next_text(&at);
        item->name = pg_next_text(&at);
        item->warehouse = pg_next_text(&at);
        item->quantity = pg_next_int64(&at);
        item->unit_price_minor = pg_next_int64(&at);
        item->total_minor = pg_next_int64(&at);
        item->discount_minor = pg_next_int64(&at);
        item->seller_id = pg_next_text(&at);
        item->tax_class = pg_next_text(&at);
        item->tax_ppm = pg_next_int64(&at);
        item->taxes_shipping = pg_next_bool(&at);
        item->size.weight_grams = pg_next_int64(&at);
        item->size.length_mm = pg_next_int64(&at);
        item->size.width_mm = pg_next_int64(&at);
        item->size.height_mm = pg_next_int64(&at);
        return pg_reader_end(&at);
}

static const PgStatement sql_discounts = PG_READ(
        "SELECT w.n - 1, d.discount->>'type', d.discount->>'code', d.discount->>'name',"
        "       (d.discount->>'amountMinor')::bigint, d.discount->>'campaignId',"
        "       (d.discount->>'campaignVersion')::bigint"
        "  FROM unnest($1::text[]) WITH ORDINALITY AS w (order_id, n) JOIN orders o USING (order_id),"
        "       jsonb_array_elements(o.discounts) WITH ORDINALITY AS d (discount, position)"
        " ORDER BY w.n, d.position");

static const Error *read_discount(const PgRows *rows, size_t row, OrderDiscount *discount,
                                  size_t *ret_place) {
        PgReader at = pg_reader(rows, row);

        *ret_place = (size_t) pg_next_int64(&at);
        discount->type = pg_next_text(&at);
        discount->code = pg_next_text_or_null(&at);
        discount->name = pg_next_text_or_null(&at);
        discount->amount_minor = pg_next_int64(&at);
        discount->campaign_id = pg_next_text_or_null(&at);
        discount->campaign_version = pg_next_int64_or_zero(&at);
        return pg_reader_end(&at);
}

/* Both results are sorted by order, so that each order's part is a slice of one array. */
static const Error *add_items(Arena *arena, const PgRows *rows, Order *orders) {
        size_t n = pg_rows_count(rows), place;
        OrderItem *items = ARENA_ARRAY(arena, OrderItem, n);

        for (size_t row = 0; row < n; row++) {
                TRY(read_item(rows, row, &items[row], &place));
                if (orders[place].n_items++ == 0)
                        orders[place].items = &items[row];
        }
        return NULL;
}

static const Error *add_discounts(Arena *arena, const PgRows *rows, Order *orders) {
        size_t n = pg_rows_count(rows), place;
        OrderDiscount *discounts = ARENA_ARRAY(arena, OrderDiscount, n);

        for (size_t row = 0; row < n; row++) {
                TRY(read_discount(rows, row, &discounts[row], &place));
                if (orders[place].pricing.n_discounts++ == 0)
                        orders[place].pricing.discounts = &discounts[row];
        }
        return NULL;
}

/* The orders of the rows with their lines and discounts. */
static const Error *read_orders(PgPool *pool, Ctx *ctx, const PgRows *rows, Order **ret_orders,
                                size_t *ret_n) {
        size_t n = pg_rows_count(rows);
        Order *orders = ARENA_ARRAY(ctx->arena, Order, n);
        const char **order_ids = ARENA_ARRAY(ctx->arena, const char *, n);
        PgBatch *batch = pg_batch_new(pool, ctx);

        for (size_t i = 0; i < n; i++) {
                TRY(read_order(ctx->arena, rows, i, &orders[i]));
                order_ids[i] = orders[i].id;
        }
        pg_batch_add(batch, &sql_items, PG_ARGS(pg_text_array(order_ids, n)));
        pg_batch_add(batch, &sql_discounts, PG_ARGS(pg_text_array(order_ids, n)));
        if (n > 0) {
                TRY(pg_batch_run(batch));
                TRY(add_items(ctx->arena, pg_batch_rows(batch, 0), orders));
                TRY(add_discounts(ctx->arena, pg_batch_rows(batch, 1), orders));
        }
        *ret_orders = orders;
        *ret_n = n;
        return NULL;
}

static const PgStatement sql_find =
        PG_READ("SELECT " ORDER_COLUMNS " FROM orders WHERE order_id = $1 OR order_number = $1");

const Error *order_rows_find(PgPool *pool, Ctx *ctx, const char *id_or_number, Order **ret_order) {
        const PgRows *rows;
        Order *orders;
        size_t n;

        TRY(pg_run(pool, ctx, &sql_find, PG_ARGS(pg_text(id_or_number)), &rows));
        TRY(read_orders(pool, ctx, rows, &orders, &n));
        *ret_order = n > 0 ? orders : NULL;
        return NULL;
}

static const PgStatement sql_load = PG_READ("SELECT " ORDER_COLUMNS " FROM orders WHERE order_id = ANY ($1)");

const Error *order_rows_load(PgPool *pool, Ctx *ctx, const char *const *order_ids, size_t n_ids,
                             Order **ret_orders, size_t *ret_n) {
        const PgRows *rows;

        TRY(pg_run(pool, ctx, &sql_load, PG_ARGS(pg_text_array(order_ids, n_ids)), &rows));
        return read_orders(pool, ctx, rows, ret_orders, ret_n);
}

/* One statement per index, so that each is a range of it. */
static const PgStatement sql_list_customer = PG_READ(
        "SELECT " ORDER_COLUMNS " FROM orders"
        " WHERE customer_id = $5 AND ($1::text IS NULL OR status = $1)"
        "   AND (created_at, order_id) < (coalesce($2, 'infinity'), $3)"
        " ORDER BY created_at DESC, order_id DESC LIMIT $4");

static const PgStatement sql_list_all = PG_READ(
        "SELECT " ORDER_COLUMNS " FROM orders"
        " WHERE ($1::text IS NULL OR status = $1)"
        "   AND (created_at, order_id) < (coalesce($2, 'infinity'), $3)"
        " ORDER BY created_at DESC, order_id DESC LIMIT $4");

const Error *order_rows_list(PgPool *pool, Ctx *ctx, const OrderQuery *query, Order **ret_orders,
                             size_t *ret_n) {
        const OrderPosition *after = query->after;
        const PgRows *rows;
        const PgArg args[] = {
                pg_text(query->status == ORDER_ANY_STATUS ? NULL : order_status_name(query->status)),
                after ? pg_time(after->created_at_us) : pg_null(PG_TIME),
                pg_text(after ? after->order_id : ""),
                pg_int64(query->limit),
                pg_text(query->customer_id),
        };

        if (query->customer_id)
                TRY(pg_run(pool, ctx, &sql_list_customer, (PgArgs) { args, 5 }, &rows));
        else
                TRY(pg_run(pool, ctx, &sql_list_all, (PgArgs) { args, 4 }, &rows));
        return read_orders(pool, ctx, rows, ret_orders, ret_n);
}

static const PgStatement sql_hold_states =
        PG_READ("SELECT o.status, coalesce(o.order_id IS NULL AND s.step = 'CLAIMED', false)"
                "  FROM unnest($1::text[]) WITH ORDINALITY AS w (order_id, n)"
                "  LEFT JOIN orders o USING (order_id) LEFT JOIN order_sagas s USING (order_id)"
                " ORDER BY w.n");

/* What is not known of one order does not concern the others: its hold stays, and a person must look. */
static void status_of_hold(Ctx *ctx, const char *order_id, const char *status, OrderStatus *ret_status,
                           bool *ret_claimed) {
        const Error *error = order_rows_status(ctx->arena, status, ret_status);

        if (!error)
                return;
        log_error("what became of an order is not known", log_text("order", order_id),
                  log_cause(ctx->arena, error));
        *ret_claimed = true;
}

const Error *order_rows_hold_states(PgPool *pool, Ctx *ctx, const char *const *order_ids, size_t n,
                                    OrderStatus *ret_statuses, bool *ret_claimed) {
        const PgRows *rows;

        TRY(pg_run(pool, ctx, &sql_hold_states, PG_ARGS(pg_text_array(order_ids, n)), &rows));
        for (size_t i = 0; i < n; i++) {
                PgReader at = pg_reader(rows, i);
                const char *status = pg_next_text_or_null(&at);

                ret_statuses[i] = ORDER_ANY_STATUS;
                ret_claimed[i] = pg_next_bool(&at);
                TRY(pg_reader_end(&at));
                if (status)
                        status_of_hold(ctx, order_ids[i], status, &ret_statuses[i], &ret_claimed[i]);
        }
        return NULL;
}

#include "data/demo_books.h"

#include "base/clock.h"
#include "base/money.h"
#include "pg/batch.h"

#define US_PER_DAY INT64_C(86400000000)

#define POOL_OF(self, member) (((DemoBooks *) ((char *) (self) -offsetof(DemoBooks, member)))->pool)

static const PgStatement sql_products = PG_READ(
        "SELECT product_id, sku, name, unit_price_minor, currency FROM demo_products"
        " WHERE sku = ANY ($1) AND active");

static Product read_product(const PgRows *rows, size_t row) {
        return (Product) {
                .product_id = pg_get_text(rows, row, 0),
                .sku = pg_get_text(rows, row, 1),
                .name = pg_get_text(rows, row, 2),
                .unit_price_minor = pg_get_int64(rows, row, 3),
                .currency = pg_get_text(rows, row, 4),
        };
}

static Product find_product(const PgRows *rows, const char *sku) {
        for (size_t row = 0; row < pg_rows_count(rows); row++)
                if (str_equal(pg_get_text(rows, row, 1), sku))
                        return read_product(rows, row);
        return (Product) { 0 };
}

static const Error *books_products(Catalog *self, Ctx *ctx, const char *const *skus, size_t n,
                                   Product *ret_products) {
        const PgRows *rows;
        Ctx call = *ctx;

        ctx_limit(&call, CATALOG_TIMEOUT_MS);
        TRY(pg_run(POOL_OF(self, catalog), &call, &sql_products, PG_ARGS(pg_text_array(skus, n)), &rows));
        for (size_t i = 0; i < n; i++)
                ret_products[i] = find_product(rows, skus[i]);
        return NULL;
}

static const PgStatement sql_customer = PG_READ(
        "SELECT c.name, c.email, c.tier, c.active, t.discount_bp"
        "  FROM demo_customers c JOIN demo_tiers t USING (tier)"
        " WHERE c.customer_id = $1");

static const Error *books_customer(Customers *self, Ctx *ctx, const char *customer_id,
                                   Customer *ret_customer) {
        const PgRows *rows;

        TRY(pg_run(POOL_OF(self, customers), ctx, &sql_customer, PG_ARGS(pg_text(customer_id)), &rows));
        *ret_customer = (Customer) { 0 };
        if (pg_rows_count(rows) == 0)
                return NULL;
        *ret_customer = (Customer) {
                .is_known = true,
                .name = pg_get_text(rows, 0, 0),
                .email = pg_get_text(rows, 0, 1),
                .tier = pg_get_text(rows, 0, 2),
                .is_active = pg_get_bool(rows, 0, 3),
                .tier_discount_bp = pg_get_int64(rows, 0, 4),
        };
        return NULL;
}

static const Error *invalid_promotion(Ctx *ctx, const char *code, const char *reason) {
        Error *error = error_new(ctx->arena, ERROR_FAILED_PRECONDITION, REASON_INVALID_PROMOTION,
                                 "Promotion code %s is not valid for this order", code);
        ErrorValue values[] = { { .key = "code", .text = code }, { .key = "reason", .text = reason } };

        error_add_record(ctx->arena, error, values, 2);
        return error;
}

static const PgStatement sql_promotions = PG_READ(
        "SELECT p.discount_bp, CASE WHEN p.code IS NULL THEN 'UNKNOWN_CODE'"
        "                           WHEN p.starts_at > now() THEN 'NOT_STARTED'"
        "                           WHEN p.ends_at <= now() THEN 'EXPIRED'"
        "                           WHEN p.minimum_minor > $2 THEN 'MIN_ORDER_NOT_MET' END"
        "  FROM unnest($1::text[]) WITH ORDINALITY AS w (code, n) LEFT JOIN demo_promotions p USING (code)"
        " ORDER BY w.n");

static const Error *books_promotions(Promotions *self, Ctx *ctx, const char *const *codes, size_t n,
                                     int64_t subtotal_minor, int64_t *ret_amounts_minor) {
        const PgRows *rows;

        TRY(pg_run(POOL_OF(self, promotions), ctx, &sql_promotions,
                   PG_ARGS(pg_text_array(codes, n), pg_int64(subtotal_minor)), &rows));
        for (size_t i = 0; i < n; i++) {
                if (!pg_is_null(rows, i, 1))
                        return invalid_promotion(ctx, codes[i], pg_get_text(rows, i, 1));
                if (!money_share(subtotal_minor, pg_get_int64(rows, i, 0), MONEY_BP_ONE,
                                 &ret_amounts_minor[i]))
                        return error_internal(ctx->arena, NULL, "The discount of %s does not fit", codes[i]);
        }
        return NULL;
}

static const PgStatement sql_shipping =
        PG_READ("SELECT cost_minor, days FROM demo_shipping_rates WHERE method = $1 AND country = $2");

static const Error *books_shipping(Shipping *self, Ctx *ctx, const char *method, const OrderAddress *to,
                                   ShippingQuote *ret_quote) {
        const PgRows *rows;
        Ctx call = *ctx;

        ctx_limit(&call, SHIPPING_TIMEOUT_MS);
        TRY(pg_run(POOL_OF(self, shipping), &call, &sql_shipping,
                   PG_ARGS(pg_text(method), pg_text(to->country)), &rows));
        if (pg_rows_count(rows) == 0)
                return error_new(ctx->arena, ERROR_FAILED_PRECONDITION, REASON_SHIPPING_UNAVAILABLE,
                                 "There is no %s shipping to %s", method, to->country);
        *ret_quote = (ShippingQuote) {
                .cost_minor = pg_get_int64(rows, 0, 0),
                .estimated_delivery = clock_format_date(
                        ctx->arena, clock_wall_us() + pg_get_int64(rows, 0, 1) * US_PER_DAY),
        };
        return NULL;
}

static const PgStatement sql_tax = PG_READ("SELECT ppm FROM demo_taxes WHERE country = $1 AND state = $2");

static const Error *books_tax(Tax *self, Ctx *ctx, const OrderAddress *to, int64_t *ret_ppm) {
        const PgRows *rows;

        TRY(pg_run(POOL_OF(self, tax), ctx, &sql_tax, PG_ARGS(pg_text(to->country), pg_text(to->state)),
                   &rows));
        *ret_ppm = pg_rows_count(rows) > 0 ? pg_get_int64(rows, 0, 0) : 0;
        return NULL;
}

void order_demo_books_init(DemoBooks *books, PgPool *pool) {
        *books = (DemoBooks) {
                .catalog.load = books_products,
                .customers.load = books_customer,
                .promotions.apply = books_promotions,
                .shipping.quote = books_shipping,
                .tax.rate = books_tax,
                .pool = pool,
        };
}

#include "data/demo_books.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/money.h"
#include "pg/cache.h"
#include "pg/reader.h"

#define US_PER_DAY INT64_C(86400000000)

#define CACHE_SLOTS 32768
#define CACHE_TTL_MS (INT64_C(30) * 60 * 1000)

typedef struct Books {
        Customers customers;
        Promotions promotions;
        Shipping shipping;
        DemoBooks all;
        PgPool *pool;
        PgCache *cache;
} Books;

#define BOOKS_OF(self, member) CONTAINER_OF(self, Books, member)
#define CACHE_OF(self, member) (BOOKS_OF(self, member)->cache)

static const PgStatement sql_customer = PG_READ(
        "SELECT c.name, c.email, c.tier, c.active, t.discount_bp"
        "  FROM demo_customers c JOIN demo_tiers t USING (tier)"
        " WHERE c.customer_id = $1");

static const Error *read_customer(const PgRows *rows, Customer *customer) {
        PgReader at = pg_reader(rows, 0);

        customer->is_known = true;
        customer->name = pg_next_text(&at);
        customer->email = pg_next_text(&at);
        customer->tier = pg_next_text(&at);
        customer->is_active = pg_next_bool(&at);
        customer->tier_discount_bp = pg_next_int64(&at);
        return pg_reader_end(&at);
}

static const Error *load_customer(Customers *self, Ctx *ctx, const char *customer_id,
                                  Customer *ret_customer) {
        Customer customer = { 0 };
        const PgRows *rows;

        TRY(pg_cache_run(CACHE_OF(self, customers), ctx, &sql_customer, &customer_id, 1, &rows));
        if (pg_rows_count(rows) > 0)
                TRY(read_customer(rows, &customer));
        *ret_customer = customer;
        return NULL;
}

static const Error *invalid_promotion(Ctx *ctx, const char *code, const char *reason) {
        Error *error = error_new(ctx->arena, ERROR_FAILED_PRECONDITION, REASON_INVALID_PROMOTION,
                                 "Promotion code %s is not valid for this order", code);

        ERROR_ADD_RECORD(ctx->arena, error, error_text("code", code), error_text("reason", reason));
        return error;
}

static const PgStatement sql_promotions = PG_READ(
        "SELECT p.discount_bp, CASE WHEN p.code IS NULL THEN 'UNKNOWN_CODE'"
        "                           WHEN p.starts_at > now() THEN 'NOT_STARTED'"
        "                           WHEN p.ends_at <= now() THEN 'EXPIRED'"
        "                           WHEN p.minimum_currency <> $3 THEN 'OTHER_CURRENCY'"
        "                           WHEN p.minimum_minor > $2 THEN 'MIN_ORDER_NOT_MET' END"
        "  FROM unnest($1::text[]) WITH ORDINALITY AS w (code, n) LEFT JOIN demo_promotions p USING (code)"
        " ORDER BY w.n");

static const Error *apply_promotions(Promotions *self, Ctx *ctx, const char *const *codes, size_t n,
                                     const char *currency, int64_t subtotal_minor,
                                     int64_t *ret_amounts_minor) {
        const PgRows *rows;

        TRY(pg_run(BOOKS_OF(self, promotions)->pool, ctx, &sql_promotions,
                   PG_ARGS(pg_text_array(codes, n), pg_int64(subtotal_minor), pg_text(currency)), &rows));
        for (size_t i = 0; i < n; i++) {
                PgReader at = pg_reader(rows, i);
                int64_t discount_bp = pg_next_int64_or_zero(&at);
                const char *problem = pg_next_text_or_null(&at);

                TRY(pg_reader_end(&at));
                if (problem)
                        return invalid_promotion(ctx, codes[i], problem);
                if (!money_share(subtotal_minor, discount_bp, MONEY_BP_ONE, &ret_amounts_minor[i]))
                        return error_internal(ctx->arena, NULL, "The discount of %s does not fit", codes[i]);
        }
        return NULL;
}

static const PgStatement sql_shipping =
        PG_READ("SELECT cost_minor, days FROM demo_shipping_rates"
                " WHERE method = $1 AND country = $2 AND currency = $3");

static const Error *quote_shipping(Shipping *self, Ctx *ctx, const char *method, const OrderAddress *to,
                                   const char *currency, ShippingQuote *ret_quote) {
        Ctx call = ctx_for_call(ctx, SHIPPING_TIMEOUT_MS);
        const PgRows *rows;

        TRY(pg_cache_run(CACHE_OF(self, shipping), &call, &sql_shipping,
                         (const char *[]) { method, to->country, currency }, 3, &rows));
        if (pg_rows_count(rows) == 0)
                return error_new(ctx->arena, ERROR_FAILED_PRECONDITION, REASON_SHIPPING_UNAVAILABLE,
                                 "There is no %s shipping to %s in %s", method, to->country, currency);
        PgReader at = pg_reader(rows, 0);
        ShippingQuote quote;
        quote.cost_minor = pg_next_int64(&at);
        quote.estimated_delivery =
                clock_format_date(ctx->arena, clock_wall_us() + pg_next_int64(&at) * US_PER_DAY);
        TRY(pg_reader_end(&at));
        *ret_quote = quote;
        return NULL;
}

static void free_cache(void *cache) {
        pg_cache_free(cache);
}

const DemoBooks *order_demo_books_new(Arena *arena, PgPool *pool) {
        Books *books = ARENA_NEW(arena, Books);

        *books = (Books) {
                .customers.load = load_customer,
                .promotions.apply = apply_promotions,
                .shipping.quote = quote_shipping,
                .all = { &books->customers, &books->promotions, &books->shipping },
                .pool = pool,
                .cache = pg_cache_new(pool, CACHE_SLOTS, CACHE_TTL_MS),
        };
        arena_defer(arena, free_cache, books->cache);
        return &books->all;
}

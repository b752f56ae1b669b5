#include "data/demo_books.h"

#include "base/clock.h"
#include "base/memory.h"
#include "pg/cache.h"
#include "pg/reader.h"

#define US_PER_DAY INT64_C(86400000000)

#define CACHE_SLOTS 32768
#define CACHE_TTL_MS (INT64_C(30) * 60 * 1000)

typedef struct Books {
        Customers customers;
        Shipping shipping;
        DemoBooks all;
        PgCache *cache;
} Books;

#define CACHE_OF(self, member) (CONTAINER_OF(self, Books, member)->cache)

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

static const PgStatement sql_shipping =
        PG_READ("SELECT cost_minor, days FROM demo_shipping_rates"
                " WHERE method = $1 AND country = $2 AND currency = $3");

static const Error *no_shipping(Ctx *ctx, const char *method, const OrderAddress *to, const char *currency) {
        Error *error = error_new(ctx->arena, ERROR_FAILED_PRECONDITION, REASON_SHIPPING_UNAVAILABLE,
                                 "There is no %s shipping to %s in %s", method, to->country, currency);

        ERROR_ADD_RECORD(ctx->arena, error, error_text("method", method), error_text("country", to->country),
                         error_text("currency", currency));
        return error;
}

static const Error *quote_shipping(Shipping *self, Ctx *ctx, const char *method, const OrderAddress *to,
                                   const char *currency, ShippingQuote *ret_quote) {
        Ctx call = ctx_for_call(ctx, SHIPPING_TIMEOUT_MS);
        const PgRows *rows;

        TRY(pg_cache_run(CACHE_OF(self, shipping), &call, &sql_shipping,
                         (const char *[]) { method, to->country, currency }, 3, &rows));
        if (pg_rows_count(rows) == 0)
                return no_shipping(ctx, method, to, currency);
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
                .shipping.quote = quote_shipping,
                .all = { &books->customers, &books->shipping },
                .cache = pg_cache_new(pool, CACHE_SLOTS, CACHE_TTL_MS),
        };
        arena_defer(arena, free_cache, books->cache);
        return &books->all;
}

#include "market.h"

#include <time.h>

#include "base/memory.h"
#include "base/str.h"
#include "pricing/v1/pricing.reasons.h"
#include "proto/values.h"

static const struct {
        const char *sku, *product_id, *name, *seller_id;
        bool is_for_sale;
        int64_t minor;
        const char *currency;
} products[] = {
        { "SKU-ABC-001", "PROD-67890", "Premium Wireless Headphones", "SELLER-1", true, 24999, "USD" },
        { "SKU-DEF-002", "PROD-11111", "Portable Bluetooth Speaker", "SELLER-2", true, 15000, "USD" },
        { "SKU-YEN", "PROD-YEN", "Tea", "SELLER-2", true, 150000, "JPY" },
        { "SKU-GONE", "PROD-GONE", "Tape", "SELLER-1", false, 1500, "USD" },
};

static const struct {
        const char *country, *state;
        int64_t ppm;
} taxes[] = { { "US", "CA", 82030 }, { "US", "NY", 40000 }, { "US", "OR", 0 }, { "DE", "BE", 190000 } };

const Error *market_in_mood(Ctx *ctx, Mood mood) {
        switch (mood) {
        case MOOD_ANSWERS:
                return NULL;
        case MOOD_AWAY:
                return error_new(ctx->arena, ERROR_UNAVAILABLE, REASON_UNAVAILABLE, "away");
        case MOOD_SILENT:
                while (ctx_remaining_ms(ctx) > 0)
                        nanosleep(&(struct timespec) { .tv_nsec = 1000000 }, NULL);
                return ctx_check(ctx);
        case MOOD_TOO_LATE:
                return error_new(ctx->arena, ERROR_DEADLINE_EXCEEDED, REASON_DEADLINE_EXCEEDED, "too late");
        case MOOD_BROKEN:
        default:
                return error_internal(ctx->arena, NULL, "broken");
        }
}

/* Of every product. */
static const char *categories[] = { "CAT-AUDIO", "CAT-ALL" };

static CatalogV1ProductFacts *facts_of(Arena *arena, const CatalogBook *book, const char *sku) {
        CatalogV1ProductFacts *facts = catalog_v1_product_facts_new(arena);

        facts->sku = sku;
        for (size_t i = 0; i < ARRAY_SIZE(products) && !book->sells_nothing; i++) {
                if (!str_equal(products[i].sku, sku))
                        continue;
                facts->product_id = products[i].product_id;
                facts->name = products[i].name;
                facts->seller_id = products[i].seller_id;
                facts->is_for_sale = products[i].is_for_sale;
                facts->tax_class = "standard";
                facts->weight_grams = 250;
                facts->length_mm = 190;
                facts->width_mm = 170;
                facts->height_mm = 80;
                facts->category_ids = categories;
                facts->n_category_ids = ARRAY_SIZE(categories);
                facts->base_price = proto_money_to_message(arena, products[i].minor + book->more_minor,
                                                           products[i].currency);
        }
        return facts;
}

static const Error *get_products(CatalogService *self, Ctx *ctx, const CatalogV1GetProductsRequest *request,
                                 CatalogV1GetProductsResponse *response) {
        CatalogBook *book = (CatalogBook *) self;

        book->n_calls++;
        TRY(market_in_mood(ctx, (Mood) book->mood));
        response->n_products = request->n_skus - book->forgets_one;
        response->products = ARENA_ARRAY(ctx->arena, CatalogV1ProductFacts *, request->n_skus);
        for (size_t i = 0; i < request->n_skus; i++)
                response->products[i] = facts_of(ctx->arena, book, request->skus[i]);
        if (book->swaps_names)
                response->products[0]->sku = "SKU-OTHER";
        return NULL;
}

void catalog_book_init(CatalogBook *book) {
        *book = (CatalogBook) { .base.get_products = get_products };
}

static const Error *tax_line(Ctx *ctx, const PricingV1TaxPlace *place, const PriceBook *book,
                             PricingV1PricedLine *line) {
        Error *error;

        for (size_t i = 0; i < ARRAY_SIZE(taxes); i++)
                if (str_equal(taxes[i].country, place->country) && str_equal(taxes[i].state, place->state)) {
                        line->tax_ppm = taxes[i].ppm;
                        line->taxes_shipping = book->taxes_shipping;
                        return NULL;
                }
        error = error_new(ctx->arena, ERROR_FAILED_PRECONDITION, REASON_TAX_UNKNOWN, "unknown");
        ERROR_ADD_RECORD(ctx->arena, error, error_text("country", place->country),
                         error_text("state", place->state), error_text("taxClass", line->tax_class));
        return error;
}

static const Error *price_line(Ctx *ctx, const PricingV1CalculatePricesRequest *request,
                               const PriceBook *book, size_t i, PricingV1PricedLine *line) {
        const PricingV1PriceLine *wanted = request->lines[i];

        if (!wanted->base_price || !str_equal(wanted->base_price->currency, request->currency)) {
                Error *error = error_new(ctx->arena, ERROR_FAILED_PRECONDITION, REASON_PRICE_UNAVAILABLE,
                                         "There is no price of %s in %s", wanted->sku, request->currency);

                ERROR_ADD_RECORD(ctx->arena, error, error_text("sku", wanted->sku));
                return error;
        }
        line->sku = wanted->sku;
        line->unit_price = proto_money_to_message(ctx->arena, wanted->base_price->minor + book->more_minor,
                                                  request->currency);
        line->tax_class = wanted->tax_class;
        return tax_line(ctx, request->tax_place, book, line);
}

static void discount_cart(Arena *arena, const char *currency, int64_t bulk_minor,
                          PricingV1CalculatePricesResponse *response) {
        PricingV1BulkDiscount *bulk = pricing_v1_bulk_discount_new(arena);

        bulk->name = "three and more";
        bulk->amount = proto_money_to_message(arena, bulk_minor, currency);
        response->bulk_discounts = ARENA_ARRAY(arena, PricingV1BulkDiscount *, 1);
        response->bulk_discounts[0] = bulk;
        response->n_bulk_discounts = bulk_minor > 0;
}

static const Error *calculate_prices(PricingService *self, Ctx *ctx,
                                     const PricingV1CalculatePricesRequest *request,
                                     PricingV1CalculatePricesResponse *response) {
        PriceBook *book = (PriceBook *) self;

        book->n_calls++;
        TRY(market_in_mood(ctx, (Mood) book->mood));
        response->n_lines = request->n_lines;
        response->lines = ARENA_ARRAY(ctx->arena, PricingV1PricedLine *, request->n_lines);
        for (size_t i = 0; i < request->n_lines; i++) {
                response->lines[i] = pricing_v1_priced_line_new(ctx->arena);
                TRY(price_line(ctx, request, book, i, response->lines[i]));
        }
        discount_cart(ctx->arena, request->currency, book->bulk_minor, response);
        response->rules_version = book->rules_version;
        response->as_of = google_protobuf_timestamp_new(ctx->arena);
        response->as_of->seconds = PRICE_BOOK_AS_OF_S + book->rules_version;
        return book->when_asked ? book->when_asked(book, ctx, request, response) : NULL;
}

void price_book_init(PriceBook *book) {
        *book = (PriceBook) { .base.calculate_prices = calculate_prices, .rules_version = 1 };
}

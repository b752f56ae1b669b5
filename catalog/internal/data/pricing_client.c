#include "data/pricing_client.h"

#include "base/callee.h"
#include "proto/values.h"

typedef struct PricingClient {
        Prices base;
        PricingService *pricing;
        CalleeMethod *calculate;
} PricingClient;

static PricingV1PriceLine *line_to_message(Arena *arena, const PriceLine *line) {
        PricingV1PriceLine *message = pricing_v1_price_line_new(arena);
        const Product *product = line->product;

        message->sku = product->sku;
        message->quantity = line->quantity;
        message->warehouse_id = line->warehouse_id;
        message->base_price = proto_money_to_message(arena, product->base_price_minor, product->currency);
        message->tax_class = product->tax_class;
        return message;
}

static PricingV1CalculatePricesRequest *request_of(Arena *arena, const PriceLine *lines, size_t n,
                                                   const CartTerms *terms) {
        PricingV1CalculatePricesRequest *request = pricing_v1_calculate_prices_request_new(arena);

        request->n_lines = n;
        request->lines = ARENA_ARRAY(arena, PricingV1PriceLine *, n);
        for (size_t i = 0; i < n; i++)
                request->lines[i] = line_to_message(arena, &lines[i]);
        request->currency = terms->currency;
        request->tier = str_or_empty(terms->tier);
        request->segments = (const char **) terms->segments;
        request->n_segments = terms->n_segments;
        return request;
}

/* An answer for other lines, or in another currency, is none. */
static const Error *read_answer(Arena *arena, const PricingV1CalculatePricesResponse *response,
                                const PriceLine *lines, size_t n, const char *currency,
                                ProductPrice *ret_prices) {
        if (response->n_lines != n)
                return error_internal(arena, NULL, "Asked for %zu prices, got %zu", n, response->n_lines);
        for (size_t i = 0; i < n; i++) {
                const CommonV1Money *unit = response->lines[i]->unit_price;
                const CommonV1Money *total = response->lines[i]->total_price;

                if (!unit || !total || !str_equal(unit->currency, currency) ||
                    !str_equal(total->currency, currency))
                        return error_internal(arena, NULL, "The price of %s is not in %s",
                                              lines[i].product->sku, currency);
                ret_prices[i] = (ProductPrice) {
                        .unit_minor = unit->minor,
                        .total_minor = total->minor,
                        .quantity = lines[i].quantity,
                        .currency = currency,
                        .rules_version = response->rules_version,
                        .as_of_us = proto_time_from_message(response->as_of),
                };
        }
        return NULL;
}

static const Error *calculate(Prices *self, Ctx *ctx, const PriceLine *lines, size_t n,
                              const CartTerms *terms, ProductPrice *ret_prices) {
        PricingClient *client = (PricingClient *) self;
        PricingV1CalculatePricesRequest *request = request_of(ctx->arena, lines, n, terms);
        PricingV1CalculatePricesResponse *response = pricing_v1_calculate_prices_response_new(ctx->arena);
        CalleeCall calling;

        TRY(callee_begin(client->calculate, ctx, &calling));
        const Error *error = client->pricing->calculate_prices(client->pricing, ctx, request, response);
        callee_end(&calling, error);
        TRY(error);
        return read_answer(ctx->arena, response, lines, n, terms->currency, ret_prices);
}

Prices *catalog_pricing_client_new(Arena *arena, PricingService *pricing) {
        PricingClient *client = ARENA_NEW(arena, PricingClient);

        *client = (PricingClient) {
                .base = { .calculate = calculate },
                .pricing = pricing,
                .calculate = callee_method_new(arena, callee_new(arena, "pricing"), "CalculatePrices"),
        };
        return &client->base;
}

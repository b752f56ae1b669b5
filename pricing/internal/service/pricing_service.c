#include "service/pricing_service.h"

#include "proto/cursor.h"
#include "proto/values.h"
#include "service/mapping.h"

typedef struct PricingHandlers {
        PricingService base;
        PricingUsecase *pricing;
} PricingHandlers;

static PricingUsecase *pricing_of(PricingService *self) {
        return ((PricingHandlers *) self)->pricing;
}

static const Error *handle_calculate_prices(PricingService *self, Ctx *ctx,
                                            const PricingV1CalculatePricesRequest *request,
                                            PricingV1CalculatePricesResponse *response) {
        Cart cart = pricing_cart_from_message(ctx->arena, request);
        PricedCart priced;

        TRY(pricing_calculate(pricing_of(self), ctx, &cart, &priced));
        pricing_cart_to_message(ctx->arena, &cart, &priced, response);
        return NULL;
}

static const Error *handle_explain_prices(PricingService *self, Ctx *ctx,
                                          const PricingV1ExplainPricesRequest *request,
                                          PricingV1ExplainPricesResponse *response) {
        Cart cart = pricing_cart_from_message(ctx->arena, request->cart);
        int64_t at_us = proto_time_from_message(request->as_of);
        PricedCart priced;

        cart.path = "cart.";
        TRY(pricing_explain(pricing_of(self), ctx, &cart, request->rules_version,
                            request->as_of ? &at_us : NULL, &priced));
        response->prices = pricing_v1_calculate_prices_response_new(ctx->arena);
        pricing_cart_to_message(ctx->arena, &cart, &priced, response->prices);
        response->currency = priced.currency;
        pricing_tried_to_message(ctx->arena, &priced, response);
        return NULL;
}

static const Error *handle_get_price(PricingService *self, Ctx *ctx, const PricingV1GetPriceRequest *request,
                                     PricingV1GetPriceResponse *response) {
        PricedCart priced;

        TRY(pricing_base_price(pricing_of(self), ctx, request->sku, request->currency, &priced));
        response->sku = request->sku;
        response->price = proto_money_to_message(ctx->arena, priced.subtotal_minor, priced.currency);
        response->currency = priced.currency;
        response->as_of = proto_time_to_message(ctx->arena, priced.as_of_us);
        return NULL;
}

static const Error *handle_set_base_price(PricingService *self, Ctx *ctx,
                                          const PricingV1SetBasePriceRequest *request,
                                          PricingV1SetBasePriceResponse *response) {
        PriceRule rule = pricing_base_price_from_message(request);

        return pricing_set_rule(pricing_of(self), ctx, &rule, &response->rule_id);
}

static const Error *handle_set_currency_rate(PricingService *self, Ctx *ctx,
                                             const PricingV1SetCurrencyRateRequest *request,
                                             PricingV1SetCurrencyRateResponse *response) {
        PriceRule rule = pricing_currency_rate_from_message(request);

        return pricing_set_rule(pricing_of(self), ctx, &rule, &response->rule_id);
}

static const Error *handle_set_warehouse_markup(PricingService *self, Ctx *ctx,
                                                const PricingV1SetWarehouseMarkupRequest *request,
                                                PricingV1SetWarehouseMarkupResponse *response) {
        PriceRule rule = pricing_warehouse_markup_from_message(request);

        return pricing_set_rule(pricing_of(self), ctx, &rule, &response->rule_id);
}

static const Error *handle_set_quantity_break(PricingService *self, Ctx *ctx,
                                              const PricingV1SetQuantityBreakRequest *request,
                                              PricingV1SetQuantityBreakResponse *response) {
        PriceRule rule = pricing_quantity_break_from_message(request);

        return pricing_set_rule(pricing_of(self), ctx, &rule, &response->rule_id);
}

static const Error *handle_set_price_list_entry(PricingService *self, Ctx *ctx,
                                                const PricingV1SetPriceListEntryRequest *request,
                                                PricingV1SetPriceListEntryResponse *response) {
        PriceRule rule = pricing_price_list_from_message(request);

        return pricing_set_rule(pricing_of(self), ctx, &rule, &response->rule_id);
}

static const Error *handle_set_bulk_discount(PricingService *self, Ctx *ctx,
                                             const PricingV1SetBulkDiscountRequest *request,
                                             PricingV1SetBulkDiscountResponse *response) {
        PriceRule rule = pricing_bulk_discount_from_message(request);

        return pricing_set_rule(pricing_of(self), ctx, &rule, &response->rule_id);
}

static const Error *handle_set_tax_rate(PricingService *self, Ctx *ctx,
                                        const PricingV1SetTaxRateRequest *request,
                                        PricingV1SetTaxRateResponse *response) {
        PriceRule rule = pricing_tax_rate_from_message(request);

        return pricing_set_rule(pricing_of(self), ctx, &rule, &response->rule_id);
}

static const Error *handle_end_rule(PricingService *self, Ctx *ctx, const PricingV1EndRuleRequest *request,
                                    PricingV1EndRuleResponse *response) {
        return pricing_end_rule(pricing_of(self), ctx, request->rule_id, &response->rule_id);
}

static const Error *read_cursor(Ctx *ctx, const char *cursor, int64_t *ret_before_id) {
        int64_t time_us, before_id;
        const char *id;

        TRY(proto_cursor_read(ctx->arena, cursor, &time_us, &id));
        if (!str_parse_int64(id, &before_id) || before_id < 1)
                return error_invalid(ctx->arena, "cursor", "must be the nextCursor of the page before");
        *ret_before_id = before_id;
        return NULL;
}

static void page_to_message(Arena *arena, const RulePage *page, PricingV1ListRulesResponse *response) {
        response->n_rules = page->n_rules;
        response->rules = ARENA_ARRAY(arena, PricingV1PriceRule *, page->n_rules);
        for (size_t i = 0; i < page->n_rules; i++)
                response->rules[i] = pricing_rule_to_message(arena, &page->rules[i]);
        if (page->has_more) {
                const PriceRule *last = &page->rules[page->n_rules - 1];

                response->next_cursor = proto_cursor_write(arena, last->created_at_us,
                                                           arena_printf(arena, "%lld", (long long) last->id));
        }
}

static const Error *handle_list_rules(PricingService *self, Ctx *ctx,
                                      const PricingV1ListRulesRequest *request,
                                      PricingV1ListRulesResponse *response) {
        RuleQuery query = {
                .kind = (PriceRuleKind) request->kind, .sku = request->sku, .limit = request->page_size
        };
        RulePage page;

        if (!str_is_empty(request->cursor))
                TRY(read_cursor(ctx, request->cursor, &query.before_id));
        TRY(pricing_list_rules(pricing_of(self), ctx, query, &page));
        page_to_message(ctx->arena, &page, response);
        return NULL;
}

PricingService *pricing_service_new(Arena *arena, PricingUsecase *pricing) {
        PricingHandlers *handlers = ARENA_NEW(arena, PricingHandlers);

        *handlers = (PricingHandlers) { .base = PRICING_SERVICE_IMPL(handle), .pricing = pricing };
        return &handlers->base;
}

#include "service/mapping.h"

#include "support.h"

static Arena *arena(void) {
        return test_ctx()->arena;
}

static GoogleProtobufTimestamp *second(int64_t seconds) {
        GoogleProtobufTimestamp *time = google_protobuf_timestamp_new(arena());

        time->seconds = seconds;
        return time;
}

TEST(a_cart_is_read_whole) {
        PricingV1CalculatePricesRequest *request = pricing_v1_calculate_prices_request_new(arena());
        PricingV1PriceLine *lines[] = { pricing_v1_price_line_new(arena()),
                                        pricing_v1_price_line_new(arena()) };
        const char *segments[] = { "vip" };

        lines[0]->sku = "SKU-A";
        lines[0]->quantity = 3;
        lines[0]->warehouse_id = "FAR";
        lines[0]->tax_class = "books";
        lines[0]->base_price = common_v1_money_new(arena());
        lines[0]->base_price->minor = 500;
        lines[0]->base_price->currency = "EUR";
        lines[1]->sku = "SKU-B";
        request->lines = lines;
        request->n_lines = 2;
        request->currency = "VND";
        request->tier = "gold";
        request->segments = segments;
        request->n_segments = 1;
        Cart cart = pricing_cart_from_message(arena(), request);
        ck_assert_uint_eq(cart.n_lines, 2);
        ck_assert_str_eq(cart.lines[0].sku, "SKU-A");
        ck_assert_int_eq(cart.lines[0].quantity, 3);
        ck_assert_str_eq(cart.lines[0].warehouse_id, "FAR");
        ck_assert_str_eq(cart.lines[0].tax_class, "books");
        ck_assert_int_eq(cart.lines[0].base_minor, 500);
        ck_assert_str_eq(cart.lines[0].base_currency, "EUR");
        ck_assert_ptr_null(cart.lines[1].base_currency);
        ck_assert_str_eq(cart.currency, "VND");
        ck_assert_str_eq(cart.tier, "gold");
        ck_assert_str_eq(cart.segments[0], "vip");
        ck_assert_ptr_null(cart.country);
        request->tax_place = pricing_v1_tax_place_new(arena());
        request->tax_place->country = "US";
        request->tax_place->state = "CA";
        cart = pricing_cart_from_message(arena(), request);
        ck_assert_str_eq(cart.country, "US");
        ck_assert_str_eq(cart.state, "CA");
}

TEST(a_priced_cart_is_shown_whole) {
        PriceRule tax = pricing_rule_of(PRICING_TAX_RATE), bulk = pricing_rule_of(PRICING_BULK_DISCOUNT);
        CartLine line = { .sku = "SKU-A", .quantity = 2, .tax_class = "" };
        Cart cart = { .lines = &line, .n_lines = 1 };
        PricedLine priced_line = {
                .unit_minor = 90,
                .total_minor = 180,
                .n_steps = 2,
                .steps = { { .kind = PRICING_STEP_CATALOG_PRICE, .after_minor = 100,
                             .after_currency = "USD" },
                           { .kind = PRICING_STEP_CONVERSION, .rule_id = 7, .before_minor = 100,
                             .before_currency = "USD", .after_minor = 90, .after_currency = "EUR" } },
                .tax = &tax,
        };
        PricedCart priced = { .currency = "EUR", .lines = &priced_line, .n_lines = 1, .n_bulk_discounts = 1,
                              .bulk_discounts = { { .rule = &bulk, .amount_minor = 9 } },
                              .subtotal_minor = 180, .rules_version = 12, .as_of_us = 5000000 };
        PricingV1CalculatePricesResponse *shown = pricing_v1_calculate_prices_response_new(arena());

        tax.tax_ppm = 82030;
        tax.taxes_shipping = true;
        bulk.id = 4;
        bulk.name = "two";
        pricing_cart_to_message(arena(), &cart, &priced, shown);
        ck_assert_str_eq(shown->lines[0]->sku, "SKU-A");
        ck_assert_int_eq(shown->lines[0]->unit_price->minor, 90);
        ck_assert_str_eq(shown->lines[0]->unit_price->currency, "EUR");
        ck_assert_int_eq(shown->lines[0]->total_price->minor, 180);
        ck_assert_str_eq(shown->lines[0]->tax_class, "standard");
        ck_assert_int_eq(shown->lines[0]->tax_ppm, 82030);
        ck_assert(shown->lines[0]->taxes_shipping);
        ck_assert_str_eq(shown->lines[0]->steps[0]->kind, "catalog_price");
        ck_assert_ptr_null(shown->lines[0]->steps[0]->before);
        ck_assert_str_eq(shown->lines[0]->steps[1]->kind, "conversion");
        ck_assert_int_eq(shown->lines[0]->steps[1]->rule_id, 7);
        ck_assert_str_eq(shown->lines[0]->steps[1]->before->currency, "USD");
        ck_assert_int_eq(shown->lines[0]->steps[1]->after->minor, 90);
        ck_assert_int_eq(shown->bulk_discounts[0]->rule_id, 4);
        ck_assert_str_eq(shown->bulk_discounts[0]->name, "two");
        ck_assert_int_eq(shown->bulk_discounts[0]->amount->minor, 9);
        ck_assert_int_eq(shown->subtotal->minor, 180);
        ck_assert_int_eq(shown->rules_version, 12);
        ck_assert_int_eq(shown->as_of->seconds, 5);
}

TEST(what_was_tried_says_where) {
        PriceRule rule = pricing_rule_of(PRICING_WAREHOUSE_MARKUP);
        TriedRule tried[] = { { .rule = &rule, .line = 1, .verdict = PRICING_RULE_NOT_BEST },
                              { .rule = &rule, .line = PRICING_WHOLE_CART, .verdict = PRICING_RULE_USED } };
        PricedCart priced = { .tried = tried, .n_tried = 2 };
        PricingV1ExplainPricesResponse *shown = pricing_v1_explain_prices_response_new(arena());

        pricing_tried_to_message(arena(), &priced, shown);
        ck_assert_str_eq(shown->tried[0]->place, "lines[1]");
        ck_assert_int_eq(shown->tried[0]->verdict, PRICING__V1__RULE_VERDICT__RULE_VERDICT_NOT_BEST);
        ck_assert_str_eq(shown->tried[1]->place, "");
}

TEST(a_time_that_is_absent_is_not_1970) {
        PricingV1SetWarehouseMarkupRequest *request = pricing_v1_set_warehouse_markup_request_new(arena());

        request->warehouse_id = "FAR";
        request->bp = 250;
        PriceRule rule = pricing_warehouse_markup_from_message(request);
        ck_assert_int_eq(rule.valid_from_us, PRICING_ALWAYS);
        ck_assert_int_eq(rule.valid_to_us, PRICING_NEVER);
        ck_assert_str_eq(rule.warehouse_id, "FAR");
        ck_assert_int_eq(rule.bp, 250);
        PricingV1PriceRule *shown = pricing_rule_to_message(arena(), &rule);
        ck_assert_ptr_null(shown->valid_from);
        ck_assert_ptr_null(shown->valid_to);
        request->valid_to = second(0);
        ck_assert_int_eq(pricing_warehouse_markup_from_message(request).valid_to_us, 0);
        request->valid_from = second(-1);
        ck_assert_int_eq(pricing_warehouse_markup_from_message(request).valid_from_us, -1000000);
}

TEST(a_price_or_a_share_is_told_apart_by_whether_an_amount_was_said) {
        PricingV1SetPriceListEntryRequest *list = pricing_v1_set_price_list_entry_request_new(arena());
        PricingV1SetQuantityBreakRequest *row = pricing_v1_set_quantity_break_request_new(arena());

        list->tier = "gold";
        list->bp = 100;
        list->currency = "USD";
        ck_assert(!pricing_price_list_from_message(list).is_fixed);
        list->price_case = PRICING__V1__SET_PRICE_LIST_ENTRY_REQUEST__PRICE_AMOUNT_MINOR;
        PriceRule rule = pricing_price_list_from_message(list);
        ck_assert(rule.is_fixed);
        ck_assert_int_eq(rule.amount_minor, 0);
        ck_assert_int_eq(rule.kind, PRICING_PRICE_LIST);
        ck_assert_str_eq(rule.tier, "gold");
        row->min_quantity = 10;
        row->currency = "USD";
        ck_assert(!pricing_quantity_break_from_message(row).is_fixed);
        row->price_case = PRICING__V1__SET_QUANTITY_BREAK_REQUEST__PRICE_AMOUNT_MINOR;
        row->amount_minor = 5;
        rule = pricing_quantity_break_from_message(row);
        ck_assert(rule.is_fixed);
        ck_assert_int_eq(rule.min_quantity, 10);
        ck_assert_int_eq(rule.amount_minor, 5);
}

/* The message lacks nothing but that field. */
static void assert_required(const MessageInfo *info, const ProtobufCMessage *message, const char *field) {
        const Error *error =
                ck_assert_reason(proto_message_validate(arena(), info, message), REASON_INVALID_REQUEST);

        ck_assert_uint_eq(error->n_violations, 1);
        ck_assert_str_eq(error->violations[0].field, field);
        ck_assert_str_eq(error->violations[0].description, "is required");
}

TEST(a_price_a_markup_and_a_tax_of_0_must_be_said) {
        PricingV1SetBasePriceRequest *base = pricing_v1_set_base_price_request_new(arena());
        PricingV1SetWarehouseMarkupRequest *markup = pricing_v1_set_warehouse_markup_request_new(arena());
        PricingV1SetTaxRateRequest *tax = pricing_v1_set_tax_rate_request_new(arena());

        base->sku = "SKU-A", base->product_id = "PROD-1", base->currency = "USD";
        markup->warehouse_id = "FAR";
        tax->country = "US";
        assert_required(&pricing_v1_set_base_price_request_info, &base->base, "amountMinor");
        assert_required(&pricing_v1_set_warehouse_markup_request_info, &markup->base, "bp");
        assert_required(&pricing_v1_set_tax_rate_request_info, &tax->base, "taxPpm");
        base->price_case = PRICING__V1__SET_BASE_PRICE_REQUEST__PRICE_AMOUNT_MINOR;
        markup->markup_case = PRICING__V1__SET_WAREHOUSE_MARKUP_REQUEST__MARKUP_BP;
        tax->rate_case = PRICING__V1__SET_TAX_RATE_REQUEST__RATE_TAX_PPM;
        ck_assert_ok(proto_message_validate(arena(), &pricing_v1_set_base_price_request_info, &base->base));
        ck_assert_ok(proto_message_validate(arena(), &pricing_v1_set_warehouse_markup_request_info,
                                            &markup->base));
        ck_assert_ok(proto_message_validate(arena(), &pricing_v1_set_tax_rate_request_info, &tax->base));
}

TEST(the_other_rules_are_read_whole) {
        PricingV1SetBasePriceRequest *base = pricing_v1_set_base_price_request_new(arena());
        PricingV1SetCurrencyRateRequest *rate = pricing_v1_set_currency_rate_request_new(arena());
        PricingV1SetBulkDiscountRequest *bulk = pricing_v1_set_bulk_discount_request_new(arena());
        PricingV1SetTaxRateRequest *tax = pricing_v1_set_tax_rate_request_new(arena());

        base->sku = "SKU-A";
        base->product_id = "PROD-1";
        base->currency = "USD";
        base->amount_minor = 9;
        PriceRule rule = pricing_base_price_from_message(base);
        ck_assert(rule.is_fixed);
        ck_assert_str_eq(rule.product_id, "PROD-1");
        ck_assert_int_eq(rule.amount_minor, 9);
        rate->from_currency = "USD";
        rate->to_currency = "EUR";
        rate->rate_ppb = 920000000;
        rate->source = "ECB";
        rate->rate_as_of = second(3);
        rule = pricing_currency_rate_from_message(rate);
        PricingV1PriceRule *shown = pricing_rule_to_message(arena(), &rule);
        ck_assert_str_eq(shown->currency, "USD");
        ck_assert_str_eq(shown->to_currency, "EUR");
        ck_assert_int_eq(shown->rate_ppb, 920000000);
        ck_assert_str_eq(shown->source, "ECB");
        ck_assert_int_eq(shown->rate_as_of->seconds, 3);
        ck_assert_ptr_null(shown->amount);
        bulk->name = "ten";
        bulk->min_subtotal_minor = 10;
        bulk->currency = "USD";
        bulk->bp = 5;
        rule = pricing_bulk_discount_from_message(bulk);
        ck_assert(!rule.is_fixed);
        ck_assert_int_eq(pricing_rule_to_message(arena(), &rule)->min_subtotal->minor, 10);
        tax->country = "US";
        tax->tax_ppm = 5;
        ck_assert_str_eq(pricing_tax_rate_from_message(tax).tax_class, "standard");
        tax->tax_class = "books";
        ck_assert_str_eq(pricing_tax_rate_from_message(tax).tax_class, "books");
}

int main(void) {
        Suite *suite = suite_create("pricing/mapping");
        TCase *tests = tcase_create("mapping");

        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}

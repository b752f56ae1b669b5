#include "offer.h"
#include "service/mapping.h"

TEST(a_cart_line_is_read_whole) {
        Ctx *ctx = test_ctx();
        PromotionV1CartLine *message = promotion_v1_cart_line_new(ctx->arena);
        const char *categories[] = { "CAT-1", "CAT-2" };

        message->sku = "SKU-1", message->product_id = "PROD-1";
        message->category_ids = categories, message->n_category_ids = 2;
        message->quantity = 9999, message->unit_price_minor = 24999;
        CartLine *lines = promotion_lines_from_message(ctx->arena, &message, 1);
        ck_assert_str_eq(lines[0].sku, "SKU-1");
        ck_assert_str_eq(lines[0].product_id, "PROD-1");
        ck_assert_uint_eq(lines[0].category_ids.n, 2);
        ck_assert_str_eq(lines[0].category_ids.ids[1], "CAT-2");
        ck_assert_int_eq(lines[0].quantity, 9999);
        ck_assert_int_eq(lines[0].unit_price_minor, 24999);
}

TEST(a_price_of_nothing_must_be_said) {
        Ctx *ctx = test_ctx();
        PromotionV1CartLine *line = promotion_v1_cart_line_new(ctx->arena);

        line->sku = "SKU-1", line->quantity = 1;
        const Error *error = ck_assert_reason(
                proto_message_validate(ctx->arena, &promotion_v1_cart_line_info, &line->base),
                REASON_INVALID_REQUEST);
        ck_assert_uint_eq(error->n_violations, 1);
        ck_assert_str_eq(error->violations[0].field, "unitPriceMinor");
        line->price_case = PROMOTION__V1__CART_LINE__PRICE_UNIT_PRICE_MINOR;
        ck_assert_ok(proto_message_validate(ctx->arena, &promotion_v1_cart_line_info, &line->base));
}

TEST(a_use_is_read_whole) {
        Ctx *ctx = test_ctx();
        PromotionV1UsageLine *message = promotion_v1_usage_line_new(ctx->arena);

        message->campaign_id = "CMP-1", message->version = 3, message->amount_minor = 6500;
        UsageLine *lines = promotion_uses_from_message(ctx->arena, &message, 1);
        ck_assert_str_eq(lines[0].campaign_id, "CMP-1");
        ck_assert_int_eq(lines[0].version, 3);
        ck_assert_int_eq(lines[0].amount_minor, 6500);
}

/* No two fields are alike, so that none can stand for another. */
static Campaign full_campaign(void) {
        return (Campaign) {
                .campaign_id = "CMP-1",
                .version = 2,
                .rules = { .type = CAMPAIGN_CUSTOMER,
                           .discount_type = DISCOUNT_BUY_X_GET_Y,
                           .description = "two for one",
                           .code = "TWO",
                           .currency = "USD",
                           .percent_bp = 3,
                           .amount_minor = 4,
                           .buy_quantity = 5,
                           .get_quantity = 6,
                           .get_product_id = "PROD-2",
                           .starts_at_us = 7000000,
                           .ends_at_us = 8000000,
                           .minimum_minor = 9,
                           .maximum_minor = 10,
                           .tiers = ID_LIST("gold"),
                           .segments = ID_LIST("vip", "new"),
                           .product_ids = ID_LIST("P1", "P2", "P3"),
                           .category_ids = ID_LIST("C1", "C2", "C3", "C4"),
                           .max_uses = 11,
                           .max_uses_per_customer = 12,
                           .budget_minor = 13,
                           .priority = 14,
                           .is_exclusive = true },
                .uses = 15,
                .spent_minor = 16,
                .created_at_us = 17000000,
                .changed_at_us = 18000000,
        };
}

static void ck_assert_same_ids(IdList a, IdList b) {
        ck_assert_uint_eq(a.n, b.n);
        for (size_t i = 0; i < a.n; i++)
                ck_assert_str_eq(a.ids[i], b.ids[i]);
}

TEST(rules_come_back_as_they_were_shown) {
        Campaign campaign = full_campaign();
        const CampaignRules *was = &campaign.rules;
        PromotionV1Campaign *message = promotion_campaign_to_message(test_ctx()->arena, &campaign);
        CampaignRules is;

        ck_assert_ok(promotion_rules_from_message(test_ctx()->arena, message->rules, &is));
        ck_assert_int_eq(is.type, was->type);
        ck_assert_int_eq(is.discount_type, was->discount_type);
        ck_assert_str_eq(is.description, was->description);
        ck_assert_str_eq(is.code, was->code);
        ck_assert_str_eq(is.currency, was->currency);
        ck_assert_int_eq(is.percent_bp, was->percent_bp);
        ck_assert_int_eq(is.amount_minor, was->amount_minor);
        ck_assert_int_eq(is.buy_quantity, was->buy_quantity);
        ck_assert_int_eq(is.get_quantity, was->get_quantity);
        ck_assert_str_eq(is.get_product_id, was->get_product_id);
        ck_assert_int_eq(is.starts_at_us, was->starts_at_us);
        ck_assert_int_eq(is.ends_at_us, was->ends_at_us);
        ck_assert_int_eq(is.minimum_minor, was->minimum_minor);
        ck_assert_int_eq(is.maximum_minor, was->maximum_minor);
        ck_assert_same_ids(is.tiers, was->tiers);
        ck_assert_same_ids(is.segments, was->segments);
        ck_assert_same_ids(is.product_ids, was->product_ids);
        ck_assert_same_ids(is.category_ids, was->category_ids);
        ck_assert_int_eq(is.max_uses, was->max_uses);
        ck_assert_int_eq(is.max_uses_per_customer, was->max_uses_per_customer);
        ck_assert_int_eq(is.budget_minor, was->budget_minor);
        ck_assert_int_eq(is.priority, was->priority);
        ck_assert(is.is_exclusive);
}

TEST(a_campaign_is_shown_whole) {
        Campaign campaign = full_campaign();
        PromotionV1Campaign *message = promotion_campaign_to_message(test_ctx()->arena, &campaign);

        ck_assert_str_eq(message->campaign_id, "CMP-1");
        ck_assert_int_eq(message->version, 2);
        ck_assert_str_eq(message->rules->type, "customer");
        ck_assert_str_eq(message->rules->discount_type, "buy_x_get_y");
        ck_assert_int_eq(message->uses, 15);
        ck_assert_int_eq(message->spent_minor, 16);
        ck_assert_int_eq(message->created_at->seconds, 17);
        ck_assert_int_eq(message->changed_at->seconds, 18);
}

TEST(rules_without_times_and_codes_have_none) {
        PromotionV1CampaignRules *message = promotion_v1_campaign_rules_new(test_ctx()->arena);
        CampaignRules rules;

        message->type = "cart", message->discount_type = "percentage";
        ck_assert_ok(promotion_rules_from_message(test_ctx()->arena, message, &rules));
        ck_assert_int_eq(rules.starts_at_us, 0);
        ck_assert_int_eq(rules.ends_at_us, 0);
        ck_assert_ptr_null(rules.code);
        ck_assert_ptr_null(rules.currency);
        ck_assert_ptr_null(rules.get_product_id);
}

/* Each would be taken for none, or name nothing that anybody sees. */
TEST(times_of_1970_and_ids_that_nobody_sees_are_refused) {
        static const char *const fields[] = { "startsAt", "endsAt", "getProductId", "tiers[0]", "segments[1]",
                                              "productIds[0]", "categoryIds[0]" };
        PromotionV1CampaignRules *message = promotion_v1_campaign_rules_new(test_ctx()->arena);

        message->type = "cart", message->discount_type = "percentage", message->description = "one";
        message->get_product_id = "PROD-1\xe2\x80\x8b";
        message->tiers = (const char *[]) { "" }, message->n_tiers = 1;
        message->segments = (const char *[]) { "vip", "a b" }, message->n_segments = 2;
        message->product_ids = (const char *[]) { " PROD-1" }, message->n_product_ids = 1;
        message->category_ids = (const char *[]) { "a\nb" }, message->n_category_ids = 1;
        message->starts_at = message->ends_at = google_protobuf_timestamp_new(test_ctx()->arena);
        const Error *error = ck_assert_reason(
                proto_message_validate(test_ctx()->arena, &promotion_v1_campaign_rules_info, &message->base),
                REASON_INVALID_REQUEST);
        ck_assert_uint_eq(error->n_violations, ARRAY_SIZE(fields));
        for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
                bool is_told = false;

                for (size_t k = 0; k < error->n_violations; k++)
                        is_told |= str_equal(error->violations[k].field, fields[i]);
                ck_assert_msg(is_told, "%s", fields[i]);
        }
}

/* One that applies; one without a code, one with, one that does not exist. */
static Evaluation evaluation_of(const Campaign *campaign, const Campaign *automatic) {
        static AppliedCampaign applied;
        static RefusedCampaign refused[3];
        static const int64_t amounts[] = { 5000, 1500 };

        applied = (AppliedCampaign) {
                .campaign = campaign, .amount_minor = 6500, .line_amounts_minor = amounts
        };
        refused[0] = (RefusedCampaign) { .campaign = automatic, .refusal = REFUSAL_NOT_ELIGIBLE };
        refused[1] = (RefusedCampaign) { .campaign = campaign, .code = "TWO", .refusal = REFUSAL_EXPIRED };
        refused[2] = (RefusedCampaign) { .code = "NONE", .refusal = REFUSAL_UNKNOWN_CODE };
        return (Evaluation) {
                .applied = &applied, .n_applied = 1, .refused = refused, .n_refused = 3,
                .total_minor = 6500, .is_best = true, .at_us = 1723300200000000,
        };
}

TEST(an_evaluation_is_shown_whole) {
        Campaign campaign = full_campaign(), automatic = candidate("CMP-2", ten_percent()).campaign;
        Evaluation evaluation = evaluation_of(&campaign, &automatic);
        Cart cart = { .currency = "USD", .n_lines = 2 };
        PromotionV1EvaluateResponse *response = promotion_v1_evaluate_response_new(test_ctx()->arena);

        promotion_evaluation_to_message(test_ctx()->arena, &evaluation, &cart, response);
        ck_assert_uint_eq(response->n_applied, 1);
        ck_assert_str_eq(response->applied[0]->campaign_id, "CMP-1");
        ck_assert_int_eq(response->applied[0]->version, 2);
        ck_assert_str_eq(response->applied[0]->code, "TWO");
        ck_assert_str_eq(response->applied[0]->description, "two for one");
        ck_assert_int_eq(response->applied[0]->amount->minor, 6500);
        ck_assert_str_eq(response->applied[0]->amount->currency, "USD");
        ck_assert_uint_eq(response->applied[0]->n_line_amounts, 2);
        ck_assert_int_eq(response->applied[0]->line_amounts[1]->minor, 1500);
        ck_assert_uint_eq(response->n_refused, 3);
        ck_assert_str_eq(response->refused[0]->campaign_id, "CMP-2");
        ck_assert_int_eq(response->refused[0]->version, 1);
        ck_assert_str_eq(response->refused[0]->code, "");
        ck_assert_int_eq(response->refused[1]->reason, PROMOTION__V1__REFUSAL__REFUSAL_EXPIRED);
        ck_assert_str_eq(response->refused[2]->code, "NONE");
        ck_assert_str_eq(response->refused[2]->campaign_id, "");
        ck_assert_int_eq(response->total->minor, 6500);
        ck_assert(response->is_best);
        ck_assert_int_eq(response->evaluated_at->seconds, 1723300200);
}

TEST(a_customer_sees_what_applies_and_his_codes) {
        Campaign campaign = full_campaign(), automatic = candidate("CMP-2", ten_percent()).campaign;
        Evaluation evaluation = evaluation_of(&campaign, &automatic);
        PromotionV1ListApplicableResponse *response =
                promotion_v1_list_applicable_response_new(test_ctx()->arena);

        promotion_applicable_to_message(test_ctx()->arena, &evaluation, "USD", response);
        ck_assert_uint_eq(response->n_promotions, 3);
        ck_assert(response->promotions[0]->applicable);
        ck_assert_int_eq(response->promotions[0]->discount->minor, 6500);
        ck_assert_str_eq(response->promotions[0]->description, "two for one");
        ck_assert(!response->promotions[1]->applicable);
        ck_assert_ptr_null(response->promotions[1]->discount);
        ck_assert_int_eq(response->promotions[1]->reason, PROMOTION__V1__REFUSAL__REFUSAL_EXPIRED);
        ck_assert_str_eq(response->promotions[2]->code, "NONE");
        ck_assert_str_eq(response->promotions[2]->description, "");
        ck_assert_int_eq(response->total->minor, 6500);
}

TEST(a_usage_is_shown_whole) {
        UsageLine line = { .campaign_id = "CMP-1", .version = 3, .amount_minor = 6500 };
        Usage usage = { .order_id = "ORD-1", .customer_id = "CUST-1", .currency = "USD",
                        .status = USAGE_COMMITTED, .expires_at_us = 1723300200000000, .lines = &line,
                        .n_lines = 1 };
        PromotionV1Usage *message = promotion_usage_to_message(test_ctx()->arena, &usage);

        ck_assert_str_eq(message->order_id, "ORD-1");
        ck_assert_str_eq(message->customer_id, "CUST-1");
        ck_assert_str_eq(message->currency, "USD");
        ck_assert_int_eq(message->status, PROMOTION__V1__USAGE_STATUS__USAGE_STATUS_COMMITTED);
        ck_assert_int_eq(message->expires_at->seconds, 1723300200);
        ck_assert_uint_eq(message->n_lines, 1);
        ck_assert_str_eq(message->lines[0]->campaign_id, "CMP-1");
        ck_assert_int_eq(message->lines[0]->version, 3);
        ck_assert_int_eq(message->lines[0]->amount_minor, 6500);
}

TEST(every_status_has_its_own) {
        static const UsageStatus statuses[] = { USAGE_NONE, USAGE_HELD, USAGE_COMMITTED, USAGE_RELEASED,
                                                USAGE_EXPIRED };
        PromotionV1UsageStatus *messages = promotion_statuses_to_message(test_ctx()->arena, statuses, 5);

        for (int i = 0; i < 5; i++)
                ck_assert_int_eq(messages[i], i);
}

int main(void) {
        Suite *suite = suite_create("promotion/mapping");
        TCase *tests = tcase_create("mapping");

        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}

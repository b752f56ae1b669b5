#include "service/mapping.h"

#include "proto/values.h"

SAME_NUMBER(USAGE_NONE, PROMOTION__V1__USAGE_STATUS__USAGE_STATUS_UNSPECIFIED);
SAME_NUMBER(USAGE_HELD, PROMOTION__V1__USAGE_STATUS__USAGE_STATUS_HELD);
SAME_NUMBER(USAGE_COMMITTED, PROMOTION__V1__USAGE_STATUS__USAGE_STATUS_COMMITTED);
SAME_NUMBER(USAGE_RELEASED, PROMOTION__V1__USAGE_STATUS__USAGE_STATUS_RELEASED);
SAME_NUMBER(USAGE_EXPIRED, PROMOTION__V1__USAGE_STATUS__USAGE_STATUS_EXPIRED);
SAME_NUMBER(REFUSAL_NONE, PROMOTION__V1__REFUSAL__REFUSAL_UNSPECIFIED);
SAME_NUMBER(REFUSAL_UNKNOWN_CODE, PROMOTION__V1__REFUSAL__REFUSAL_UNKNOWN_CODE);
SAME_NUMBER(REFUSAL_NOT_STARTED, PROMOTION__V1__REFUSAL__REFUSAL_NOT_STARTED);
SAME_NUMBER(REFUSAL_EXPIRED, PROMOTION__V1__REFUSAL__REFUSAL_EXPIRED);
SAME_NUMBER(REFUSAL_OTHER_CURRENCY, PROMOTION__V1__REFUSAL__REFUSAL_OTHER_CURRENCY);
SAME_NUMBER(REFUSAL_NOT_ELIGIBLE, PROMOTION__V1__REFUSAL__REFUSAL_NOT_ELIGIBLE);
SAME_NUMBER(REFUSAL_MIN_ORDER_NOT_MET, PROMOTION__V1__REFUSAL__REFUSAL_MIN_ORDER_NOT_MET);
SAME_NUMBER(REFUSAL_USAGE_LIMIT_REACHED, PROMOTION__V1__REFUSAL__REFUSAL_USAGE_LIMIT_REACHED);
SAME_NUMBER(REFUSAL_BUDGET_EXHAUSTED, PROMOTION__V1__REFUSAL__REFUSAL_BUDGET_EXHAUSTED);
SAME_NUMBER(REFUSAL_NOT_STACKABLE, PROMOTION__V1__REFUSAL__REFUSAL_NOT_STACKABLE);

CartLine *promotion_lines_from_message(Arena *arena, PromotionV1CartLine *const *messages, size_t n_lines) {
        CartLine *lines = ARENA_ARRAY(arena, CartLine, n_lines);

        for (size_t i = 0; i < n_lines; i++)
                lines[i] = (CartLine) {
                        .sku = messages[i]->sku,
                        .product_id = messages[i]->product_id,
                        .category_ids = { messages[i]->category_ids, messages[i]->n_category_ids },
                        .quantity = messages[i]->quantity,
                        .unit_price_minor = messages[i]->unit_price_minor,
                };
        return lines;
}

UsageLine *promotion_uses_from_message(Arena *arena, PromotionV1UsageLine *const *messages, size_t n_lines) {
        UsageLine *lines = ARENA_ARRAY(arena, UsageLine, n_lines);

        for (size_t i = 0; i < n_lines; i++)
                lines[i] = (UsageLine) {
                        .campaign_id = messages[i]->campaign_id,
                        .version = messages[i]->version,
                        .amount_minor = messages[i]->amount_minor,
                };
        return lines;
}

const Error *promotion_rules_from_message(Arena *arena, const PromotionV1CampaignRules *message,
                                          CampaignRules *ret_rules) {
        CampaignRules rules = {
                .description = message->description,
                .code = str_or_null(message->code),
                .currency = str_or_null(message->currency),
                .percent_bp = message->percent_bp,
                .amount_minor = message->amount_minor,
                .buy_quantity = message->buy_quantity,
                .get_quantity = message->get_quantity,
                .get_product_id = str_or_null(message->get_product_id),
                .starts_at_us = proto_time_from_message(message->starts_at),
                .ends_at_us = proto_time_from_message(message->ends_at),
                .minimum_minor = message->minimum_minor,
                .maximum_minor = message->maximum_minor,
                .tiers = { message->tiers, message->n_tiers },
                .segments = { message->segments, message->n_segments },
                .product_ids = { message->product_ids, message->n_product_ids },
                .category_ids = { message->category_ids, message->n_category_ids },
                .max_uses = message->max_uses,
                .max_uses_per_customer = message->max_uses_per_customer,
                .budget_minor = message->budget_minor,
                .priority = message->priority,
                .is_exclusive = message->is_exclusive,
        };

        TRY(promotion_read_type(arena, message->type, &rules.type));
        TRY(promotion_read_discount(arena, message->discount_type, &rules.discount_type));
        *ret_rules = rules;
        return NULL;
}

static PromotionV1CampaignRules *rules_to_message(Arena *arena, const CampaignRules *rules) {
        PromotionV1CampaignRules *message = promotion_v1_campaign_rules_new(arena);

        message->type = promotion_type_word(rules->type);
        message->discount_type = promotion_discount_word(rules->discount_type);
        message->description = rules->description;
        message->code = str_or_empty(rules->code);
        message->currency = str_or_empty(rules->currency);
        message->percent_bp = rules->percent_bp;
        message->amount_minor = rules->amount_minor;
        message->buy_quantity = rules->buy_quantity;
        message->get_quantity = rules->get_quantity;
        message->get_product_id = str_or_empty(rules->get_product_id);
        message->starts_at = proto_time_to_message(arena, rules->starts_at_us);
        message->ends_at = proto_time_to_message(arena, rules->ends_at_us);
        message->minimum_minor = rules->minimum_minor;
        message->maximum_minor = rules->maximum_minor;
        message->tiers = (const char **) rules->tiers.ids, message->n_tiers = rules->tiers.n;
        message->segments = (const char **) rules->segments.ids, message->n_segments = rules->segments.n;
        message->product_ids = (const char **) rules->product_ids.ids;
        message->n_product_ids = rules->product_ids.n;
        message->category_ids = (const char **) rules->category_ids.ids;
        message->n_category_ids = rules->category_ids.n;
        message->max_uses = rules->max_uses;
        message->max_uses_per_customer = rules->max_uses_per_customer;
        message->budget_minor = rules->budget_minor;
        message->priority = rules->priority;
        message->is_exclusive = rules->is_exclusive;
        return message;
}

PromotionV1Campaign *promotion_campaign_to_message(Arena *arena, const Campaign *campaign) {
        PromotionV1Campaign *message = promotion_v1_campaign_new(arena);

        message->campaign_id = campaign->campaign_id;
        message->version = campaign->version;
        message->rules = rules_to_message(arena, &campaign->rules);
        message->uses = campaign->uses;
        message->spent_minor = campaign->spent_minor;
        message->created_at = proto_time_to_message(arena, campaign->created_at_us);
        message->changed_at = proto_time_to_message(arena, campaign->changed_at_us);
        return message;
}

static PromotionV1AppliedPromotion *applied_to_message(Arena *arena, const AppliedCampaign *applied,
                                                       const Cart *cart) {
        PromotionV1AppliedPromotion *message = promotion_v1_applied_promotion_new(arena);
        const Campaign *campaign = applied->campaign;

        message->campaign_id = campaign->campaign_id;
        message->version = campaign->version;
        message->code = str_or_empty(campaign->rules.code);
        message->description = campaign->rules.description;
        message->amount = proto_money_to_message(arena, applied->amount_minor, cart->currency);
        message->n_line_amounts = cart->n_lines;
        message->line_amounts = ARENA_ARRAY(arena, CommonV1Money *, cart->n_lines);
        for (size_t i = 0; i < cart->n_lines; i++)
                message->line_amounts[i] =
                        proto_money_to_message(arena, applied->line_amounts_minor[i], cart->currency);
        return message;
}

static PromotionV1RefusedPromotion *refused_to_message(Arena *arena, const RefusedCampaign *refused) {
        PromotionV1RefusedPromotion *message = promotion_v1_refused_promotion_new(arena);

        message->code = str_or_empty(refused->code);
        message->reason = (PromotionV1Refusal) refused->refusal;
        if (refused->campaign) {
                message->campaign_id = refused->campaign->campaign_id;
                message->version = refused->campaign->version;
                message->description = refused->campaign->rules.description;
        }
        return message;
}

void promotion_evaluation_to_message(Arena *arena, const Evaluation *evaluation, const Cart *cart,
                                     PromotionV1EvaluateResponse *response) {
        response->n_applied = evaluation->n_applied;
        response->applied = ARENA_ARRAY(arena, PromotionV1AppliedPromotion *, evaluation->n_applied);
        for (size_t i = 0; i < evaluation->n_applied; i++)
                response->applied[i] = applied_to_message(arena, &evaluation->applied[i], cart);
        response->n_refused = evaluation->n_refused;
        response->refused = ARENA_ARRAY(arena, PromotionV1RefusedPromotion *, evaluation->n_refused);
        for (size_t i = 0; i < evaluation->n_refused; i++)
                response->refused[i] = refused_to_message(arena, &evaluation->refused[i]);
        response->total = proto_money_to_message(arena, evaluation->total_minor, cart->currency);
        response->is_best = evaluation->is_best;
        response->evaluated_at = proto_time_to_message(arena, evaluation->at_us);
}

static PromotionV1ApplicablePromotion *applies(Arena *arena, const AppliedCampaign *applied,
                                               const char *currency) {
        PromotionV1ApplicablePromotion *message = promotion_v1_applicable_promotion_new(arena);
        const CampaignRules *rules = &applied->campaign->rules;

        message->code = str_or_empty(rules->code);
        message->description = rules->description;
        message->discount = proto_money_to_message(arena, applied->amount_minor, currency);
        message->applicable = true;
        return message;
}

static PromotionV1ApplicablePromotion *does_not_apply(Arena *arena, const RefusedCampaign *refused) {
        PromotionV1ApplicablePromotion *message = promotion_v1_applicable_promotion_new(arena);

        message->code = str_or_empty(refused->code);
        message->description = refused->campaign ? refused->campaign->rules.description : "";
        message->reason = (PromotionV1Refusal) refused->refusal;
        return message;
}

void promotion_applicable_to_message(Arena *arena, const Evaluation *evaluation, const char *currency,
                                     PromotionV1ListApplicableResponse *response) {
        size_t n = evaluation->n_applied + evaluation->n_refused;

        response->promotions = ARENA_ARRAY(arena, PromotionV1ApplicablePromotion *, n);
        for (size_t i = 0; i < evaluation->n_applied; i++)
                response->promotions[response->n_promotions++] =
                        applies(arena, &evaluation->applied[i], currency);
        for (size_t i = 0; i < evaluation->n_refused; i++)
                if (promotion_is_shown(&evaluation->refused[i]))
                        response->promotions[response->n_promotions++] =
                                does_not_apply(arena, &evaluation->refused[i]);
        response->total = proto_money_to_message(arena, evaluation->total_minor, currency);
}

PromotionV1Usage *promotion_usage_to_message(Arena *arena, const Usage *usage) {
        PromotionV1Usage *message = promotion_v1_usage_new(arena);

        message->order_id = usage->order_id;
        message->customer_id = usage->customer_id;
        message->currency = usage->currency;
        message->status = (PromotionV1UsageStatus) usage->status;
        message->expires_at = proto_time_to_message(arena, usage->expires_at_us);
        message->n_lines = usage->n_lines;
        message->lines = ARENA_ARRAY(arena, PromotionV1UsageLine *, usage->n_lines);
        for (size_t i = 0; i < usage->n_lines; i++) {
                message->lines[i] = promotion_v1_usage_line_new(arena);
                message->lines[i]->campaign_id = usage->lines[i].campaign_id;
                message->lines[i]->version = usage->lines[i].version;
                message->lines[i]->amount_minor = usage->lines[i].amount_minor;
        }
        return message;
}

PromotionV1UsageStatus *promotion_statuses_to_message(Arena *arena, const UsageStatus *statuses,
                                                      size_t n_statuses) {
        PromotionV1UsageStatus *messages = ARENA_ARRAY(arena, PromotionV1UsageStatus, n_statuses);

        for (size_t i = 0; i < n_statuses; i++)
                messages[i] = (PromotionV1UsageStatus) statuses[i];
        return messages;
}

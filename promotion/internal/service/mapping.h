/* Messages of promotions and what they mean to the business, one function per message. */
#pragma once

#include "biz/promotion/usage.h"
#include "promotion/v1/promotion.rpc.h"

/* Texts are borrowed from the messages. */
CartLine *promotion_lines_from_message(Arena *arena, PromotionV1CartLine *const *messages, size_t n_lines);
UsageLine *promotion_uses_from_message(Arena *arena, PromotionV1UsageLine *const *messages, size_t n_lines);

/* errors: internal, for a word that its field should not allow */
const Error *promotion_rules_from_message(Arena *arena, const PromotionV1CampaignRules *message,
                                          CampaignRules *ret_rules) MUST_CHECK;

PromotionV1Campaign *promotion_campaign_to_message(Arena *arena, const Campaign *campaign);

/* cart: that was evaluated */
void promotion_evaluation_to_message(Arena *arena, const Evaluation *evaluation, const Cart *cart,
                                     PromotionV1EvaluateResponse *response);

/* The same as its customer sees it. */
void promotion_applicable_to_message(Arena *arena, const Evaluation *evaluation, const char *currency,
                                     PromotionV1ListApplicableResponse *response);

PromotionV1Usage *promotion_usage_to_message(Arena *arena, const Usage *usage);
PromotionV1UsageStatus *promotion_statuses_to_message(Arena *arena, const UsageStatus *statuses,
                                                      size_t n_statuses);

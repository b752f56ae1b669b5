#include "service/promotion_service.h"

#include "proto/cursor.h"
#include "proto/room.h"
#include "service/mapping.h"

typedef struct PromotionHandlers {
        PromotionService base;
        CampaignUsecase *campaigns;
        UsageUsecase *usages;
} PromotionHandlers;

static CampaignUsecase *campaigns_of(PromotionService *self) {
        return ((PromotionHandlers *) self)->campaigns;
}

static UsageUsecase *usages_of(PromotionService *self) {
        return ((PromotionHandlers *) self)->usages;
}

Bytes promotion_service_snapshot(Ctx *ctx, const Campaign *campaign) {
        PromotionV1CreateCampaignResponse *response = promotion_v1_create_campaign_response_new(ctx->arena);

        response->campaign = promotion_campaign_to_message(ctx->arena, campaign);
        return proto_message_pack(ctx->arena, &response->base);
}

static const Error *handle_evaluate(PromotionService *self, Ctx *ctx,
                                    const PromotionV1EvaluateRequest *request,
                                    PromotionV1EvaluateResponse *response) {
        Shopper shopper = {
                .customer_id = request->customer_id,
                .tier = str_or_null(request->tier),
                .segments = { request->segments, request->n_segments },
        };
        Cart cart = {
                .currency = request->currency,
                .lines = promotion_lines_from_message(ctx->arena, request->lines, request->n_lines),
                .n_lines = request->n_lines,
        };
        IdList codes = { request->codes, request->n_codes };
        IdList without = { request->without_campaign_ids, request->n_without_campaign_ids };
        Evaluation evaluation;

        TRY(promotion_apply(campaigns_of(self), ctx, &shopper, &cart, codes, without, &evaluation));
        promotion_evaluation_to_message(ctx->arena, &evaluation, &cart, response);
        return NULL;
}

static const Error *handle_hold_usage(PromotionService *self, Ctx *ctx,
                                      const PromotionV1HoldUsageRequest *request,
                                      PromotionV1HoldUsageResponse *response) {
        const UsageLine *lines = promotion_uses_from_message(ctx->arena, request->lines, request->n_lines);
        const Usage *usage;

        ctx_about(ctx, "order", request->order_id);
        TRY(promotion_hold(usages_of(self), ctx, request->order_id, request->customer_id, request->currency,
                           lines, request->n_lines, &usage));
        response->usage = promotion_usage_to_message(ctx->arena, usage);
        return NULL;
}

static const Error *handle_commit_usage(PromotionService *self, Ctx *ctx,
                                        const PromotionV1CommitUsageRequest *request,
                                        PromotionV1CommitUsageResponse *response) {
        UsageStatus *statuses = ARENA_ARRAY(ctx->arena, UsageStatus, request->n_order_ids);

        ctx_about_all(ctx, "order", request->order_ids, request->n_order_ids);
        TRY(promotion_commit(usages_of(self), ctx, request->order_ids, request->n_order_ids, statuses));
        response->statuses = promotion_statuses_to_message(ctx->arena, statuses, request->n_order_ids);
        response->n_statuses = request->n_order_ids;
        return NULL;
}

static const Error *handle_release_usage(PromotionService *self, Ctx *ctx,
                                         const PromotionV1ReleaseUsageRequest *request,
                                         PromotionV1ReleaseUsageResponse *response) {
        UsageStatus *statuses = ARENA_ARRAY(ctx->arena, UsageStatus, request->n_order_ids);

        ctx_about_all(ctx, "order", request->order_ids, request->n_order_ids);
        TRY(promotion_release(usages_of(self), ctx, request->order_ids, request->n_order_ids, statuses));
        response->statuses = promotion_statuses_to_message(ctx->arena, statuses, request->n_order_ids);
        response->n_statuses = request->n_order_ids;
        return NULL;
}

/* Of a customer's tier and segments nothing is known here. */
static const Error *handle_list_applicable(PromotionService *self, Ctx *ctx,
                                           const PromotionV1ListApplicableRequest *request,
                                           PromotionV1ListApplicableResponse *response) {
        Shopper shopper = { .customer_id = ctx->caller->id };
        Cart cart = {
                .currency = request->currency,
                .lines = promotion_lines_from_message(ctx->arena, request->lines, request->n_lines),
                .n_lines = request->n_lines,
        };
        IdList codes = { request->codes, request->n_codes };
        Evaluation evaluation;

        TRY(promotion_apply(campaigns_of(self), ctx, &shopper, &cart, codes, (IdList) { 0 }, &evaluation));
        promotion_applicable_to_message(ctx->arena, &evaluation, request->currency, response);
        return NULL;
}

static const Error *handle_create_campaign(PromotionService *self, Ctx *ctx,
                                           const PromotionV1CreateCampaignRequest *request,
                                           PromotionV1CreateCampaignResponse *response) {
        const Campaign *campaign;
        CampaignRules rules;

        TRY(promotion_rules_from_message(ctx->arena, request->rules, &rules));
        TRY(promotion_create(campaigns_of(self), ctx, &rules, &campaign));
        ctx_about(ctx, "campaign", campaign->campaign_id);
        response->campaign = promotion_campaign_to_message(ctx->arena, campaign);
        return NULL;
}

static const Error *handle_update_campaign(PromotionService *self, Ctx *ctx,
                                           const PromotionV1UpdateCampaignRequest *request,
                                           PromotionV1UpdateCampaignResponse *response) {
        const Campaign *campaign;
        CampaignRules rules;

        ctx_about(ctx, "campaign", request->campaign_id);
        TRY(promotion_rules_from_message(ctx->arena, request->rules, &rules));
        TRY(promotion_update(campaigns_of(self), ctx, request->campaign_id, request->version, &rules,
                             &campaign));
        response->campaign = promotion_campaign_to_message(ctx->arena, campaign);
        return NULL;
}

static const Error *handle_get_campaign(PromotionService *self, Ctx *ctx,
                                        const PromotionV1GetCampaignRequest *request,
                                        PromotionV1GetCampaignResponse *response) {
        const Campaign *campaign;

        ctx_about(ctx, "campaign", request->campaign_id);
        TRY(promotion_get(campaigns_of(self), ctx, request->campaign_id, &campaign));
        response->campaign = promotion_campaign_to_message(ctx->arena, campaign);
        return NULL;
}

/* As many as fit into one message, of which one campaign is only a part by the limits of its fields. */
static void page_to_message(Arena *arena, const CampaignPage *page,
                            PromotionV1ListCampaignsResponse *response) {
        MessageRoom room = { 0 };

        response->campaigns = ARENA_ARRAY(arena, PromotionV1Campaign *, page->n_campaigns);
        for (size_t i = 0; i < page->n_campaigns; i++) {
                PromotionV1Campaign *campaign = promotion_campaign_to_message(arena, &page->campaigns[i]);

                if (!proto_room_take(&room, &campaign->base) && i > 0)
                        break;
                response->campaigns[response->n_campaigns++] = campaign;
        }
        if (page->has_more || response->n_campaigns < page->n_campaigns) {
                const Campaign *last = &page->campaigns[response->n_campaigns - 1];

                response->next_cursor = proto_cursor_write(arena, last->created_at_us, last->campaign_id);
        }
}

static const Error *handle_list_campaigns(PromotionService *self, Ctx *ctx,
                                          const PromotionV1ListCampaignsRequest *request,
                                          PromotionV1ListCampaignsResponse *response) {
        CampaignPosition after;
        CampaignPage page;
        bool is_first = str_is_empty(request->cursor);

        if (!is_first)
                TRY(proto_cursor_read(ctx->arena, request->cursor, &after.created_at_us, &after.campaign_id));
        TRY(promotion_list(campaigns_of(self), ctx, is_first ? NULL : &after, request->page_size, &page));
        page_to_message(ctx->arena, &page, response);
        return NULL;
}

PromotionService *promotion_service_new(Arena *arena, CampaignUsecase *campaigns, UsageUsecase *usages) {
        PromotionHandlers *handlers = ARENA_NEW(arena, PromotionHandlers);

        *handlers = (PromotionHandlers) {
                .base = PROMOTION_SERVICE_IMPL(handle), .campaigns = campaigns, .usages = usages
        };
        return &handlers->base;
}

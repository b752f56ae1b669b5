/* The promotion service's RPCs: messages in, campaigns and usages, messages out. */
#pragma once

#include "biz/promotion/usage.h"
#include "promotion/v1/promotion.rpc.h"

/* Lives in arena; campaigns and usages must outlive it. */
PromotionService *promotion_service_new(Arena *arena, CampaignUsecase *campaigns, UsageUsecase *usages);

/* CampaignUsecase.snapshot: the packed CreateCampaignResponse. */
Bytes promotion_service_snapshot(Ctx *ctx, const Campaign *campaign);

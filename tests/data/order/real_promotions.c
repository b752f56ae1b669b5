#include "real_promotions.h"

#include "data/campaign_repo.h"
#include "data/order_owner.h"
#include "data/usage_repo.h"
#include "pool.h"
#include "promotion_migrations.h"
#include "service/promotion_service.h"
#include "support.h"

#define HOLD_MS 900000

PromotionService *real_promotions_new(OrderService *orders, const char **ret_dsn) {
        Arena *arena = test_ctx()->arena;
        PgPool *pool = test_pool("promotion", &promotion_schema, ret_dsn);
        CampaignUsecase *campaigns = ARENA_NEW(arena, CampaignUsecase);
        UsageUsecase *usages = ARENA_NEW(arena, UsageUsecase);

        *campaigns = (CampaignUsecase) {
                .repo = promotion_campaign_repo_new(arena, pool), .snapshot = promotion_service_snapshot
        };
        *usages = (UsageUsecase) {
                .repo = promotion_usage_repo_new(arena, pool),
                .owner = promotion_order_owner_new(arena, orders),
                .hold_ms = HOLD_MS,
        };
        return promotion_service_new(arena, campaigns, usages);
}

#include "server/server.h"

#include "data/campaign_repo.h"
#include "data/order_owner.h"
#include "data/usage_repo.h"
#include "order/v1/order.rpc.h"
#include "promotion_migrations.h"
#include "server/order_events.h"
#include "service/promotion_service.h"

#define TIDY_INTERVAL_MS 10000
#define TIDY_BATCH 1000

static const ConfigVariable variables[] = {
        CONFIG_NUMBER(PromotionConfig, hold_ms, "MILLRACE_PROMOTION_HOLD_MS", "900000", "ms", 1,
                      INT64_C(86400000), "How long uses of promotions are held for an order"),
        CONFIG_NUMBER(PromotionConfig, sweep_interval_ms, "MILLRACE_PROMOTION_SWEEP_INTERVAL_MS", "5000",
                      "ms", 1, INT64_C(3600000), "Pause between looks for expired holds of uses"),
};

static const ConfigTable config_table = CONFIG_TABLE(PromotionConfig, variables);

static const Error *sweep(void *usages, Ctx *ctx, bool *ret_more) {
        size_t n_found;

        ctx_limit(ctx, USAGE_CLAIM_MS);
        TRY(promotion_sweep(usages, ctx, &n_found));
        *ret_more = n_found == USAGE_MAX_ORDERS;
        return NULL;
}

static const Error *tidy(void *arg, Ctx *ctx, bool *ret_more) {
        UsageUsecase *usages = arg;
        size_t n;

        ctx_limit(ctx, PG_STATEMENT_TIMEOUT_MS);
        TRY(usages->repo->tidy(usages->repo, ctx, TIDY_BATCH, &n));
        *ret_more = n == TIDY_BATCH;
        return NULL;
}

static UsageUsecase *usages_new(AppPart *part, const PromotionConfig *config) {
        Arena *arena = app_part_arena(part);
        OrderService *orders = order_service_connect(arena, app_part_channel(part, &order_service_rpc));
        UsageUsecase *usages = ARENA_NEW(arena, UsageUsecase);

        *usages = (UsageUsecase) {
                .repo = promotion_usage_repo_new(arena, app_part_pool(part)),
                .owner = promotion_order_owner_new(arena, orders),
                .hold_ms = config->hold_ms,
        };
        return usages;
}

static const Error *assemble(AppPart *part, const void *settings, void **ret_implementation) {
        const PromotionConfig *config = settings;
        Arena *arena = app_part_arena(part);
        UsageUsecase *usages = usages_new(part, config);
        CampaignUsecase *campaigns = ARENA_NEW(arena, CampaignUsecase);

        *campaigns = (CampaignUsecase) {
                .repo = promotion_campaign_repo_new(arena, app_part_pool(part)),
                .snapshot = promotion_service_snapshot,
        };
        app_part_loop(part, &(LoopSpec) { "sweep uses", config->sweep_interval_ms, usages, sweep });
        app_part_loop(part, &(LoopSpec) { "tidy uses", TIDY_INTERVAL_MS, usages, tidy });
        app_part_events(part, &promotion_order_events);
        *ret_implementation = promotion_service_new(arena, campaigns, usages);
        return NULL;
}

static const RpcService *const calls[] = { &order_service_rpc, NULL };

const AppService promotion_app_service = {
        .name = "promotion",
        .summary = "Judges promotions, and counts how often they are used",
        .rpc = &promotion_service_rpc,
        .calls = calls,
        .schema = &promotion_schema,
        .n_sessions = 4,
        .consumes = true,
        .config = &config_table,
        .assemble = assemble,
};

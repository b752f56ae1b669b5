#include "server/server.h"

#include "data/rule_repo.h"
#include "pricing_migrations.h"
#include "server/news.h"
#include "service/pricing_service.h"

static const ConfigVariable variables[] = {
        CONFIG_NUMBER(PricingConfig, look_interval_ms, "MILLRACE_PRICING_LOOK_INTERVAL_MS", "2000", "ms", 1,
                      INT64_C(60000), "Pause between looks for new rules, when no hint comes"),
        CONFIG_NUMBER(PricingConfig, max_age_ms, "MILLRACE_PRICING_MAX_AGE_MS", "1800000", "ms", 1,
                      INT64_C(86400000), "How long known rules are used while the database is away"),
};

static const ConfigTable config_table = CONFIG_TABLE(PricingConfig, variables);

static const Error *look(void *arg, Ctx *ctx, bool *ret_more) {
        PricingUsecase *pricing = arg;

        *ret_more = false;
        ctx_limit(ctx, PG_STATEMENT_TIMEOUT_MS);
        pricing_news_listen(pricing->news);
        return pricing->repo->look(pricing->repo, ctx);
}

static const Error *ready(void *pricing, Ctx *ctx) {
        PriceRuleRepo *repo = ((PricingUsecase *) pricing)->repo;

        return repo->ready(repo, ctx);
}

static const Error *assemble(AppPart *part, const void *settings, void **ret_implementation) {
        const PricingConfig *config = settings;
        Arena *arena = app_part_arena(part);
        PricingUsecase *pricing = ARENA_NEW(arena, PricingUsecase);

        *pricing = (PricingUsecase) {
                .repo = pricing_rule_repo_new(arena, app_part_pool(part), config->max_age_ms),
                .news = pricing_news_new(part),
        };
        pricing_news_wake(pricing->news, app_part_loop(part, &(LoopSpec) {
                .name = "look for rules",
                .interval_ms = config->look_interval_ms,
                .arg = pricing,
                .round = look,
        }));
        app_part_component(part, &(AppComponent) { .self = pricing, .ready = ready });
        *ret_implementation = pricing_service_new(arena, pricing);
        return NULL;
}

const AppService pricing_app_service = {
        .name = "pricing",
        .summary = "Says what things cost and how they are taxed",
        .rpc = &pricing_service_rpc,
        .schema = &pricing_schema,
        .n_sessions = 2,
        .publishes = true,
        .hints = true,
        .config = &config_table,
        .assemble = assemble,
};

#include "server/server.h"

#include "data/fulfilment_repo.h"
#include "data/rule_repo.h"
#include "server/news.h"
#include "server/order_events.h"
#include "service/shipping_service.h"
#include "shipping_migrations.h"

#define TIDY_INTERVAL_MS 10000
#define TIDY_BATCH 1000

static const ConfigVariable variables[] = {
        CONFIG_NUMBER(ShippingConfig, look_interval_ms, "MILLRACE_SHIPPING_LOOK_INTERVAL_MS", "2000", "ms", 1,
                      INT64_C(60000), "Pause between looks for new rates, when no hint comes"),
        CONFIG_NUMBER(ShippingConfig, max_age_ms, "MILLRACE_SHIPPING_MAX_AGE_MS", "1800000", "ms", 1,
                      INT64_C(86400000), "How long known rates are used while the database is away"),
};

static const ConfigTable config_table = CONFIG_TABLE(ShippingConfig, variables);

static const Error *look(void *arg, Ctx *ctx, bool *ret_more) {
        Tariff *tariff = arg;

        *ret_more = false;
        ctx_limit(ctx, PG_STATEMENT_TIMEOUT_MS);
        shipping_news_listen(tariff->news);
        return tariff->repo->look(tariff->repo, ctx);
}

/* Before the first look it can quote nothing. */
static const Error *ready(void *arg, Ctx *ctx) {
        Tariff *tariff = arg;

        if (tariff->repo->has_looked(tariff->repo))
                return NULL;
        return error_new(ctx->arena, ERROR_UNAVAILABLE, REASON_UNAVAILABLE, "The rates were not read yet");
}

static const Error *tidy(void *arg, Ctx *ctx, bool *ret_more) {
        FulfilmentUsecase *fulfilments = arg;
        size_t n;

        ctx_limit(ctx, PG_STATEMENT_TIMEOUT_MS);
        TRY(fulfilments->repo->tidy(fulfilments->repo, ctx, TIDY_BATCH, &n));
        *ret_more = n == TIDY_BATCH;
        return NULL;
}

static Tariff *tariff_new(AppPart *part, const ShippingConfig *config) {
        Arena *arena = app_part_arena(part);
        Tariff *tariff = ARENA_NEW(arena, Tariff);

        *tariff = (Tariff) {
                .repo = shipping_rule_repo_new(arena, app_part_pool(part), config->max_age_ms),
                .news = shipping_news_new(part),
        };
        shipping_news_wake(tariff->news, app_part_loop(part, &(LoopSpec) {
                .name = "look for rates",
                .interval_ms = config->look_interval_ms,
                .arg = tariff,
                .round = look,
        }));
        app_part_component(part, &(AppComponent) { .self = tariff, .ready = ready });
        return tariff;
}

static const Error *assemble(AppPart *part, const void *settings, void **ret_implementation) {
        Arena *arena = app_part_arena(part);
        Tariff *tariff = tariff_new(part, settings);
        FulfilmentUsecase *fulfilments = ARENA_NEW(arena, FulfilmentUsecase);
        EventConsumerSpec order_events = shipping_order_events;

        fulfilments->repo = shipping_fulfilment_repo_new(arena, app_part_pool(part));
        app_part_loop(part, &(LoopSpec) { "tidy fulfilments", TIDY_INTERVAL_MS, fulfilments, tidy });
        order_events.self = app_part_pool(part);
        app_part_events(part, &order_events);
        *ret_implementation = shipping_service_new(arena, tariff, fulfilments);
        return NULL;
}

const AppService shipping_app_service = {
        .name = "shipping",
        .summary = "Says what shipping costs, and keeps the shipments of orders",
        .rpc = &shipping_service_rpc,
        .schema = &shipping_schema,
        .n_sessions = 2,
        .publishes = true,
        .consumes = true,
        .hints = true,
        .config = &config_table,
        .assemble = assemble,
};

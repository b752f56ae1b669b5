#include "server/server.h"

#include "customer/v1/customer.rpc.h"
#include "data/preference_client.h"
#include "data/purchase_client.h"
#include "data/request_repo.h"
#include "data/review_repo.h"
#include "order/v1/order.rpc.h"
#include "review_migrations.h"
#include "server/link_signer.h"
#include "server/order_events.h"
#include "service/review_service.h"

static const ConfigVariable variables[] = {
        CONFIG_NUMBER(ReviewConfig, request_delay_ms, "MILLRACE_REVIEW_REQUEST_DELAY_MS", "604800000", "ms",
                      1, INT64_C(31536000000), "From an order's delivery to the request for reviews"),
        CONFIG_NUMBER(ReviewConfig, link_ms, "MILLRACE_REVIEW_LINK_MS", "2592000000", "ms", 1,
                      INT64_C(31536000000), "How long the links of a request lead somewhere"),
        CONFIG_NUMBER(ReviewConfig, send_interval_ms, "MILLRACE_REVIEW_SEND_INTERVAL_MS", "5000", "ms", 1,
                      INT64_C(3600000), "Pause between looks for requests that are due"),
        CONFIG_TEXT(ReviewConfig, link_url, "MILLRACE_REVIEW_LINK_URL",
                    "http://127.0.0.1:8080/api/v1/reviews/links/", "What stands before the text of a link"),
        CONFIG_TEXT(ReviewConfig, link_key_file, "MILLRACE_REVIEW_LINK_KEY_FILE", NULL,
                    "File with the keys that sign links, one a line, the newest first"),
};

static const ConfigTable config_table = CONFIG_TABLE(ReviewConfig, variables);

static const Error *send_requests(void *requests, Ctx *ctx, bool *ret_more) {
        size_t n;

        ctx_limit(ctx, REQUEST_CLAIM_MS);
        TRY(review_send_requests(requests, ctx, &n));
        *ret_more = n == REQUEST_BATCH;
        return NULL;
}

static ReviewUsecase *reviews_new(AppPart *part) {
        Arena *arena = app_part_arena(part);
        OrderService *orders = order_service_connect(arena, app_part_channel(part, &order_service_rpc));
        ReviewUsecase *reviews = ARENA_NEW(arena, ReviewUsecase);

        *reviews = (ReviewUsecase) {
                .repo = review_repo_new(arena, app_part_pool(part)),
                .purchases = review_purchase_client_new(arena, orders),
                .snapshot = review_service_snapshot,
        };
        return reviews;
}

static const Error *requests_new(AppPart *part, const ReviewConfig *config, RequestUsecase **ret_requests) {
        Arena *arena = app_part_arena(part);
        RpcChannel *channel = app_part_channel(part, &customer_service_rpc);
        RequestUsecase *requests = ARENA_NEW(arena, RequestUsecase);

        *requests = (RequestUsecase) {
                .repo = review_request_repo_new(arena, app_part_pool(part)),
                .preferences = review_preference_client_new(arena, customer_service_connect(arena, channel)),
                .link_url = config->link_url,
                .link_ms = config->link_ms,
        };
        TRY(review_link_signer_new(arena, config->link_key_file, &requests->signer));
        *ret_requests = requests;
        return NULL;
}

static void consume(AppPart *part, const ReviewConfig *config) {
        Arena *arena = app_part_arena(part);
        EventConsumerSpec *events = ARENA_NEW(arena, EventConsumerSpec);
        int64_t *delay_ms = ARENA_NEW(arena, int64_t);

        *delay_ms = config->request_delay_ms;
        *events = review_order_events;
        events->self = delay_ms;
        app_part_events(part, events);
}

static const Error *assemble(AppPart *part, const void *settings, void **ret_implementation) {
        const ReviewConfig *config = settings;
        RequestUsecase *requests;

        TRY(requests_new(part, config, &requests));
        app_part_loop(part, &(LoopSpec) { "send requests for reviews", config->send_interval_ms, requests,
                                          send_requests });
        consume(part, config);
        *ret_implementation = review_service_new(app_part_arena(part), reviews_new(part), requests);
        return NULL;
}

static const RpcService *const calls[] = { &customer_service_rpc, &order_service_rpc, NULL };

const AppService review_app_service = {
        .name = "review",
        .summary = "Keeps reviews of products, and asks customers for them",
        .rpc = &review_service_rpc,
        .calls = calls,
        .schema = &review_schema,
        .n_sessions = 2,
        .publishes = true,
        .consumes = true,
        .config = &config_table,
        .assemble = assemble,
};

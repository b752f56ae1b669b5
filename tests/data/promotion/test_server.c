#include <string.h>

#include "bus.h"
#include "order/v1/order.rpc.h"
#include "part.h"
#include "promotion/v1/promotion.rpc.h"
#include "server/server.h"
#include "support.h"

#define WAIT_MS TEST_WAIT_MS

/* Orders of which nobody knows anything. */
static const Error *resolve_holds(OrderService *self, Ctx *ctx, const OrderV1ResolveHoldsRequest *request,
                                  OrderV1ResolveHoldsResponse *response) {
        (void) self;
        response->n_outcomes = request->n_order_ids;
        response->outcomes = ARENA_ARRAY(ctx->arena, OrderV1HoldOutcome, request->n_order_ids);
        for (size_t i = 0; i < request->n_order_ids; i++)
                response->outcomes[i] = ORDER__V1__HOLD_OUTCOME__HOLD_OUTCOME_UNKNOWN;
        return NULL;
}

static OrderService orders = { .resolve_holds = resolve_holds };
static const char *dsn;
static NatsServer *nats;
static Bus *bus;
static TestHost host;
static Arena *arena;
static AppPart *part;

static void set_up(void) {
        static const PromotionConfig config = { .hold_ms = 3600000, .sweep_interval_ms = 20 };

        nats = nats_server_new();
        dsn = test_database("promotion_server");
        bus = bus_on(nats);
        test_host_init(&host);
        test_host_serve(&host, &order_service_rpc, &orders);
        host.base.bus = bus;
        arena = arena_new();
        part = test_part_new(arena, &promotion_app_service, &host, dsn, 4, &config);
}

/* With a campaign that may be used once. */
static void start(void) {
        ck_assert_ok(app_part_start(part, test_ctx()));
        test_sql(dsn, "INSERT INTO campaigns (campaign_id, version, max_uses) VALUES ('CMP-1', 1, 1)");
}

static void tear_down(void) {
        app_part_drain(part);
        app_part_stop(part);
        app_part_free(part);
        arena_free(arena);
        bus_free(bus);
}

static void hold(void) {
        PromotionService *promotions = app_part_implementation(part);
        Ctx *ctx = test_ctx();
        PromotionV1HoldUsageRequest *request = promotion_v1_hold_usage_request_new(ctx->arena);
        PromotionV1HoldUsageResponse *response = promotion_v1_hold_usage_response_new(ctx->arena);
        PromotionV1UsageLine *line = promotion_v1_usage_line_new(ctx->arena);

        line->campaign_id = "CMP-1", line->version = 1, line->amount_minor = 6500;
        request->order_id = "ORD-1", request->customer_id = "CUST-1", request->currency = "USD";
        request->lines = &line, request->n_lines = 1;
        ck_assert_ok(promotions->hold_usage(promotions, ctx, request, response));
        ck_assert_int_eq(response->usage->status, PROMOTION__V1__USAGE_STATUS__USAGE_STATUS_HELD);
        ck_assert_int_gt(response->usage->expires_at->seconds, 0);
}

static bool has_status(void *status) {
        return strcmp(test_sql_text(dsn, "SELECT status FROM usages"), status) == 0;
}

TEST(applies_the_events_of_the_stream) {
        start();
        hold();
        test_wait_until(bus_is_up, bus, WAIT_MS, "the bus is ready");
        bus_tell_of_order(bus, "order.created", 1, "");
        bus_tell_of_order(bus, "order.confirmed", 2, "");
        test_wait_until(has_status, "COMMITTED", WAIT_MS, "the use is committed");
        ck_assert_int_eq(test_sql_int64(dsn, "SELECT uses FROM campaigns"), 1);
        ck_assert_int_eq(test_sql_int64(dsn, "SELECT version FROM inbox WHERE aggregate_id = 'ORD-1'"), 2);
}

TEST(sweeps_expired_holds_by_itself) {
        start();
        hold();
        test_sql(dsn, "UPDATE usages SET expires_at = now()");
        test_wait_until(has_status, "EXPIRED", WAIT_MS, "the hold has expired");
        ck_assert_int_eq(test_sql_int64(dsn, "SELECT uses FROM campaigns"), 0);
}

TEST(is_ready_once_its_database_answers) {
        ck_assert_ok(app_part_ready(part, test_ctx()));
        start();
        ck_assert_ok(app_part_ready(part, test_ctx()));
}

#define N_LARGE 30 /* campaigns of 13 KB */

/* A list of 100 ids of 64 bytes. */
static const char **many_ids(Arena *ids_arena, const char *prefix) {
        const char **ids = ARENA_ARRAY(ids_arena, const char *, 100);

        for (int i = 0; i < 100; i++)
                ids[i] = arena_printf(ids_arena, "%s-%061d", prefix, i);
        return ids;
}

static void create_large(PromotionService *promotions, int i) {
        Ctx *ctx = test_ctx();
        PromotionV1CreateCampaignRequest *request = promotion_v1_create_campaign_request_new(ctx->arena);
        PromotionV1CreateCampaignResponse *response = promotion_v1_create_campaign_response_new(ctx->arena);
        PromotionV1CampaignRules *rules = promotion_v1_campaign_rules_new(ctx->arena);

        rules->type = "catalog", rules->discount_type = "percentage", rules->description = "large";
        rules->percent_bp = 1000;
        rules->code = arena_printf(ctx->arena, "LARGE-%d", i);
        rules->product_ids = many_ids(ctx->arena, "P"), rules->n_product_ids = 100;
        rules->category_ids = many_ids(ctx->arena, "C"), rules->n_category_ids = 100;
        request->rules = rules;
        ck_assert_ok(promotions->create_campaign(promotions, ctx, request, response));
}

TEST(a_page_ends_where_the_next_campaign_would_not_fit_into_a_message) {
        PromotionService *promotions = app_part_implementation(part);
        PromotionV1ListCampaignsRequest *request = promotion_v1_list_campaigns_request_new(test_ctx()->arena);
        size_t n = 0, n_pages = 0;

        ck_assert_ok(app_part_start(part, test_ctx()));
        for (int i = 0; i < N_LARGE; i++)
                create_large(promotions, i);
        request->page_size = 100;
        do {
                Ctx *ctx = test_ctx();
                PromotionV1ListCampaignsResponse *page = promotion_v1_list_campaigns_response_new(ctx->arena);

                ck_assert_ok(promotions->list_campaigns(promotions, ctx, request, page));
                ck_assert_uint_gt(page->n_campaigns, 1);
                ck_assert_uint_le(protobuf_c_message_get_packed_size(&page->base), MESSAGE_MAX_BYTES);
                n += page->n_campaigns;
                n_pages++;
                request->cursor = page->next_cursor;
        } while (*request->cursor);
        ck_assert_uint_eq(n, N_LARGE);
        ck_assert_uint_gt(n_pages, 1);
}

int main(void) {
        Suite *suite = suite_create("promotion/server");
        TCase *tests = tcase_create("server");

        tcase_add_checked_fixture(tests, set_up, tear_down);
        tcase_set_timeout(tests, 60);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}

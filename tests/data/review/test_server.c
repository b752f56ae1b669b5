#include <stdatomic.h>
#include <string.h>

#include "bus.h"
#include "customer/v1/customer.rpc.h"
#include "order/v1/order.reasons.h"
#include "order/v1/order.rpc.h"
#include "part.h"
#include "review/v1/review.rpc.h"
#include "server/server.h"
#include "support.h"

#define WAIT_MS TEST_WAIT_MS
#define KEY "0123456789abcdef0123456789abcdef\n"

/* ORD-1 of CUST-1 brought PROD-1; of other orders nobody knows anything. */
static const Error *get_purchase(OrderService *self, Ctx *ctx, const OrderV1GetPurchaseRequest *request,
                                 OrderV1GetPurchaseResponse *response) {
        (void) self;
        ck_assert_str_eq(ctx->caller->service, "review");
        if (!str_equal(request->order_id, "ORD-1"))
                return error_new(ctx->arena, ERROR_NOT_FOUND, REASON_ORDER_NOT_FOUND, "none");
        response->order_id = "ORD-1";
        response->customer_id = "CUST-1";
        response->status = ORDER__V1__ORDER_STATUS__ORDER_STATUS_DELIVERED;
        response->n_products = 1;
        response->products = ARENA_ARRAY(ctx->arena, OrderV1PurchasedProduct *, 1);
        response->products[0] = order_v1_purchased_product_new(ctx->arena);
        response->products[0]->product_id = "PROD-1";
        return NULL;
}

static atomic_bool wants_requests, is_customer_away;
static atomic_int n_asked;

static const Error *get_checkout_context(CustomerService *self, Ctx *ctx,
                                         const CustomerV1GetCheckoutContextRequest *request,
                                         CustomerV1GetCheckoutContextResponse *response) {
        (void) self;
        ck_assert_str_eq(ctx->caller->service, "review");
        ck_assert_str_eq(request->customer_id, "CUST-1");
        n_asked++;
        if (is_customer_away)
                return error_new(ctx->arena, ERROR_UNAVAILABLE, REASON_UNAVAILABLE, "away");
        response->customer_id = "CUST-1";
        response->preferences = customer_v1_preferences_new(ctx->arena);
        response->preferences->review_requests = wants_requests;
        return NULL;
}

static CustomerService customers = { .get_checkout_context = get_checkout_context };
static OrderService orders = { .get_purchase = get_purchase };
static ReviewConfig config;
static const char *dsn;
static NatsServer *nats;
static Bus *bus;
static TestHost host;
static Arena *arena;
static AppPart *part;

static void set_up(void) {
        nats = nats_server_new();
        dsn = test_database("review_server");
        bus = bus_on(nats);
        test_host_init(&host);
        test_host_serve(&host, &order_service_rpc, &orders);
        test_host_serve(&host, &customer_service_rpc, &customers);
        wants_requests = true;
        is_customer_away = false;
        n_asked = 0;
        host.base.bus = bus;
        arena = arena_new();
        config = (ReviewConfig) { .request_delay_ms = 50, .link_ms = 3600000, .send_interval_ms = 20,
                                  .link_url = "https://shop/",
                                  .link_key_file = test_secret_file("key", KEY) };
        part = test_part_new(arena, &review_app_service, &host, dsn, 2, &config);
        ck_assert_ok(app_part_start(part, test_ctx()));
}

static void tear_down(void) {
        app_part_drain(part);
        app_part_stop(part);
        app_part_free(part);
        arena_free(arena);
        bus_free(bus);
}

#define DELIVERED                                                                                            \
        ",\"customerId\":\"CUST-1\",\"items\":[{\"productId\":\"PROD-1\",\"name\":\"Headphones\"}]"

static bool is_told(void *event_type) {
        return test_sql_int64(dsn, arena_printf(test_ctx()->arena,
                                                "SELECT count(*) FROM outbox WHERE event_type = '%s'",
                                                (const char *) event_type)) == 1;
}

static const char *sent_link(void) {
        return test_sql_text(dsn, "SELECT payload::jsonb #>> '{data,request,products,0,link}' FROM outbox");
}

static const Error *open_link(const char *link, ReviewV1OpenReviewLinkResponse *response) {
        ReviewService *reviews = app_part_implementation(part);
        ReviewV1OpenReviewLinkRequest *request = review_v1_open_review_link_request_new(test_ctx()->arena);

        request->link = link;
        return reviews->open_review_link(reviews, test_ctx(), request, response);
}

TEST(a_delivery_leads_to_a_request_whose_link_opens) {
        ReviewV1OpenReviewLinkResponse *response = review_v1_open_review_link_response_new(test_ctx()->arena);

        test_wait_until(bus_is_up, bus, WAIT_MS, "the bus is ready");
        bus_tell_of_order(bus, "order.created", 1, DELIVERED);
        bus_tell_of_order(bus, "order.delivered", 2, DELIVERED);
        test_wait_until(is_told, "review.request_sent", WAIT_MS, "the request is sent");
        const char *link = sent_link();
        ck_assert(str_starts_with(link, "https://shop/"));
        ck_assert_ok(open_link(link + strlen("https://shop/"), response));
        ck_assert_str_eq(response->order_id, "ORD-1");
        ck_assert_str_eq(response->product_id, "PROD-1");
        ck_assert_str_eq(response->product_name, "Headphones");
        ck_assert_int_eq(test_sql_int64(dsn, "SELECT version FROM inbox WHERE aggregate_id = 'ORD-1'"), 2);
        ck_assert_int_eq(test_sql_int64(dsn, "SELECT (due_at - created_at = interval '50 ms')::int"
                                             "  FROM review_requests"),
                         1);
}

TEST(a_request_is_skipped_when_its_customer_wants_none) {
        wants_requests = false;
        test_wait_until(bus_is_up, bus, WAIT_MS, "the bus is ready");
        bus_tell_of_order(bus, "order.delivered", 1, DELIVERED);
        test_wait_until(is_told, "review.request_skipped", WAIT_MS, "the request is skipped");
        ck_assert_str_eq(test_sql_text(dsn, "SELECT status_reason FROM review_requests"), "OPTED_OUT");
}

static bool is_asked(void *arg) {
        (void) arg;
        return n_asked > 0;
}

TEST(a_request_waits_while_the_customer_service_is_away) {
        is_customer_away = true;
        test_wait_until(bus_is_up, bus, WAIT_MS, "the bus is ready");
        bus_tell_of_order(bus, "order.delivered", 1, DELIVERED);
        test_wait_until(is_asked, NULL, WAIT_MS, "the customer service is asked");
        ck_assert_str_eq(test_sql_text(dsn, "SELECT status FROM review_requests"), "SCHEDULED");
        is_customer_away = false;
        test_sql(dsn, "UPDATE review_requests SET claimed_until = now()");
        test_wait_until(is_told, "review.request_sent", WAIT_MS, "the request is sent");
}

TEST(a_link_of_another_key_does_not_open) {
        ReviewV1OpenReviewLinkResponse *response = review_v1_open_review_link_response_new(test_ctx()->arena);

        ck_assert_reason(open_link("MQpPUkQtMQpQUk9ELTEKMTc.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
                                   response),
                         "REVIEW_LINK_INVALID");
}

static const Error *create(const char *order_id, ReviewV1CreateReviewResponse *response) {
        static const Caller customer = { .id = "CUST-1", .roles = ROLE_CUSTOMER };
        ReviewService *reviews = app_part_implementation(part);
        Ctx *ctx = test_ctx();
        ReviewV1CreateReviewRequest *request = review_v1_create_review_request_new(ctx->arena);

        ctx->caller = &customer;
        request->product_id = "PROD-1";
        request->order_id = order_id;
        request->rating = 5;
        request->title = "Title";
        request->text = "Text";
        return reviews->create_review(reviews, ctx, request, response);
}

TEST(a_review_asks_the_order_service) {
        ReviewV1CreateReviewResponse *response = review_v1_create_review_response_new(test_ctx()->arena);

        ck_assert_reason(create("ORD-2", response), REASON_ORDER_NOT_FOUND);
        ck_assert_int_eq(test_sql_int64(dsn, "SELECT count(*) FROM reviews"), 0);
        ck_assert_ok(create("ORD-1", response));
        ck_assert(response->review->is_verified);
        ck_assert_int_eq(response->review->status, REVIEW__V1__REVIEW_STATUS__REVIEW_STATUS_PENDING);
}

TEST(is_ready_once_its_database_answers) {
        ck_assert_ok(app_part_ready(part, test_ctx()));
}

TEST(without_a_key_for_its_links_it_does_not_start) {
        const PgPoolConfig database = { .dsn = dsn, .n_connections = 1 };
        ReviewConfig other = config;
        Arena *own = arena_new();
        AppPart *refused;

        other.link_key_file = test_secret_file("key", "too short\n");
        const Error *error = app_part_new(own, &review_app_service, &host.base, &database, &other, &refused);
        ck_assert(error && !error->reason && strstr(error->message, "must have 32 to 1024 bytes"));
        arena_free(own);
}

int main(void) {
        Suite *suite = suite_create("review/server");
        TCase *tests = tcase_create("server");

        tcase_add_checked_fixture(tests, set_up, tear_down);
        tcase_set_timeout(tests, 60);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}

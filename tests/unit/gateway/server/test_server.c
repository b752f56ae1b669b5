#include "base/card.h"
#include "base/memory.h"
#include "server_fixture.h"

#define PLACE_ORDER "/order.v1.OrderService/PlaceOrder"

TEST(places_an_order) {
        HttpReply reply = place("Idempotency-Key: " KEY "\r\nX-Request-Id: request-1\r\n", ORDER);

        ck_assert_int_eq(reply.status, 201);
        ck_assert(str_starts_with(reply.body, "{\"orderId\":\"ORD-1\","));
        ck_assert_str_eq(http_reply_header(&reply, "Idempotent-Replayed"), "true");
        ck_assert_str_eq(http_reply_header(&reply, "X-Request-Id"), "request-1");
        ck_assert_str_eq(http_reply_header(&reply, "Cache-Control"), "no-store");
        ck_assert_str_eq(http_reply_header(&reply, "X-Content-Type-Options"), "nosniff");
        ck_assert_str_eq(http_reply_header(&reply, "RateLimit-Limit"), "100000");
        ck_assert_str_eq(orders.caller, "CUST-1");
        ck_assert_str_eq(orders.voucher, "gateway");
        ck_assert_str_eq(orders.key, KEY);
        ck_assert_str_eq(orders.request_id, "request-1");
        ck_assert_str_eq(orders.customer, "CUST-1");
        ck_assert_int_eq(orders.quantity, 2);
        ck_assert_int_gt(orders.remaining_ms, 40000);
        ck_assert_int_le(orders.remaining_ms, 45000);
}

TEST(a_service_hears_which_host_asks) {
        static const struct {
                const char *forwarded, *host;
        } clients[] = { { "192.0.2.1", "192.0.2.1" }, { "2001:db8:1:2:3::4", "2001:db8:1:2::" } };

        for (size_t i = 0; i < ARRAY_SIZE(clients); i++) {
                const char *header = arena_printf(arena, "X-Forwarded-For: %s\r\n", clients[i].forwarded);

                ask_as(token_of("CUST-1", ROLE_CUSTOMER), "GET /api/v1/orders/ORD-7", header, NULL);
                ck_assert_str_eq(orders.client, clients[i].host);
        }
        ask("GET /api/v1/orders/ORD-7");
        ck_assert_str_eq(orders.client, "127.0.0.1");
}

TEST(reads_and_lists_within_a_shorter_time) {
        HttpReply reply = ask("GET /api/v1/orders/ORD%2D7");

        ck_assert_int_eq(reply.status, 200);
        ck_assert(str_starts_with(reply.body, "{\"orderId\":\"ORD-7\","));
        ck_assert_int_le(orders.remaining_ms, 10000);
        ck_assert_str_eq(orders.key, "");
        ck_assert_str_eq(ask("GET /api/v1/orders?pageSize=5&utm_source=mail").body,
                         "{\"orders\":[],\"nextCursor\":null}");
        ck_assert_int_eq(
                ask_as(token_of("CUST-1", ROLE_CUSTOMER), "POST /api/v1/orders/ORD-1/cancel", "", "").status,
                200);
}

TEST(shows_the_services_errors_with_the_headers_of_the_reply) {
        Error *error = error_new(arena, ERROR_FAILED_PRECONDITION, "PAYMENT_FAILED",
                                 "Payment could not be processed");

        ERROR_ADD_RECORD(arena, error, error_text("orderId", "ORD-1"));
        orders.error = error;
        HttpReply reply = place("", ORDER);
        ck_assert_int_eq(reply.status, 400);
        ck_assert_str_eq(reply.body,
                         "{\"error\":\"PAYMENT_FAILED\",\"message\":\"Payment could not be processed\","
                         "\"details\":{\"orderId\":\"ORD-1\"}}");
        ck_assert_str_eq(http_reply_header(&reply, "Idempotent-Replayed"), "true");
        orders.error = error_internal(arena, NULL, "a secret");
        reply = place("", ORDER);
        ck_assert_int_eq(reply.status, 500);
        ck_assert_str_eq(reply.body, "{\"error\":\"INTERNAL\",\"message\":\"internal\",\"details\":{}}");
        error = error_new(arena, ERROR_UNAVAILABLE, "UNAVAILABLE", "Away");
        error->retry_after_ms = 1500;
        orders.error = error;
        reply = place("", ORDER);
        ck_assert_int_eq(reply.status, 503);
        ck_assert_str_eq(http_reply_header(&reply, "Retry-After"), "2");
}

/* Without a key a second request may be a second order, whatever became of the first. */
TEST(a_503_says_when_to_come_again_unless_that_may_do_it_twice) {
        HttpReply reply;

        orders.error = error_new(arena, ERROR_UNAVAILABLE, "UNAVAILABLE", "Away");
        reply = place("Idempotency-Key: " KEY "\r\n", ORDER);
        ck_assert_str_eq(http_reply_header(&reply, "Retry-After"), "1");
        reply = place("", ORDER);
        ck_assert_int_eq(reply.status, 503);
        ck_assert_ptr_null(http_reply_header(&reply, "Retry-After"));
}

/* ---- refused on the way ---- */

TEST(wants_a_token_that_holds) {
        const char *token = token_of("CUST-1", ROLE_CUSTOMER), *line = "GET /api/v1/orders/ORD-1";
        HttpReply reply = ask_as(NULL, line, "", NULL);

        assert_refused(reply, 401, "UNAUTHENTICATED", "needs a token");
        ck_assert_str_eq(http_reply_header(&reply, "WWW-Authenticate"), "Bearer");
        assert_refused(ask_as("garbage", line, "", NULL), 401, "UNAUTHENTICATED", "malformed");
        assert_refused(ask_as(arena_printf(arena, "%s=", token), line, "", NULL), 401, "UNAUTHENTICATED",
                       "malformed");
        assert_refused(ask_as(NULL, line, "Authorization: Basic YTpi\r\n", NULL), 401, "UNAUTHENTICATED",
                       "Bearer");
        assert_refused(ask_as(token_of("order", ROLE_SERVICE), line, "", NULL), 401, "UNAUTHENTICATED",
                       "service");
        assert_refused(ask_as(NULL, "POST /api/v1/orders", "", "{not json"), 401, "UNAUTHENTICATED",
                       "needs a token");
        ck_assert_int_eq(ask_as(token, line, "", NULL).status, 200);
}

/* What WWW-Authenticate says to who asks with that. */
static const char *asked_for(const char *token, const char *headers) {
        HttpReply reply = ask_as(token, "GET /api/v1/orders/ORD-1", headers, NULL);

        ck_assert_int_eq(reply.status, 401);
        return http_reply_header(&reply, "WWW-Authenticate");
}

TEST(says_what_is_wrong_with_a_token) {
        const char *expired;

        ck_assert_ok(auth_token_sign(signer, arena, "CUST-1", ROLE_CUSTOMER, -2 * TOKEN_LEEWAY_MS, &expired));
        ck_assert_str_eq(asked_for(NULL, ""), "Bearer");
        ck_assert_str_eq(asked_for(NULL, "Authorization: Basic YTpi\r\n"), "Bearer");
        ck_assert_str_eq(asked_for(expired, ""),
                         "Bearer error=\"invalid_token\", error_description=\"The token is expired\"");
        ck_assert_str_eq(asked_for("garbage", ""),
                         "Bearer error=\"invalid_token\", error_description=\"The token is malformed\"");
}

TEST(a_slash_at_the_end_leads_to_the_path_without_it) {
        static const struct {
                const char *line, *location;
        } asked[] = {
                { "GET /api/v1/orders/?pageSize=2&x=%20", "/api/v1/orders?pageSize=2&x=%20" },
                { "POST /api/v1/orders/ORD-1/cancel/", "/api/v1/orders/ORD-1/cancel" },
                { "DELETE /api/v1/orders/", "/api/v1/orders" },
        };

        for (size_t i = 0; i < ARRAY_SIZE(asked); i++) {
                HttpReply reply = ask(asked[i].line);

                assert_refused(reply, 308, "TRAILING_SLASH", "");
                ck_assert_str_eq(http_reply_header(&reply, "Location"), asked[i].location);
        }
        assert_refused(ask("GET /api/v1/orders//"), 404, "NOT_FOUND", "");
        assert_refused(ask("GET /api/v1/nothing/"), 404, "NOT_FOUND", "");
        assert_refused(ask("GET //evil.example/"), 404, "NOT_FOUND", "");
        assert_refused(ask("GET /api/v1/orders/4242424242424242/"), 404, "NOT_FOUND", CARD_HIDDEN);
        assert_refused(ask("GET /"), 404, "NOT_FOUND", "");
}

TEST(says_where_it_shows_what_was_made) {
        HttpReply reply = place("", ORDER);

        ck_assert_int_eq(reply.status, 201);
        ck_assert_str_eq(http_reply_header(&reply, "Location"), "/api/v1/orders/ORD-1");
        reply = ask("GET /api/v1/orders/ORD-1");
        ck_assert_ptr_null(http_reply_header(&reply, "Location"));
}

TEST(takes_no_encoded_body) {
        ck_assert_int_eq(place("Content-Encoding: Identity\r\n", ORDER).status, 201);
        orders.n_calls = 0;
        assert_refused(place("Content-Encoding: gzip\r\n", ORDER), 415, "UNSUPPORTED_MEDIA_TYPE",
                       "compressed");
        assert_refused(place("Content-Encoding: identity, br\r\n", ORDER), 415, "UNSUPPORTED_MEDIA_TYPE", "");
        assert_refused(place("Content-Encoding:\r\n", ORDER), 415, "UNSUPPORTED_MEDIA_TYPE", "");
}

TEST(refuses_a_role_that_may_not_call) {
        HttpReply reply = ask_as(token_of("SELLER-1", ROLE_SELLER), "GET /api/v1/orders", "", NULL);

        assert_refused(reply, 403, "PERMISSION_DENIED", "ListOrders");
}

TEST(refuses_paths_and_verbs_that_it_does_not_know) {
        assert_refused(ask("GET /api/v1/nothing"), 404, "NOT_FOUND", "/api/v1/nothing");
        assert_refused(ask("GET /api/v1/4242424242424242"), 404, "NOT_FOUND", "at " CARD_HIDDEN "\"");
        assert_refused(ask("GET /4242%204242%204242%204242"), 404, "NOT_FOUND", "at " CARD_HIDDEN "\"");
        assert_refused(ask("GET /api/v1/orders?4242424242424242=1"), 400, "INVALID_REQUEST", CARD_HIDDEN);
        HttpReply reply = ask("DELETE /api/v1/orders");
        assert_refused(reply, 405, "METHOD_NOT_ALLOWED", "DELETE");
        ck_assert_str_eq(http_reply_header(&reply, "Allow"), "POST, GET, HEAD");
        assert_refused(ask("GET /api/v1/orders?colour=red"), 400, "INVALID_REQUEST", "{\"field\":\"colour\"");
}

TEST(refuses_bodies_that_are_not_the_message) {
        StrBuf bomb = { .arena = arena };

        for (int i = 0; i < 20000; i++)
                strbuf_add_char(&bomb, '[');
        assert_refused(place("", "{\"items\":"), 400, "MALFORMED_JSON", "");
        assert_refused(place("", ""), 400, "MALFORMED_JSON", "");
        assert_refused(place("", "{\"items\":[],\"items\":[]}"), 400, "MALFORMED_JSON", "items");
        assert_refused(place("", "{\"notes\":\"\xff\xfe\"}"), 400, "MALFORMED_JSON", "");
        assert_refused(place("", arena_printf(arena, "{\"items\":%s", strbuf_text(&bomb))), 400,
                       "MALFORMED_JSON", "");
        assert_refused(place("", ORDER_WITH("{\"colour\":\"red\"}")), 400, "INVALID_REQUEST",
                       "\"items[0].colour\"");
        assert_refused(place("", ORDER_WITH(LINE ","
                                                 "{\"productId\":\"P\",\"sku\":\"S\",\"quantity\":1.5,"
                                                 "\"requestedWarehouse\":\"W\"}")),
                       400, "INVALID_REQUEST", "\"items[1].quantity\"");
        assert_refused(place("", "{}"), 400, "INVALID_REQUEST", "\"customerId\"");
        assert_refused(ask_as(token_of("CUST-1", ROLE_CUSTOMER), "POST /api/v1/orders",
                              "Content-Type: application/xml\r\n", "<order/>"),
                       415, "UNSUPPORTED_MEDIA_TYPE", "application/json");
}

TEST(refuses_what_is_too_large_with_the_same_body) {
        char *notes = arena_alloc(arena, 1000001);

        memset(notes, 'x', 1000000);
        assert_refused(place("", arena_printf(arena, "{\"notes\":\"%s\"}", notes)), 413, "BODY_TOO_LARGE",
                       "");
        notes[9000] = '\0';
        assert_refused(ask(arena_printf(arena, "GET /%s", notes)), 414, "URI_TOO_LONG", "");
        assert_refused(place("Content-Length: 1\r\n", ORDER), 400, "BAD_REQUEST", "");
}

TEST(a_cancellation_takes_a_key_and_has_the_time_of_an_ordinary_call) {
        ck_assert_int_eq(ask_as(token_of("CUST-1", ROLE_CUSTOMER), "POST /api/v1/orders/ORD-1/cancel",
                                "Content-Type: application/json\r\nIdempotency-Key: " KEY "\r\n", "{}")
                                 .status,
                         200);
        ck_assert_str_eq(orders.key, KEY);
        ck_assert_int_le(orders.remaining_ms, 10000);
}

TEST(takes_keys_of_the_documented_form_only) {
        char key[257] = "";

        memset(key, 'k', 255);
        ck_assert_int_eq(place(arena_printf(arena, "Idempotency-Key: %s\r\n", key), ORDER).status, 201);
        ck_assert_str_eq(orders.key, key);
        orders.n_calls = 0;
        key[255] = 'k';
        assert_refused(place(arena_printf(arena, "Idempotency-Key: %s\r\n", key), ORDER), 400,
                       "INVALID_REQUEST", "\"Idempotency-Key\"");
        assert_refused(place("Idempotency-Key: 0123456789abcde\r\n", ORDER), 400, "INVALID_REQUEST",
                       "\"Idempotency-Key\"");
        assert_refused(place("Idempotency-Key: 0123456789abcdef!\r\n", ORDER), 400, "INVALID_REQUEST",
                       "\"Idempotency-Key\"");
        assert_refused(place("Idempotency-Key:\r\n", ORDER), 400, "INVALID_REQUEST", "\"Idempotency-Key\"");
        ck_assert_int_eq(ask_as(token_of("CUST-1", ROLE_CUSTOMER), "GET /api/v1/orders",
                                "Idempotency-Key: x\r\n", NULL)
                                 .status,
                         200);
}

TEST(answers_web_pages_of_listed_origins) {
        HttpReply reply =
                ask_as(NULL, "OPTIONS /api/v1/orders",
                       "Origin: https://shop.example\r\nAccess-Control-Request-Method: POST\r\n", NULL);

        ck_assert_int_eq(reply.status, 204);
        ck_assert_str_eq(http_reply_header(&reply, "Access-Control-Allow-Origin"), "https://shop.example");
        reply = ask_as(NULL, "GET /api/v1/orders", "Origin: https://shop.example\r\n", NULL);
        ck_assert_int_eq(reply.status, 401);
        ck_assert_str_eq(http_reply_header(&reply, "Access-Control-Allow-Origin"), "https://shop.example");
}

TEST(says_how_it_is) {
        ck_assert_int_eq(ask_as(NULL, "GET /health/live", "", NULL).status, 200);
        ck_assert_int_eq(ask_as(NULL, "GET /health/ready", "", NULL).status, 200);
        readiness = error_internal(arena, NULL, "order: the database is away");
        HttpReply reply = ask_as(NULL, "GET /health/ready", "", NULL);
        ck_assert_int_eq(reply.status, 503);
        ck_assert_str_eq(
                reply.body,
                "{\"error\":\"NOT_READY\",\"message\":\"order: the database is away\",\"details\":{}}");
        ck_assert_int_eq(ask_as(NULL, "GET /health/live", "", NULL).status, 200);
        ck_assert_int_eq(ask_as(NULL, "POST /health/live", "", "").status, 404);
}

TEST(counts_its_requests) {
        static const char *const lines[] = {
                "millrace_gateway_requests_total{method=\"" PLACE_ORDER "\",status=\"201\"} 2\n",
                "millrace_gateway_requests_total{method=\"" PLACE_ORDER "\",status=\"400\"} 1\n",
                "millrace_gateway_requests_total{method=\"none\",status=\"404\"} 1\n",
                "millrace_gateway_request_duration_seconds_count{method=\"" PLACE_ORDER "\"} 3\n",
        };

        place("", ORDER);
        place("", ORDER);
        place("", "{");
        ask("GET /api/v1/nothing");
        const char *page = ask_as(NULL, "GET /metrics", "", NULL).body;
        for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
                ck_assert_msg(strstr(page, lines[i]) != NULL, "no %s in %s", lines[i], page);
}

TEST(serves_256_connections_at_once) {
        const char *token = token_of("CUST-1", ROLE_CUSTOMER);
        int fds[N_CLIENTS];

        for (int i = 0; i < N_CLIENTS; i++)
                fds[i] = http_peer_connect(port);
        for (int i = 0; i < N_CLIENTS; i++)
                http_peer_say(fds[i], arena_printf(arena,
                                                   "GET /api/v1/orders/ORD-%d HTTP/1.1\r\nHost: a\r\n"
                                                   "Authorization: Bearer %s\r\n\r\n",
                                                   i, token));
        for (int i = 0; i < N_CLIENTS; i++) {
                HttpReply reply = http_peer_read(fds[i]);

                ck_assert_int_eq(reply.status, 200);
                ck_assert(str_starts_with(reply.body, arena_printf(arena, "{\"orderId\":\"ORD-%d\",", i)));
                close(fds[i]);
        }
        ck_assert_int_eq(orders.n_calls, N_CLIENTS);
}

static bool is_set(void *flag) {
        return atomic_load((atomic_bool *) flag);
}

TEST(a_reset_cancels_the_call_and_an_end_does_not) {
        int fd = http_peer_connect(port);

        orders.waits = true;
        http_peer_say(fd, arena_printf(arena,
                                       "GET /api/v1/orders/ORD-1 HTTP/1.1\r\nHost: a\r\n"
                                       "Authorization: Bearer %s\r\n\r\n",
                                       token_of("CUST-1", ROLE_CUSTOMER)));
        test_wait_until(is_set, &orders.is_waiting, TEST_WAIT_MS, "the service was called");
        ck_assert_int_eq(shutdown(fd, SHUT_WR), 0);
        ck_assert_int_eq(ask("GET /health/live").status, 200);
        ck_assert(!atomic_load(&orders.is_cancelled));
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &(struct linger) { .l_onoff = 1 }, sizeof(struct linger));
        close(fd);
        test_wait_until(is_set, &orders.is_cancelled, TEST_WAIT_MS, "the service heard that nobody waits");
}

TEST(drains_when_told) {
        int fd = http_peer_connect(port);

        http_peer_say(fd, "GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n");
        ck_assert_int_eq(http_peer_read(fd).status, 200);
        app_part_drain(gateway_part);
        ck_assert(!http_peer_can_connect(port));
        http_peer_say(fd, "GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n");
        HttpReply reply = http_peer_read(fd);
        ck_assert_int_eq(reply.status, 200);
        ck_assert_str_eq(http_reply_header(&reply, "Connection"), "close");
        close(fd);
}

static const Error *assemble_twice(AppPart *made, const void *settings, void **ret_implementation) {
        static const RpcService *const services[] = { &order_service_rpc, &order_service_rpc, NULL };
        GatewayServer *second;

        (void) ret_implementation;
        return gateway_server_new(made, settings, services, &second);
}

TEST(does_not_start_with_what_it_cannot_serve) {
        static const AppService twice = { .name = "gateway", .assemble = assemble_twice };
        AppPart *second;

        const Error *error = app_part_new(arena, &twice, &host.base, NULL, &config, &second);
        ck_assert_ptr_nonnull(error);
        ck_assert_ptr_nonnull(strstr(error->message, "both claim"));
}

int main(void) {
        Suite *suite = suite_create("gateway");
        TCase *tests = tcase_create("gateway");

        tcase_add_checked_fixture(tests, setup, teardown);
        tcase_set_timeout(tests, 30);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}

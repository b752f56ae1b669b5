#include "router/transcode.h"

#include <string.h>

#include "base/memory.h"
#include "gateway/v1/gateway.reasons.h"
#include "json/codec.h"
#include "order/v1/order.rpc.h"
#include "support.h"

static GatewayRouter *router;
static RpcChannel channel;
static Ctx *ctx;

static void setup(void) {
        ctx = test_ctx();
        router = gateway_router_new(ctx->arena);
        ck_assert_ok(gateway_router_add(router, &order_service_rpc, &channel));
}

static HttpRequest request_of(const char *verb, const char *path, const char *content_type,
                              const char *body) {
        HttpPair *header = ARENA_NEW(ctx->arena, HttpPair);

        *header = (HttpPair) { "content-type", content_type };
        return (HttpRequest) {
                .arena = ctx->arena,
                .verb = verb,
                .path = path,
                .headers = header,
                .n_headers = content_type ? 1 : 0,
                .body = { (const uint8_t *) body, strlen(body) },
        };
}

static const Error *read_request(const HttpRequest *request, ProtobufCMessage **ret_message) {
        GatewayMatch match = gateway_router_match(router, ctx->arena, request->verb, request->path);

        ck_assert_ptr_nonnull(match.route);
        return gateway_read_request(&match, request, ret_message);
}

static const Error *read_query(const HttpPair *pairs, size_t n, ProtobufCMessage **ret_message) {
        HttpRequest request = request_of("GET", "/api/v1/orders", NULL, "");

        request.query = pairs;
        request.n_query = n;
        return read_request(&request, ret_message);
}

#define READ_QUERY(ret_message, ...)                                                                         \
        read_query((const HttpPair[]) { __VA_ARGS__ },                                                       \
                   sizeof((HttpPair[]) { __VA_ARGS__ }) / sizeof(HttpPair), (ret_message))

static void assert_violation(const Error *error, const char *field) {
        ck_assert_reason(error, REASON_INVALID_REQUEST);
        ck_assert_uint_eq(error->n_violations, 1);
        ck_assert_str_eq(error->violations[0].field, field);
}

TEST(fills_fields_from_the_path) {
        HttpRequest request = request_of("GET", "/api/v1/orders/ORD%201", NULL, "");
        ProtobufCMessage *message;

        ck_assert_ok(read_request(&request, &message));
        ck_assert_str_eq(((OrderV1GetOrderRequest *) message)->order_id, "ORD 1");
}

TEST(fills_fields_from_the_query) {
        ProtobufCMessage *message;

        ck_assert_ok(READ_QUERY(&message, { "pageSize", "7" }, { "cursor", "next" },
                                { "status", "CONFIRMED" }, { "utm_source", "mail" }));
        OrderV1ListOrdersRequest *list = (OrderV1ListOrdersRequest *) message;
        ck_assert_int_eq(list->page_size, 7);
        ck_assert_str_eq(list->cursor, "next");
        ck_assert_int_eq(list->status, ORDER__V1__ORDER_STATUS__ORDER_STATUS_CONFIRMED);
}

TEST(takes_a_parameter_once) {
        ProtobufCMessage *message;

        assert_violation(READ_QUERY(&message, { "pageSize", "7" }, { "pageSize", "8" }), "pageSize");
        assert_violation(READ_QUERY(&message, { "pageSize", "7" }, { "page_size", "7" }), "page_size");
        assert_violation(READ_QUERY(&message, { "cursor", "" }, { "cursor", "" }), "cursor");
        ck_assert_ok(READ_QUERY(&message, { "utm_source", "mail" }, { "utm_source", "news" }));
}

TEST(names_the_parameter_that_is_wrong) {
        ProtobufCMessage *message;

        assert_violation(READ_QUERY(&message, { "colour", "red" }), "colour");
        assert_violation(READ_QUERY(&message, { "pageSize", "many" }), "pageSize");
}

TEST(reads_a_whole_body_and_lets_the_path_win) {
        HttpRequest request =
                request_of("POST", "/api/v1/orders/ORD-1/cancel", "application/json; charset=utf-8",
                           "{\"orderId\":\"ORD-2\",\"reason\":\"changed my mind\"}");
        ProtobufCMessage *message;

        ck_assert_ok(read_request(&request, &message));
        OrderV1CancelOrderRequest *cancel = (OrderV1CancelOrderRequest *) message;
        ck_assert_str_eq(cancel->order_id, "ORD-1");
        ck_assert_str_eq(cancel->reason, "changed my mind");
}

TEST(no_body_and_no_type_mean_an_empty_object) {
        HttpRequest request = request_of("POST", "/api/v1/orders/ORD-1/cancel", NULL, "");
        ProtobufCMessage *message;

        ck_assert_ok(read_request(&request, &message));
        ck_assert_str_eq(((OrderV1CancelOrderRequest *) message)->order_id, "ORD-1");
        request = request_of("POST", "/api/v1/orders", "application/json", "");
        ck_assert_reason(read_request(&request, &message), REASON_MALFORMED_JSON);
}

TEST(wants_json) {
        static const char *const others[] = {
                "application/xml", "application/jsonp", "text/plain", "", "application/json x",
                "application/json, text/plain", "application/json; charset=utf-16",
                "application/json; charset=\"iso-8859-1\"", "application/json;charset=utf-8x",
        };
        static const char *const types[] = { "Application/JSON", "application/json ;charset=\"UTF-8\"",
                                             "application/json; Charset=utf-8; v=1" };
        HttpRequest request = request_of("POST", "/api/v1/orders", NULL, "{}");
        ProtobufCMessage *message;

        ck_assert_reason(read_request(&request, &message), REASON_UNSUPPORTED_MEDIA_TYPE);
        for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
                request = request_of("POST", "/api/v1/orders", others[i], "{}");
                ck_assert_reason(read_request(&request, &message), REASON_UNSUPPORTED_MEDIA_TYPE);
        }
        for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
                request = request_of("POST", "/api/v1/orders", types[i], "{}");
                ck_assert_ok(read_request(&request, &message));
        }
}

TEST(refuses_what_the_call_does_not_take) {
        HttpRequest request = request_of("GET", "/api/v1/orders", "application/json", "{}");
        HttpPair pair = { "reason", "x" };
        ProtobufCMessage *message;

        assert_violation(read_request(&request, &message), "body");
        request = request_of("POST", "/api/v1/orders/ORD-1/cancel", NULL, "");
        request.query = &pair;
        request.n_query = 1;
        assert_violation(read_request(&request, &message), "reason");
}

TEST(reads_a_body_that_is_one_field) {
        static const RpcHttpRule rule = { .verb = "PUT",
                                          .path = "/carts/{customer_id}/address",
                                          .body = "shipping_address" };
        RpcMethod method = order_service_rpc.methods[0];
        RpcService service = { .name = "odd", .methods = &method, .n_methods = 1 };
        HttpRequest request =
                request_of("PUT", "/carts/CUST-1/address", "application/json", "{\"city\":\"Hanoi\"}");
        HttpPair pair = { "notes", "ring twice" };
        ProtobufCMessage *message;

        method.http = &rule;
        method.n_http = 1;
        ck_assert_ok(gateway_router_add(router, &service, &channel));
        request.query = &pair;
        request.n_query = 1;
        ck_assert_ok(read_request(&request, &message));
        OrderV1PlaceOrderRequest *order = (OrderV1PlaceOrderRequest *) message;
        ck_assert_str_eq(order->customer_id, "CUST-1");
        ck_assert_str_eq(order->shipping_address->city, "Hanoi");
        ck_assert_str_eq(order->notes, "ring twice");
}

TEST(shows_the_whole_answer_or_one_field_of_it) {
        OrderV1ListOrdersResponse *list = order_v1_list_orders_response_new(ctx->arena);
        OrderV1CancelOrderResponse *cancelled = order_v1_cancel_order_response_new(ctx->arena);
        StrBuf out = { .arena = ctx->arena };

        GatewayMatch match = gateway_router_match(router, ctx->arena, "GET", "/api/v1/orders");
        gateway_write_response(&out, match.route, &list->base);
        ck_assert_str_eq(strbuf_text(&out), "{\"orders\":[],\"nextCursor\":null}");
        cancelled->order = order_v1_order_new(ctx->arena);
        cancelled->order->order_id = "ORD-1";
        out = (StrBuf) { .arena = ctx->arena };
        match = gateway_router_match(router, ctx->arena, "POST", "/api/v1/orders/ORD-1/cancel");
        gateway_write_response(&out, match.route, &cancelled->base);
        ck_assert(str_starts_with(strbuf_text(&out), "{\"orderId\":\"ORD-1\",\"orderNumber\":\"\","));
}

int main(void) {
        Suite *suite = suite_create("transcode");
        TCase *tests = tcase_create("transcode");

        tcase_add_checked_fixture(tests, setup, NULL);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}

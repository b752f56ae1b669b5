#include "router/auto_router.h"

#include "base/memory.h"
#include "order/v1/order.rpc.h"
#include "support.h"
#include "warehouse/v1/warehouse.rpc.h"

static const Error *nothing(void *self, Ctx *ctx, const ProtobufCMessage *request,
                            ProtobufCMessage *response) {
        (void) self;
        (void) ctx;
        (void) request;
        (void) response;
        return NULL;
}

static RpcChannel order_channel, warehouse_channel;
static GatewayRouter *router;

static void setup(void) {
        router = gateway_router_new(test_ctx()->arena);
        ck_assert_ok(gateway_router_add(router, &order_service_rpc, &order_channel));
        ck_assert_ok(gateway_router_add(router, &warehouse_service_rpc, &warehouse_channel));
}

static GatewayMatch match(const char *verb, const char *path) {
        return gateway_router_match(router, test_ctx()->arena, verb, path);
}

static void assert_route(const char *verb, const char *path, const char *method) {
        GatewayMatch found = match(verb, path);

        ck_assert_msg(found.route != NULL, "no route for %s %s", verb, path);
        ck_assert_str_eq(found.route->method->name, method);
}

TEST(finds_the_methods_of_several_services) {
        assert_route("POST", "/api/v1/orders", "PlaceOrder");
        assert_route("GET", "/api/v1/orders", "ListOrders");
        assert_route("GET", "/api/v1/orders/ORD-1", "GetOrder");
        assert_route("POST", "/api/v1/orders/ORD-1/cancel", "CancelOrder");
        ck_assert_ptr_eq(match("GET", "/api/v1/orders/ORD-1").route->channel, &order_channel);
        ck_assert_ptr_eq(match("GET", "/api/v1/inventory/SKU-1").route->channel, &warehouse_channel);
}

TEST(says_nothing_of_unknown_paths) {
        static const char *const samples[] = { "/",
                                               "/api/v1",
                                               "/api/v1/orders/",
                                               "/api/v2/orders",
                                               "/api/v1/orders/ORD-1/cancel/x",
                                               "/api/v1/nothing" };

        for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
                GatewayMatch found = match("GET", samples[i]);

                ck_assert_ptr_null(found.route);
                ck_assert_ptr_null(found.allow);
        }
}

TEST(lists_the_verbs_of_a_known_path) {
        GatewayMatch found = match("DELETE", "/api/v1/orders");

        ck_assert_ptr_null(found.route);
        ck_assert_str_eq(found.allow, "POST, GET, HEAD");
        ck_assert_str_eq(match("GET", "/api/v1/orders/ORD-1/cancel").allow, "POST");
}

TEST(answers_head_as_get) {
        assert_route("HEAD", "/api/v1/orders", "ListOrders");
        ck_assert_ptr_null(match("HEAD", "/api/v1/orders/ORD-1/cancel").route);
}

TEST(methods_without_a_rule_are_not_reachable) {
        for (size_t i = 0; i < order_service_rpc.n_methods; i++)
                if (order_service_rpc.methods[i].n_http == 0)
                        ck_assert_ptr_null(match("POST", order_service_rpc.methods[i].path).route);
}

static const Error *add(const RpcHttpRule *rules, size_t n_rules) {
        const RpcMethod method = { .name = "Odd",
                                   .path = "/odd.v1.OddService/Odd",
                                   .http = rules,
                                   .n_http = n_rules,
                                   .call = nothing };
        RpcMethod *kept = ARENA_NEW(test_ctx()->arena, RpcMethod);
        RpcService *service = ARENA_NEW(test_ctx()->arena, RpcService);

        *kept = method;
        *service = (RpcService) { .name = "odd.v1.OddService", .methods = kept, .n_methods = 1 };
        return gateway_router_add(router, service, &order_channel);
}

TEST(a_literal_wins_over_a_variable_whatever_came_first) {
        static const RpcHttpRule rules[] = {
                { .verb = "GET", .path = "/api/v1/orders/search" },
                { .verb = "GET", .path = "/api/v1/{things}/{id}" },
        };

        ck_assert_ok(add(rules, 2));
        assert_route("GET", "/api/v1/orders/search", "Odd");
        assert_route("GET", "/api/v1/orders/ORD-1", "GetOrder");
        assert_route("GET", "/api/v1/other/ORD-1", "Odd");
}

TEST(falls_back_to_a_variable_route_that_has_the_verb) {
        static const RpcHttpRule rules[] = { { .verb = "DELETE", .path = "/api/v1/{things}/{id}" } };

        ck_assert_ok(add(rules, 1));
        assert_route("DELETE", "/api/v1/orders/ORD-1", "Odd");
}

TEST(refuses_two_methods_on_one_path_and_paths_it_cannot_serve) {
        static const RpcHttpRule claimed = { .verb = "GET", .path = "/api/v1/orders/{number}" };
        static const RpcHttpRule wild = { .verb = "GET", .path = "/files/**" };

        ck_assert(add(&claimed, 1) != NULL);
        ck_assert(add(&wild, 1) != NULL);
}

int main(void) {
        Suite *suite = suite_create("auto router");
        TCase *tests = tcase_create("auto router");

        tcase_add_checked_fixture(tests, setup, NULL);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}

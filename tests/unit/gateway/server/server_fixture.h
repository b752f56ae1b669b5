/* A whole gateway in front of a fake order service, over real sockets. */
#pragma once

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "app/descriptors.h"
#include "auth/token.h"
#include "base/clock.h"
#include "customer/v1/customer.rpc.h"
#include "fake_orders.h"
#include "http_peer.h"
#include "part.h"
#include "server/server.h"
#include "support.h"

#define LINE                                                                                                 \
        "{\"productId\":\"PROD-1\",\"sku\":\"SKU-1\",\"quantity\":2,\"requestedWarehouse\":\"US-WEST-01\"}"
#define ADDRESS "{\"street\":\"1 Main St\",\"city\":\"Hanoi\",\"zipCode\":\"10000\",\"country\":\"VN\"}"
#define ORDER_WITH(lines)                                                                                    \
        "{\"customerId\":\"CUST-1\",\"items\":[" lines "],\"shippingAddress\":" ADDRESS                      \
        ",\"billingAddress\":" ADDRESS                                                                       \
        ",\"paymentMethod\":{\"type\":\"cod\"},\"shippingMethod\":\"standard\"}"
#define ORDER ORDER_WITH(LINE)
#define KEY "0123456789abcdef"
#define N_CLIENTS 256
#define EVERYTHING "customer seller admin service:order"

static FakeOrders orders;
static CustomerService customers;
static Arena *arena;
static Workers *workers;
static Admission *admission;
static TokenSigner *signer;
static TestHost host;
static GatewayConfig config;
static GatewayServer *server;
static AppPart *gateway_part;
static const Error *readiness;
static uint16_t port;

static inline const Error *check_ready(void *self, Ctx *ctx) {
        (void) self;
        (void) ctx;
        return readiness;
}

static inline void make_keys(void) {
        const char *key, *jwks;

        ck_assert_ok(auth_token_make_key(arena, EVERYTHING, &key, &jwks));
        ck_assert_ok(auth_token_signer_new(arena, key, &signer));
        ck_assert_ok(auth_token_verifier_new(arena, jwks, &host.verifier));
}

static inline const Error *fake_login(CustomerService *self, Ctx *ctx, const CustomerV1LoginRequest *request,
                                      CustomerV1LoginResponse *response) {
        (void) self;
        (void) request;
        (void) response;
        return error_new(ctx->arena, ERROR_UNAUTHENTICATED, "LOGIN_FAILED", "Nobody can log in");
}

/* In front of the orders, and of logins that all fail. */
static inline const Error *assemble(AppPart *made, const void *settings, void **ret_implementation) {
        static const RpcService *const services[] = { &order_service_rpc, &customer_service_rpc, NULL };

        (void) ret_implementation;
        return gateway_server_new(made, settings, services, &server);
}

static const AppService gateway = { .name = "gateway", .assemble = assemble };

static inline void start(void) {
        const char *problem;

        orders = fake_orders();
        customers = (CustomerService) { .login = fake_login };
        setenv("MILLRACE_HTTP_PORT", "0", 1);
        ck_assert(config_read(&gateway_config_table, &config, &problem));
        gateway_part = test_part_new(arena, &gateway, &host, NULL, 0, &config);
        ck_assert_ok(app_part_start(gateway_part, test_ctx()));
        port = gateway_server_port(server);
}

static inline void setup(void) {
        app_descriptors_raise();
        arena = arena_new();
        workers = workers_new(4, 1024);
        admission =
                rpc_admission_new(workers, 4, &(AdmissionLimits) { .n_method_calls = 4, .n_waiting = 1024 });
        test_host_init(&host);
        test_host_serve(&host, &order_service_rpc, &orders);
        test_host_serve(&host, &customer_service_rpc, &customers);
        host.base.admission = admission;
        host.base.readiness = (Readiness) { .check = check_ready };
        make_keys();
        setenv("MILLRACE_RATE_LIMIT_PER_MINUTE", "100000", 1);
        setenv("MILLRACE_HTTP_TRUSTED_PROXIES", "127.0.0.1", 1);
        setenv("MILLRACE_CORS_ORIGINS", "https://shop.example", 1);
        start();
}

static inline void setup_tight(void) {
        setup();
        app_part_stop(gateway_part);
        setenv("MILLRACE_RATE_LIMIT_PER_MINUTE", "3", 1);
        app_part_free(gateway_part);
        start();
}

static inline void teardown(void) {
        app_part_drain(gateway_part);
        app_part_stop(gateway_part);
        workers_free(workers);
        rpc_admission_free(admission);
        app_part_free(gateway_part);
        auth_token_verifier_free(host.verifier);
        auth_token_signer_free(signer);
        arena_free(arena);
}

/* ---- asking ---- */

static inline const char *token_of(const char *subject, unsigned roles) {
        const char *token;

        ck_assert_ok(auth_token_sign(signer, arena, subject, roles, TOKEN_ACCESS_MS, &token));
        return token;
}

static inline HttpReply ask_as(const char *token, const char *line, const char *headers, const char *body) {
        const char *authorization = token ? arena_printf(arena, "Authorization: Bearer %s\r\n", token) : "";
        const char *length = body ? arena_printf(arena, "Content-Length: %zu\r\n", strlen(body)) : "";

        return http_peer_ask(port, arena_printf(arena, "%s HTTP/1.1\r\nHost: a\r\n%s%s%s\r\n%s", line,
                                                authorization, headers, length, body ? body : ""));
}

static inline HttpReply ask(const char *line) {
        return ask_as(token_of("CUST-1", ROLE_CUSTOMER), line, "", NULL);
}

static inline HttpReply place(const char *headers, const char *body) {
        headers = arena_printf(arena, "Content-Type: application/json\r\n%s", headers);
        return ask_as(token_of("CUST-1", ROLE_CUSTOMER), "POST /api/v1/orders", headers, body);
}

/* Its status, its reason, and something that its body must hold; the service never hears of it. */
static inline void assert_refused(HttpReply reply, int status, const char *reason, const char *part) {
        ck_assert_msg(reply.status == status, "%d instead of %d: %s", reply.status, status, reply.body);
        ck_assert_msg(
                str_starts_with(reply.body, arena_printf(arena, "{\"error\":\"%s\",\"message\":\"", reason)),
                "no %s: %s", reason, reply.body);
        ck_assert_msg(strstr(reply.body, part) != NULL, "no %s in %s", part, reply.body);
        ck_assert_str_eq(http_reply_header(&reply, "Content-Type"), "application/json");
        ck_assert_int_eq(orders.n_calls, 0);
}

/* ---- the way through ---- */

#include "part.h"

static RpcChannel *channel_to(AppHost *self, const AppService *caller, const RpcService *service) {
        TestHost *host = (TestHost *) self;

        for (size_t i = 0; i < host->n_services; i++)
                if (host->services[i].service == service)
                        return rpc_local_channel_new(test_ctx()->arena, &(RpcLocalConfig) {
                                .service = service,
                                .caller = caller->name,
                                .implementation = &host->services[i].implementation,
                                .timeout_ms = TEST_WAIT_MS,
                        });
        ck_abort_msg("The test serves no %s", service->name);
}

static TokenVerifier *verifier_of(AppHost *self) {
        return ((TestHost *) self)->verifier;
}

void test_host_init(TestHost *host) {
        *host = (TestHost) { .base = { .channel = channel_to,
                                       .verifier = verifier_of,
                                       .events = { .ack_wait_ms = 600000, .inbox_hours = 720 } } };
}

void test_host_serve(TestHost *host, const RpcService *service, void *implementation) {
        ck_assert_uint_lt(host->n_services, TEST_HOST_SERVICES);
        host->services[host->n_services].service = service;
        host->services[host->n_services++].implementation = implementation;
}

void test_host_replace(TestHost *host, const RpcService *service, void *implementation) {
        size_t i = 0;

        while (i < host->n_services && host->services[i].service != service)
                i++;
        ck_assert_uint_lt(i, host->n_services);
        host->services[i].implementation = implementation;
}

RpcChannel *test_channel_with_keys(const RpcService *service, void *implementation, RpcKeys *keys) {
        Arena *arena = test_ctx()->arena;

        return rpc_local_channel_new(arena, &(RpcLocalConfig) {
                .service = service,
                .caller = "gateway",
                .implementation = arena_memdup(arena, &implementation, sizeof(implementation)),
                .keys = arena_memdup(arena, &keys, sizeof(keys)),
                .timeout_ms = TEST_WAIT_MS,
        });
}

AppPart *test_part_new(Arena *arena, const AppService *service, TestHost *host, const char *dsn,
                       size_t n_sessions, const void *config) {
        const PgPoolConfig database = {
                .dsn = dsn,
                .n_connections = n_sessions,
                .statement_timeout_ms = PG_STATEMENT_TIMEOUT_MS,
                .lock_timeout_ms = PG_LOCK_TIMEOUT_MS,
                .idle_transaction_timeout_ms = PG_IDLE_TRANSACTION_TIMEOUT_MS,
        };
        AppPart *part;

        ck_assert_ok(app_part_new(arena, service, &host->base, dsn ? &database : NULL, config, &part));
        return part;
}

#include "echo.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "proto/message.h"
#include "rpc/middleware.h"
#include "support.h"

#define GATE_LOOK_MS 2

static int64_t in_ms(int64_t ms) {
        return clock_monotonic_us() + ms * US_PER_MS;
}

/* A context's cancellation wakes nobody: the gate looks at it again and again. */
static const Error *wait_at_gate(Echo *echo, Ctx *ctx) {
        const Error *error = NULL;

        monitor_lock(&echo->monitor);
        echo->n_waiting++;
        monitor_broadcast(&echo->monitor);
        while (!echo->gate_open && !(error = ctx_check(ctx)))
                monitor_wait(&echo->monitor, in_ms(GATE_LOOK_MS));
        echo->n_waiting--;
        echo->n_cancelled += error != NULL;
        monitor_broadcast(&echo->monitor);
        monitor_unlock(&echo->monitor);
        return error;
}

static const Error *make_error(Arena *arena) {
        Error *error = error_new(arena, ERROR_FAILED_PRECONDITION, "PRODUCT_OUT_OF_STOCK",
                                 "Nothing \"is\" left, caf\xC3\xA9");
        const ErrorValue first[] = { error_text("sku", "SKU-1"), error_number("available", -3) };
        const ErrorValue second[] = { error_text("sku", "") };

        error_add_record(arena, error, first, 2);
        error_add_record(arena, error, second, 1);
        error_add_violation(arena, error, "items[0].quantity", "should be at least 1");
        error_add_violation(arena, error, "text", "should not be \"fail\"");
        error->retry_after_ms = 1250;
        return error;
}

static const Error *say_special(Echo *echo, Ctx *ctx, const char *text, EchoV1SayResponse *response) {
        if (str_equal(text, ECHO_FAIL))
                return make_error(ctx->arena);
        if (str_equal(text, ECHO_BREAK))
                return error_internal(ctx->arena, NULL, "secret: the password is 1234");
        if (str_equal(text, ECHO_WAIT))
                return wait_at_gate(echo, ctx);
        if (str_equal(text, ECHO_HEADER))
                ctx_reply_header(ctx, "idempotent-replayed", "true");
        if (str_equal(text, ECHO_LARGE)) {
                char *large = arena_alloc(ctx->arena, MESSAGE_MAX_BYTES + 1);

                response->text = memset(large, 'x', MESSAGE_MAX_BYTES);
        }
        return NULL;
}

static const Error *echo_say(EchoService *self, Ctx *ctx, const EchoV1SayRequest *request,
                             EchoV1SayResponse *response) {
        response->text = request->text;
        response->caller_id = ctx->caller->id;
        response->caller_service = str_or_empty(ctx->caller->service);
        response->caller_roles = ctx->caller->roles;
        response->trace_id = arena_strdup(ctx->arena, ctx->trace.trace_id);
        response->request_id = ctx->trace.request_id;
        response->remaining_ms = ctx_remaining_ms(ctx);
        return say_special((Echo *) self, ctx, request->text, response);
}

static const Error *echo_buy(EchoService *self, Ctx *ctx, const EchoV1BuyRequest *request,
                             EchoV1BuyResponse *response) {
        (void) self;
        (void) request;
        response->idempotency_key = str_or_empty(ctx->idempotency_key);
        return NULL;
}

static const Error *echo_hold(EchoService *self, Ctx *ctx, const EchoV1HoldRequest *request,
                              EchoV1HoldResponse *response) {
        (void) self;
        (void) ctx;
        (void) request;
        (void) response;
        return NULL;
}

static const Error *echo_hide(EchoService *self, Ctx *ctx, const EchoV1HideRequest *request,
                              EchoV1HideResponse *response) {
        (void) self;
        (void) ctx;
        (void) request;
        (void) response;
        return NULL;
}

static const Error *echo_count(EchoService *self, Ctx *ctx, const EchoV1CountRequest *request,
                               RpcStream *out) {
        Echo *echo = (Echo *) self;
        EchoV1CountResponse *response = echo_v1_count_response_new(ctx->arena);
        char filler[4097];

        memset(filler, 'x', sizeof(filler) - 1);
        filler[sizeof(filler) - 1] = '\0';
        response->filler = filler;
        for (response->number = 1; request->to == 0 || response->number <= request->to; response->number++) {
                const Error *error = echo_service_count_send(out, ctx, response);

                monitor_lock(&echo->monitor);
                echo->n_sent += !error;
                echo->n_cancelled += error != NULL;
                monitor_broadcast(&echo->monitor);
                monitor_unlock(&echo->monitor);
                TRY(error);
        }
        return NULL;
}

void echo_init(Echo *echo) {
        *echo = (Echo) { .base = ECHO_SERVICE_IMPL(echo) };
        monitor_init(&echo->monitor);
}

void echo_open_gate(Echo *echo) {
        monitor_lock(&echo->monitor);
        echo->gate_open = true;
        monitor_broadcast(&echo->monitor);
        monitor_unlock(&echo->monitor);
}

static void wait_for_count(Echo *echo, const int *count, int n, const char *what) {
        int64_t until_us = in_ms(TEST_WAIT_MS);

        monitor_lock(&echo->monitor);
        while (*count < n && monitor_wait(&echo->monitor, until_us))
                ;
        int reached = *count;
        monitor_unlock(&echo->monitor);
        ck_assert_msg(reached >= n, "%d of %d calls %s", reached, n, what);
}

void echo_wait_waiting(Echo *echo, int n) {
        wait_for_count(echo, &echo->n_waiting, n, "wait");
}

void echo_wait_cancelled(Echo *echo, int n) {
        wait_for_count(echo, &echo->n_cancelled, n, "were cancelled");
}

EchoServer *echo_server_start(const EchoSettings *settings) {
        Arena *arena = arena_new();
        EchoServer *server = ARENA_NEW(arena, EchoServer);
        const size_t queue_limit = settings->queue_limit ? settings->queue_limit : 64;

        const char *socket = settings->unix_socket;

        log_successes(LOG_DEBUG);
        server->arena = arena;
        echo_init(&server->echo);
        const size_t n_workers = settings->n_workers ? settings->n_workers : 4;
        server->workers = workers_new(n_workers, queue_limit);
        server->admission = rpc_admission_new(server->workers, n_workers,
                                              &(AdmissionLimits) {
                                                      .n_method_calls = n_workers,
                                                      .n_caller_calls = settings->caller_calls,
                                                      .n_caller_waiting = settings->caller_waiting,
                                                      .n_waiting = queue_limit,
                                              });
        server->server = rpc_server_new(&(RpcServerConfig) {
                .address = socket ? socket : "127.0.0.1",
                .port = settings->port,
                .n_threads = 2,
                .admission = server->admission,
                .verifier = settings->verifier,
        });
        rpc_server_add(server->server, &echo_service_rpc, &server->echo.base, NULL);
        ck_assert_ok(rpc_server_start(server->server, arena));
        server->channel = rpc_remote_channel_new(&(RpcRemoteConfig) {
                .target = socket ? socket
                                 : arena_printf(arena, "127.0.0.1:%u", rpc_server_port(server->server)),
                .name = "tester",
                .signer = settings->signer,
                .timeout_ms = TEST_WAIT_MS,
        });
        server->stub = echo_service_connect(arena, server->channel);
        return server;
}

void echo_server_stop(EchoServer *server) {
        rpc_remote_channel_free(server->channel);
        rpc_server_stop(server->server, TEST_WAIT_MS);
        workers_free(server->workers);
        rpc_admission_free(server->admission);
        rpc_server_free(server->server);
        monitor_destroy(&server->echo.monitor);
        arena_free(server->arena);
}

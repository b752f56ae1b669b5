/* Many calls at a time, streams, overload, cancellation, drain: what a server does under pressure. */
#include <arpa/inet.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "echo.h"
#include "rpc/remote_call_private.h"
#include "support.h"

#define N_CALLERS 64
#define CALLS_EACH 50

/* One call on a thread of its own. */
typedef struct Call {
        EchoServer *server;
        const char *text;
        atomic_bool cancelled;
        Ctx ctx;
        const Error *error;
        EchoV1SayResponse *response;
        pthread_t thread;
} Call;

static void *run_call(void *arg) {
        Call *call = arg;
        EchoV1SayRequest *request = echo_v1_say_request_new(call->ctx.arena);

        request->text = call->text;
        call->response = echo_v1_say_response_new(call->ctx.arena);
        call->error = call->server->stub->say(call->server->stub, &call->ctx, request, call->response);
        return NULL;
}

static void call_start(Call *call, EchoServer *server, const char *text) {
        *call = (Call) { .server = server, .text = text, .ctx = ctx_background(arena_new()) };
        call->ctx.cancelled = &call->cancelled;
        pthread_create(&call->thread, NULL, run_call, call);
}

static void call_join(Call *call) {
        pthread_join(call->thread, NULL);
}

static void call_free(Call *call) {
        arena_free(call->ctx.arena);
}

static void *call_many_times(void *arg) {
        Call *call = arg;

        for (int i = 0; i < CALLS_EACH && !call->error; i++) {
                run_call(call);
                if (!call->error)
                        ck_assert_str_eq(call->response->text, call->text);
                arena_reset(call->ctx.arena);
        }
        return NULL;
}

TEST(many_threads_call_at_once) {
        EchoServer *server = echo_server_start(&(EchoSettings) { .queue_limit = N_CALLERS });
        Call calls[N_CALLERS];

        for (int i = 0; i < N_CALLERS; i++) {
                calls[i] = (Call) { .server = server, .ctx = ctx_background(arena_new()) };
                calls[i].text = arena_printf(server->arena, "caller %d", i);
                pthread_create(&calls[i].thread, NULL, call_many_times, &calls[i]);
        }
        for (int i = 0; i < N_CALLERS; i++) {
                call_join(&calls[i]);
                ck_assert_ok(calls[i].error);
                call_free(&calls[i]);
        }
        echo_server_stop(server);
}

TEST(a_full_queue_refuses_at_once) {
        EchoServer *server = echo_server_start(&(EchoSettings) { .n_workers = 1, .queue_limit = 1 });
        Call inside, refused;

        call_start(&inside, server, ECHO_WAIT);
        echo_wait_waiting(&server->echo, 1);
        Call queued;
        call_start(&queued, server, "queued");
        while (workers_queued(server->workers) == 0)
                sched_yield();
        call_start(&refused, server, "refused");
        call_join(&refused); /* the others have not ended, and do not before the gate opens */
        const Error *error = ck_assert_reason(refused.error, REASON_OVERLOADED);
        ck_assert_int_eq(error->code, ERROR_RESOURCE_EXHAUSTED);
        ck_assert_int_gt(error->retry_after_ms, 0);
        echo_open_gate(&server->echo);
        call_join(&inside);
        call_join(&queued);
        ck_assert_ok(inside.error);
        ck_assert_ok(queued.error);
        call_free(&inside);
        call_free(&queued);
        call_free(&refused);
        echo_server_stop(server);
}

TEST(a_cancelled_call_ends_on_both_sides) {
        EchoServer *server = echo_server_start(&(EchoSettings) { 0 });
        Call call;

        call_start(&call, server, ECHO_WAIT);
        echo_wait_waiting(&server->echo, 1);
        call.cancelled = true;
        call_join(&call);
        ck_assert_reason(call.error, REASON_CANCELLED);
        echo_wait_cancelled(&server->echo, 1);
        call_free(&call);
        echo_server_stop(server);
}

/* What a client receives of a stream; it may give up. */
typedef struct Received {
        RpcStream base;
        int64_t n;
        int64_t give_up_at;
} Received;

static const Error *receive(RpcStream *self, Ctx *ctx, const ProtobufCMessage *message) {
        Received *received = (Received *) self;

        received->n++;
        ck_assert_int_eq(((const EchoV1CountResponse *) message)->number, received->n);
        if (received->n == received->give_up_at)
                return error_new(ctx->arena, ERROR_CANCELLED, "ENOUGH", "That is enough");
        return NULL;
}

static const Error *count(EchoServer *server, Ctx *ctx, int64_t to, Received *received) {
        EchoV1CountRequest *request = echo_v1_count_request_new(ctx->arena);

        request->to = to;
        received->base.send = receive;
        return server->stub->count(server->stub, ctx, request, &received->base);
}

TEST(a_stream_arrives_whole_and_in_order) {
        EchoServer *server = echo_server_start(&(EchoSettings) { 0 });
        Ctx *ctx = test_ctx();
        Received received = { .n = 0 };

        ck_assert_ok(count(server, ctx, 1000, &received));
        ck_assert_int_eq(received.n, 1000);
        ck_assert_uint_lt(arena_used_bytes(ctx->arena), 100000);
        echo_server_stop(server);
}

TEST(a_client_that_has_enough_ends_the_stream_at_its_source) {
        EchoServer *server = echo_server_start(&(EchoSettings) { 0 });
        Received received = { .give_up_at = 10 };

        ck_assert_reason(count(server, test_ctx(), 0, &received), "ENOUGH");
        ck_assert_int_eq(received.n, 10);
        echo_wait_cancelled(&server->echo, 1);
        echo_server_stop(server);
}

static const Error *never_return(RpcStream *self, Ctx *ctx, const ProtobufCMessage *message) {
        (void) self;
        (void) message;
        while (!ctx_check(ctx))
                sched_yield();
        return ctx_check(ctx);
}

/* The client reads nothing more: the server may fill the connection's windows, then has to wait. */
TEST(a_stream_sends_no_faster_than_its_client_reads) {
        EchoServer *server = echo_server_start(&(EchoSettings) { 0 });
        Ctx *ctx = test_ctx();
        EchoV1CountRequest *request = echo_v1_count_request_new(ctx->arena);
        RpcStream slow = { .send = never_return };

        ctx_limit(ctx, 2000);
        ck_assert_reason(server->stub->count(server->stub, ctx, request, &slow), REASON_DEADLINE_EXCEEDED);
        echo_wait_cancelled(&server->echo, 1);
        monitor_lock(&server->echo.monitor);
        ck_assert_int_lt(server->echo.n_sent, 5000);
        monitor_unlock(&server->echo.monitor);
        echo_server_stop(server);
}

static void *stop_server(void *server) {
        rpc_server_stop(server, TEST_WAIT_MS);
        return NULL;
}

/* gRPC core may drop a call that comes just as the shutdown begins: that one ends at its deadline. */
static bool is_refused(void *arg) {
        Call late = { .server = arg, .text = "late", .ctx = ctx_background(arena_new()) };

        ctx_limit(&late.ctx, 500);
        run_call(&late);
        bool refused = error_is(late.error, REASON_UNAVAILABLE);
        call_free(&late);
        return refused;
}

TEST(a_drain_finishes_the_call_in_flight_and_takes_no_new_ones) {
        EchoServer *server = echo_server_start(&(EchoSettings) { 0 });
        pthread_t stopper;
        Call call;

        call_start(&call, server, ECHO_WAIT);
        echo_wait_waiting(&server->echo, 1);
        pthread_create(&stopper, NULL, stop_server, server->server);
        test_wait_until(is_refused, server, TEST_WAIT_MS, "new calls are refused");
        echo_open_gate(&server->echo);
        call_join(&call);
        ck_assert_ok(call.error);
        ck_assert_str_eq(call.response->text, ECHO_WAIT);
        call_free(&call);
        pthread_join(stopper, NULL);
        rpc_remote_channel_free(server->channel);
        workers_free(server->workers);
        rpc_admission_free(server->admission);
        rpc_server_free(server->server);
        arena_free(server->arena);
}

/* So long gRPC core itself waits for a client that is silent. */
#define GRPC_PATIENCE_MS 20000

/* It says hello and reads nothing: neither the server's goodbye nor its ping. */
static int silent_client(uint16_t port) {
        static const char hello[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0";
        struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port),
                                       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
        int fd = socket(AF_INET, SOCK_STREAM, 0);

        ck_assert_int_eq(connect(fd, (struct sockaddr *) &address, sizeof(address)), 0);
        ck_assert_int_eq(send(fd, hello, sizeof(hello), 0), sizeof(hello));
        ck_assert_int_eq(recv(fd, (char[1]) { 0 }, 1, MSG_PEEK), 1); /* its connection is served */
        return fd;
}

TEST(a_client_that_reads_nothing_does_not_hold_up_the_stop) {
        EchoServer *server = echo_server_start(&(EchoSettings) { 0 });
        int fd = silent_client(rpc_server_port(server->server));

        int64_t begin_us = clock_monotonic_us();
        rpc_server_stop(server->server, 60000);
        ck_assert_int_lt(clock_monotonic_us() - begin_us, GRPC_PATIENCE_MS * 1000);
        close(fd);
        rpc_remote_channel_free(server->channel);
        workers_free(server->workers);
        rpc_admission_free(server->admission);
        rpc_server_free(server->server);
        arena_free(server->arena);
}

TEST(a_call_that_outlives_the_drain_is_cancelled) {
        EchoServer *server = echo_server_start(&(EchoSettings) { 0 });
        Call call;

        call_start(&call, server, ECHO_WAIT);
        echo_wait_waiting(&server->echo, 1);
        int64_t begin_us = clock_monotonic_us();
        rpc_server_stop(server->server, 100);
        ck_assert_int_lt(clock_monotonic_us() - begin_us, TEST_WAIT_MS * 1000 / 2); /* the call has longer */
        call_join(&call);
        ck_assert_ptr_nonnull(call.error);
        echo_wait_cancelled(&server->echo, 1);
        call_free(&call);
        rpc_remote_channel_free(server->channel);
        workers_free(server->workers);
        rpc_admission_free(server->admission);
        rpc_server_free(server->server);
        arena_free(server->arena);
}

TEST(a_taken_port_is_an_error) {
        EchoServer *server = echo_server_start(&(EchoSettings) { 0 });
        RpcServer *second = rpc_server_new(&(RpcServerConfig) {
                .address = "127.0.0.1",
                .port = rpc_server_port(server->server),
                .n_threads = 1,
                .admission = server->admission,
        });

        const Error *error = ck_assert_reason(rpc_server_start(second, server->arena), REASON_UNAVAILABLE);
        ck_assert_str_eq(error->message, arena_printf(server->arena,
                                                      "Cannot listen at 127.0.0.1:%u: the port is taken, or "
                                                      "the address is not of this machine",
                                                      rpc_server_port(server->server)));
        rpc_server_free(second);
        echo_server_stop(server);
}

TEST(nobody_there_fails_long_before_the_deadline) {
        Ctx *ctx = test_ctx();
        RpcChannel *channel =
                rpc_remote_channel_new(&(RpcRemoteConfig) { .target = "127.0.0.1:1", .timeout_ms = 60000 });
        EchoService *stub = echo_service_connect(ctx->arena, channel);

        ctx_limit(ctx, 60000);
        ck_assert_reason(stub->say(stub, ctx, echo_v1_say_request_new(ctx->arena),
                                   echo_v1_say_response_new(ctx->arena)),
                         REASON_UNAVAILABLE);
        ck_assert_int_gt(ctx_remaining_ms(ctx), 30000);
        rpc_remote_channel_free(channel);
}

/* A service that begins to listen once a call has found nobody. */
typedef struct Starter {
        uint16_t port;
        RpcChannel *channel;
} Starter;

static bool has_found_nobody(void *arg) {
        const RemoteChannel *channel = arg;

        return grpc_channel_check_connectivity_state(channel->channel, 0) == GRPC_CHANNEL_TRANSIENT_FAILURE;
}

static void *start_late(void *arg) {
        const Starter *starter = arg;

        test_wait_until(has_found_nobody, starter->channel, TEST_WAIT_MS, "the call has found nobody");
        return echo_server_start(&(EchoSettings) { .port = starter->port });
}

TEST(a_call_waits_for_a_service_that_is_about_to_listen) {
        EchoServer *server = echo_server_start(&(EchoSettings) { 0 });
        Starter starter = { .port = rpc_server_port(server->server) };
        Ctx *ctx = test_ctx();
        pthread_t thread;
        void *restarted;

        echo_server_stop(server);
        starter.channel = rpc_remote_channel_new(&(RpcRemoteConfig) {
                .target = arena_printf(ctx->arena, "127.0.0.1:%u", starter.port),
                .timeout_ms = TEST_WAIT_MS });
        EchoService *stub = echo_service_connect(ctx->arena, starter.channel);
        pthread_create(&thread, NULL, start_late, &starter);
        ck_assert_ok(stub->say(stub, ctx, echo_v1_say_request_new(ctx->arena),
                               echo_v1_say_response_new(ctx->arena)));
        pthread_join(thread, &restarted);
        rpc_remote_channel_free(starter.channel);
        echo_server_stop(restarted);
}

/* In a process of its own, which can be killed: says its port, then serves for ever. */
static pid_t start_server_process(uint16_t *ret_port) {
        int pipe_ends[2];

        ck_assert_int_eq(pipe(pipe_ends), 0);
        pid_t pid = fork();
        if (pid == 0) {
                EchoServer *server = echo_server_start(&(EchoSettings) { 0 });
                uint16_t port = rpc_server_port(server->server);

                if (write(pipe_ends[1], &port, sizeof(port)) != sizeof(port))
                        _exit(1);
                for (;;)
                        pause();
        }
        ck_assert_int_eq(read(pipe_ends[0], ret_port, sizeof(*ret_port)), sizeof(*ret_port));
        return pid;
}

/* The answer shows that the server works on the call: it is killed after the first message of a stream. */
typedef struct Killer {
        RpcStream base;
        pid_t pid;
} Killer;

static const Error *kill_server(RpcStream *self, Ctx *ctx, const ProtobufCMessage *message) {
        (void) ctx;
        (void) message;
        kill(((Killer *) self)->pid, SIGKILL);
        return NULL;
}

/* The channel may take a moment to see that the connection is gone. */
static bool is_known_to_be_away(void *arg) {
        EchoService *stub = arg;
        Ctx *ctx = test_ctx();

        return error_is(stub->say(stub, ctx, echo_v1_say_request_new(ctx->arena),
                                  echo_v1_say_response_new(ctx->arena)),
                        REASON_UNAVAILABLE);
}

TEST(a_connection_that_breaks_before_the_answer_leaves_it_uncertain) {
        Ctx *ctx = test_ctx();
        uint16_t port;
        Killer killer = { .base = { .send = kill_server }, .pid = start_server_process(&port) };
        const char *target = arena_printf(ctx->arena, "127.0.0.1:%u", port);
        RpcChannel *channel =
                rpc_remote_channel_new(&(RpcRemoteConfig) { .target = target, .timeout_ms = TEST_WAIT_MS });
        EchoService *stub = echo_service_connect(ctx->arena, channel);

        const Error *error = stub->count(stub, ctx, echo_v1_count_request_new(ctx->arena), &killer.base);
        ck_assert_reason(error, REASON_WRITE_UNCERTAIN);
        ck_assert_int_eq(error->code, ERROR_UNAVAILABLE);
        test_wait_until(is_known_to_be_away, stub, TEST_WAIT_MS, "calls fail before they are sent");
        rpc_remote_channel_free(channel);
        waitpid(killer.pid, NULL, 0);
}

TEST(a_service_that_is_away_shows_no_address) {
        Ctx *ctx = test_ctx();
        RpcChannel *channel =
                rpc_remote_channel_new(&(RpcRemoteConfig) { .target = "127.0.0.1:1", .timeout_ms = 60000 });
        EchoService *stub = echo_service_connect(ctx->arena, channel);

        const Error *error = ck_assert_reason(stub->say(stub, ctx, echo_v1_say_request_new(ctx->arena),
                                                        echo_v1_say_response_new(ctx->arena)),
                                              REASON_UNAVAILABLE);
        ck_assert_str_eq(error->message, "The service does not answer");
        ck_assert_ptr_nonnull(error->cause);
        ck_assert_ptr_null(error->cause->reason);
        ck_assert_ptr_nonnull(strstr(error->cause->message, "127.0.0.1:1"));
        rpc_remote_channel_free(channel);
}

int main(void) {
        Suite *suite = suite_create("load");
        TCase *tests = tcase_create("load");

        tcase_set_timeout(tests, 30);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}

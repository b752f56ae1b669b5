/* Calls over a real connection: what the remote channel sends is what the handler gets, and back. */
#include <sched.h>
#include <string.h>

#include "base/clock.h"
#include "base/task.h"
#include "base/workers.h"
#include "echo.h"
#include "proto/message.h"
#include "support.h"

static TestList identity_tests;

/* gRPC sends a timeout with two or three digits, rounded up. */
#define WIRE_ROUNDING_MS 100

static EchoServer *server;

static void set_up(void) {
        server = echo_server_start(&(EchoSettings) { 0 });
}

static void tear_down(void) {
        echo_server_stop(server);
}

static const Error *say(Ctx *ctx, const char *text, EchoV1SayResponse **ret_response) {
        EchoV1SayRequest *request = echo_v1_say_request_new(ctx->arena);

        request->text = text;
        *ret_response = echo_v1_say_response_new(ctx->arena);
        return server->stub->say(server->stub, ctx, request, *ret_response);
}

TEST(a_call_comes_back_with_its_answer) {
        Ctx *ctx = test_ctx();
        EchoV1SayResponse *response;

        ck_assert_ok(say(ctx, "caf\xC3\xA9", &response));
        ck_assert_str_eq(response->text, "caf\xC3\xA9");
        ck_assert_str_eq(response->caller_id, "");
}

TEST(trace_and_request_id_travel_along) {
        Ctx *ctx = test_ctx();
        EchoV1SayResponse *response;

        strcpy(ctx->trace.trace_id, "0af7651916cd43dd8448eb211c80319c");
        strcpy(ctx->trace.span_id, "b7ad6b7169203331");
        ctx->trace.request_id = "req-1";
        ck_assert_ok(say(ctx, "x", &response));
        ck_assert_str_eq(response->trace_id, "0af7651916cd43dd8448eb211c80319c");
        ck_assert_str_eq(response->request_id, "req-1");
}

TEST(the_deadline_travels_along) {
        Ctx *ctx = test_ctx();
        EchoV1SayResponse *response;

        ctx_limit(ctx, TEST_WAIT_MS / 2);
        ck_assert_ok(say(ctx, "x", &response));
        ck_assert_int_le(response->remaining_ms, TEST_WAIT_MS / 2 + WIRE_ROUNDING_MS);
        ck_assert_int_gt(response->remaining_ms, 0);
}

TEST(a_call_without_a_deadline_gets_one_from_its_channel) {
        Ctx *ctx = test_ctx();
        EchoV1SayResponse *response;

        ck_assert_ok(say(ctx, "x", &response));
        ck_assert_int_le(response->remaining_ms, TEST_WAIT_MS + WIRE_ROUNDING_MS);
}

TEST(a_call_that_is_late_ends_on_both_sides) {
        Ctx *ctx = test_ctx();
        EchoV1SayResponse *response;

        ck_assert_ok(say(ctx, "connect", &response));
        int64_t begin_us = clock_monotonic_us();
        ctx_limit(ctx, 1000);
        ck_assert_reason(say(ctx, ECHO_WAIT, &response), REASON_DEADLINE_EXCEEDED);
        ck_assert_int_lt(clock_monotonic_us() - begin_us, TEST_WAIT_MS * 1000);
        echo_wait_cancelled(&server->echo, 1);
}

static const Error *wait_at_gate(Ctx *ctx, void *arg) {
        (void) arg;
        EchoV1SayResponse *response;

        return say(ctx, ECHO_WAIT, &response);
}

static const Error *open_gate(Ctx *ctx, void *arg) {
        (void) ctx;
        echo_wait_waiting(arg, 1);
        echo_open_gate(arg);
        return NULL;
}

/* The first step waits for an answer that the second makes possible: it would be late. */
TEST(who_waits_for_a_service_lets_other_steps_go_on) {
        Ctx *ctx = test_ctx();

        ctx->workers = workers_new(1, 1);
        while (workers_idle(ctx->workers) == 0)
                sched_yield();
        TaskGroup *group = task_group_new(ctx);
        task_run(group, wait_at_gate, NULL);
        task_run(group, open_gate, &server->echo);
        ck_assert_ok(task_join(group));
        workers_free(ctx->workers);
}

TEST(reply_headers_come_back) {
        Ctx *ctx = test_ctx();
        EchoV1SayResponse *response;

        ck_assert_ok(say(ctx, ECHO_HEADER, &response));
        ck_assert_ptr_nonnull(ctx->reply_headers);
        ck_assert_str_eq(ctx->reply_headers->name, "idempotent-replayed");
        ck_assert_str_eq(ctx->reply_headers->value, "true");
        ck_assert_ptr_null(ctx->reply_headers->next);
}

TEST(an_error_comes_back_as_it_was) {
        EchoV1SayResponse *response;
        const Error *error = ck_assert_reason(say(test_ctx(), ECHO_FAIL, &response), "PRODUCT_OUT_OF_STOCK");

        ck_assert_int_eq(error->code, ERROR_FAILED_PRECONDITION);
        ck_assert_str_eq(error->message, "Nothing \"is\" left, caf\xC3\xA9");
        ck_assert_int_eq(error->retry_after_ms, 1250);
        ck_assert_uint_eq(error->n_records, 2);
        ck_assert_str_eq(error->records[0].values[0].key, "sku");
        ck_assert_str_eq(error->records[0].values[0].text, "SKU-1");
        ck_assert_ptr_null(error->records[0].values[1].text);
        ck_assert_int_eq(error->records[0].values[1].number, -3);
        ck_assert_str_eq(error->records[1].values[0].text, "");
        ck_assert_uint_eq(error->n_violations, 2);
        ck_assert_str_eq(error->violations[0].field, "items[0].quantity");
        ck_assert_str_eq(error->violations[1].description, "should not be \"fail\"");
}

TEST(an_internal_error_tells_nothing) {
        EchoV1SayResponse *response;
        const Error *error = say(test_ctx(), ECHO_BREAK, &response);

        ck_assert_ptr_nonnull(error);
        ck_assert_ptr_null(error->reason);
        ck_assert_ptr_null(strstr(error->message, "secret"));
}

TEST(an_answer_that_is_too_large_is_an_internal_error) {
        EchoV1SayResponse *response;
        const Error *error = say(test_ctx(), ECHO_LARGE, &response);

        ck_assert_ptr_nonnull(error);
        ck_assert_ptr_null(error->reason);
}

TEST(a_request_may_be_as_large_as_messages_and_no_larger) {
        Ctx *ctx = test_ctx();
        EchoV1SayResponse *response;
        char *text = arena_alloc(ctx->arena, MESSAGE_MAX_BYTES);

        memset(text, 'x', MESSAGE_MAX_BYTES - 100);
        ck_assert_ok(say(ctx, text, &response));
        ck_assert_uint_eq(strlen(response->text), MESSAGE_MAX_BYTES - 100);
        memset(text, 'x', MESSAGE_MAX_BYTES - 1);
        ck_assert_reason(say(ctx, text, &response), REASON_INVALID_REQUEST);
}

TEST(violations_of_the_rules_come_back) {
        Ctx *ctx = test_ctx();
        EchoV1SayRequest *request = echo_v1_say_request_new(ctx->arena);

        request->number = -1;
        const Error *error = ck_assert_reason(
                server->stub->say(server->stub, ctx, request, echo_v1_say_response_new(ctx->arena)),
                REASON_INVALID_REQUEST);
        ck_assert_int_eq(error->code, ERROR_INVALID_ARGUMENT);
        ck_assert_uint_eq(error->n_violations, 1);
        ck_assert_str_eq(error->violations[0].field, "number");
}

TEST(an_idempotency_key_that_is_no_header_is_refused) {
        Ctx *ctx = test_ctx();
        EchoV1SayResponse *response;

        ctx->idempotency_key = "0123456789abcdef\n";
        ck_assert_reason(say(ctx, "x", &response), REASON_INVALID_REQUEST);
}

static RpcMethod method_at(const char *path) {
        RpcMethod method = echo_service_rpc.methods[0];

        method.path = path;
        return method;
}

static const Error *call_method(Ctx *ctx, const RpcMethod *method, const ProtobufCMessage *request) {
        return server->channel->call(server->channel, ctx, method, request,
                                     proto_message_new(ctx->arena, method->response));
}

TEST(an_unknown_method_is_refused_at_once) {
        Ctx *ctx = test_ctx();
        const RpcMethod method = method_at("/echo.v1.EchoService/Shout");
        int64_t begin_us = clock_monotonic_us();

        for (int i = 0; i < 20; i++) {
                const Error *error = call_method(ctx, &method, proto_message_new(ctx->arena, method.request));

                ck_assert_reason(error, REASON_UNIMPLEMENTED);
                ck_assert_int_eq(error->code, ERROR_UNIMPLEMENTED);
        }
        ck_assert_int_lt(clock_monotonic_us() - begin_us, TEST_WAIT_MS * 1000);
}

/*
 * Sends bytes that no honest stub would: they stand in the same field, of a message that does not check them.
 */
static const Error *send_raw_to(const char *path, uint32_t tag, const uint8_t *bytes, size_t n_bytes) {
        Ctx *ctx = test_ctx();
        const RpcMethod method = method_at(path);
        ProtobufCMessage *request = proto_message_new(ctx->arena, method.request);
        ProtobufCMessageUnknownField field = {
                .tag = tag,
                .wire_type = PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED,
                .len = n_bytes,
                .data = (uint8_t *) bytes,
        };

        request->n_unknown_fields = 1;
        request->unknown_fields = &field;
        return call_method(ctx, &method, request);
}

static const Error *send_raw(uint32_t tag, const uint8_t *bytes, size_t n_bytes) {
        return send_raw_to("/echo.v1.EchoService/Say", tag, bytes, n_bytes);
}

TEST(text_that_is_not_utf8_is_refused) {
        const Error *error = ck_assert_reason(send_raw(1, (const uint8_t[]) { 3, 'a', 0xC3, 'b' }, 4),
                                              REASON_INVALID_REQUEST);

        ck_assert_int_eq(error->code, ERROR_INVALID_ARGUMENT);
        ck_assert_ok(send_raw(1, (const uint8_t[]) { 2, 0xC3, 0xA9 }, 3));
}

/* Each level is `next` of a Branch: tag 1, length, and the levels below. */
static size_t nest(uint8_t *bytes, size_t n_levels) {
        uint8_t *begin = bytes + 100000, *end = begin;

        for (size_t i = 0; i < n_levels; i++) {
                size_t below = (size_t) (end - begin);

                if (below > 16383)
                        *--begin = (uint8_t) (below >> 14);
                if (below > 127)
                        *--begin = (uint8_t) (below >> 7 & 0x7F) | (below > 16383 ? 0x80 : 0);
                *--begin = (uint8_t) (below & 0x7F) | (below > 127 ? 0x80 : 0);
                if (i + 1 < n_levels)
                        *--begin = 1 << 3 | PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED;
        }
        size_t n_bytes = (size_t) (end - begin);
        memmove(bytes, begin, n_bytes);
        return n_bytes;
}

TEST(a_nesting_bomb_is_refused) {
        static uint8_t bytes[100001];

        ck_assert_reason(send_raw(3, bytes, nest(bytes, 10000)), REASON_INVALID_REQUEST);
        ck_assert_reason(send_raw(3, bytes, nest(bytes, MESSAGE_MAX_DEPTH + 1)), REASON_INVALID_REQUEST);
        ck_assert_ok(send_raw(3, bytes, nest(bytes, MESSAGE_MAX_DEPTH - 1)));
}

TEST(calls_go_over_a_unix_socket) {
        Ctx *ctx = test_ctx();
        EchoV1SayResponse *response;

        echo_server_stop(server);
        server = echo_server_start(&(EchoSettings) {
                .unix_socket = arena_printf(ctx->arena, "unix:%s/echo", test_folder()),
        });
        ck_assert_ok(say(ctx, "here", &response));
        ck_assert_str_eq(response->text, "here");
        ck_assert_uint_eq(rpc_server_port(server->server), 0);
}

static TokenSigner *signer;
static TokenVerifier *verifier;

static void set_up_with_tokens(void) {
        const char *key, *jwks;

        ck_assert_ok(auth_token_make_key(test_ctx()->arena, "service:tester for:customer for:seller", &key,
                                         &jwks));
        ck_assert_ok(auth_token_signer_new(test_ctx()->arena, key, &signer));
        ck_assert_ok(auth_token_verifier_new(test_ctx()->arena, jwks, &verifier));
        server = echo_server_start(&(EchoSettings) { .verifier = verifier, .signer = signer });
}

static void tear_down_with_tokens(void) {
        echo_server_stop(server);
        auth_token_signer_free(signer);
        auth_token_verifier_free(verifier);
}

TEST_OF(identity_tests, the_caller_travels_with_the_service_that_acts_for_it) {
        Ctx *ctx = test_ctx();
        const Caller caller = { .id = "CUST-1", .roles = ROLE_CUSTOMER | ROLE_SELLER };
        EchoV1SayResponse *response;

        ctx->caller = &caller;
        ck_assert_ok(say(ctx, "x", &response));
        ck_assert_str_eq(response->caller_id, "CUST-1");
        ck_assert_str_eq(response->caller_service, "tester");
        ck_assert_uint_eq(response->caller_roles, ROLE_CUSTOMER | ROLE_SELLER);
}

TEST_OF(identity_tests, a_service_without_a_caller_calls_as_itself) {
        Ctx *ctx = test_ctx();
        EchoV1SayResponse *response;

        ck_assert_ok(say(ctx, "x", &response));
        ck_assert_str_eq(response->caller_id, "tester");
        ck_assert_uint_eq(response->caller_roles, ROLE_SERVICE);
        ck_assert_ok(server->stub->hold(server->stub, ctx, echo_v1_hold_request_new(ctx->arena),
                                        echo_v1_hold_response_new(ctx->arena)));
        ck_assert_reason(server->stub->buy(server->stub, ctx, echo_v1_buy_request_new(ctx->arena),
                                           echo_v1_buy_response_new(ctx->arena)),
                         REASON_PERMISSION_DENIED);
}

TEST_OF(identity_tests, the_idempotency_key_travels_along) {
        Ctx *ctx = test_ctx();
        const Caller caller = { .id = "CUST-1", .roles = ROLE_CUSTOMER };
        EchoV1BuyResponse *response = echo_v1_buy_response_new(ctx->arena);

        ctx->caller = &caller;
        ctx->idempotency_key = "0123456789abcdef";
        ck_assert_ok(server->stub->buy(server->stub, ctx, echo_v1_buy_request_new(ctx->arena), response));
        ck_assert_str_eq(response->idempotency_key, "0123456789abcdef");
}

/* The text claims more bytes than there are: nobody who may not call learns so, or has them unpacked. */
TEST_OF(identity_tests, who_may_not_call_is_refused_before_the_request_is_read) {
        static const uint8_t too_short[] = { 0x7F };

        ck_assert_reason(send_raw_to("/echo.v1.EchoService/Buy", 1, too_short, sizeof(too_short)),
                         REASON_PERMISSION_DENIED);
        ck_assert_reason(send_raw(1, too_short, sizeof(too_short)), REASON_INVALID_REQUEST);
}

int main(void) {
        Suite *suite = suite_create("calls");
        TCase *tests = tcase_create("calls");

        tcase_add_checked_fixture(tests, set_up, tear_down);
        test_add(tests);
        suite_add_tcase(suite, tests);

        TCase *identity = tcase_create("identity");
        tcase_add_checked_fixture(identity, set_up_with_tokens, tear_down_with_tokens);
        test_add_list(identity, identity_tests);
        suite_add_tcase(suite, identity);
        return test_main(suite);
}

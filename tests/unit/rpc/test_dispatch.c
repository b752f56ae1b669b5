#include "rpc/middleware.h"

#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/metrics.h"
#include "echo.h"
#include "rpc/local.h"
#include "support.h"

#define ECHO "/echo.v1.EchoService/"

static Echo echo_service;

static const RpcMethod *method(const char *name) {
        for (size_t i = 0; i < echo_service_rpc.n_methods; i++)
                if (str_equal(echo_service_rpc.methods[i].name, name))
                        return &echo_service_rpc.methods[i];
        ck_abort_msg("no method %s", name);
}

static Ctx *ctx_of(unsigned roles) {
        Ctx *ctx = test_ctx();
        Caller *caller = ARENA_NEW(ctx->arena, Caller);

        *caller = (Caller) { .id = "CUST-1", .roles = roles };
        ctx->caller = caller;
        return ctx;
}

static const Error *dispatch(Ctx *ctx, const char *name) {
        const RpcMethod *called = method(name);

        echo_init(&echo_service);
        return rpc_dispatch(ctx, &(RpcCall) {
                                         .service = &echo_service_rpc,
                                         .method = called,
                                         .implementation = &echo_service.base,
                                         .request = proto_message_new(ctx->arena, called->request),
                                         .response = proto_message_new(ctx->arena, called->response),
                                 });
}

TEST(lets_those_call_that_the_method_names) {
        static const struct {
                const char *method;
                unsigned roles;
                const char *reason; /* NULL: may call */
        } cases[] = {
                { "Say", 0, NULL },
                { "Say", ROLE_CUSTOMER, NULL },
                { "Buy", 0, REASON_UNAUTHENTICATED },
                { "Buy", ROLE_CUSTOMER, NULL },
                { "Buy", ROLE_CUSTOMER | ROLE_SERVICE, NULL },
                { "Buy", ROLE_SELLER, REASON_PERMISSION_DENIED },
                { "Buy", ROLE_ADMIN, REASON_PERMISSION_DENIED },
                { "Buy", ROLE_ANYONE, REASON_PERMISSION_DENIED },
                { "Hold", 0, REASON_UNAUTHENTICATED },
                { "Hold", ROLE_CUSTOMER | ROLE_SELLER | ROLE_ADMIN, REASON_PERMISSION_DENIED },
                { "Hold", ROLE_SERVICE, NULL },
                { "Hide", 0, REASON_PERMISSION_DENIED },
                { "Hide", ROLE_CUSTOMER | ROLE_SELLER | ROLE_ADMIN | ROLE_SERVICE | ROLE_ANYONE,
                  REASON_PERMISSION_DENIED },
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                const Error *error = dispatch(ctx_of(cases[i].roles), cases[i].method);

                ck_assert_msg(cases[i].reason ? error_is(error, cases[i].reason) : !error, "%s by %u: %s",
                              cases[i].method, cases[i].roles, error ? error->reason : "allowed");
        }
}

TEST(a_service_may_call_what_services_may_whoever_it_acts_for) {
        Ctx *ctx = ctx_of(ROLE_CUSTOMER);
        const Caller through_service = { .id = "CUST-1", .roles = ROLE_CUSTOMER, .service = "order" };

        const Error *refused = ck_assert_reason(dispatch(ctx, "Hold"), REASON_PERMISSION_DENIED);
        ck_assert_str_eq(refused->message, "This caller may not call Hold: say it");
        ctx->caller = &through_service;
        ck_assert_ok(dispatch(ctx, "Hold"));
}

TEST(checks_the_request_before_the_handler) {
        Ctx *ctx = test_ctx();
        EchoV1SayRequest *request = echo_v1_say_request_new(ctx->arena);
        const RpcCall call = {
                .service = &echo_service_rpc,
                .method = method("Say"),
                .implementation = &echo_service.base,
                .request = &request->base,
                .response = &echo_v1_say_response_new(ctx->arena)->base,
        };

        echo_init(&echo_service);
        request->number = 1000;
        ck_assert_ok(rpc_dispatch(ctx, &call));
        request->number = 1001;
        const Error *error = ck_assert_reason(rpc_dispatch(ctx, &call), REASON_INVALID_REQUEST);
        ck_assert_uint_eq(error->n_violations, 1);
        ck_assert_str_eq(error->violations[0].field, "number");
}

static const Error *dispatch_with_unknown(const Caller *caller) {
        static const uint8_t one[] = { 1 };
        Ctx *ctx = test_ctx();
        EchoV1SayRequest *request = echo_v1_say_request_new(ctx->arena);
        ProtobufCMessageUnknownField field = { .tag = 17, .len = 1, .data = (uint8_t *) one };

        echo_init(&echo_service);
        ctx->caller = caller;
        request->tree = echo_v1_branch_new(ctx->arena);
        request->tree->base.n_unknown_fields = 1;
        request->tree->base.unknown_fields = &field;
        return rpc_dispatch(ctx, &(RpcCall) {
                .service = &echo_service_rpc,
                .method = method("Say"),
                .implementation = &echo_service.base,
                .request = &request->base,
                .response = &echo_v1_say_response_new(ctx->arena)->base,
        });
}

/* During a rolling update a service of the next release may say more than this one knows. */
TEST(only_services_may_send_fields_that_are_not_known) {
        const Caller customer = { .id = "CUST-1", .roles = ROLE_CUSTOMER };
        const Caller service = { .id = "CUST-1", .roles = ROLE_CUSTOMER, .service = "order" };

        ck_assert_ok(dispatch_with_unknown(&service));
        const Error *error = ck_assert_reason(dispatch_with_unknown(&customer), REASON_INVALID_REQUEST);
        ck_assert_str_eq(error->violations[0].field, "tree.17");
}

TEST(stops_what_is_late_or_cancelled_before_the_handler) {
        Ctx *ctx = test_ctx();
        atomic_bool cancelled = true;

        ctx->deadline_us = clock_monotonic_us() - 1;
        ck_assert_reason(dispatch(ctx, "Say"), REASON_DEADLINE_EXCEEDED);
        ctx = test_ctx();
        ctx->cancelled = &cancelled;
        ck_assert_reason(dispatch(ctx, "Say"), REASON_CANCELLED);
}

TEST(makes_trace_ids_that_are_missing) {
        Ctx *ctx = test_ctx();

        ck_assert_ok(dispatch(ctx, "Say"));
        ck_assert_uint_eq(strlen(ctx->trace.trace_id), 32);
        ck_assert_uint_eq(strlen(ctx->trace.span_id), 16);
        ck_assert_str_eq(ctx->trace.request_id, ctx->trace.trace_id);
}

TEST(holds_idempotency_keys_to_their_limits) {
        static const struct {
                size_t n_bytes;
                char filler;
                bool fits;
        } cases[] = {
                { 15, 'k', false }, { 16, 'k', true },   { 255, 'k', true },    { 256, 'k', false },
                { 20, ' ', false }, { 20, '\n', false }, { 20, '\xC3', false }, { 20, '~', false },
                { 20, '!', false }, { 20, '/', false },  { 20, ':', true },     { 20, '_', true },
                { 0, 'k', false },
        };
        char key[300];

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                Ctx *ctx = ctx_of(ROLE_CUSTOMER);

                memset(key, cases[i].filler, cases[i].n_bytes);
                key[cases[i].n_bytes] = '\0';
                ctx->idempotency_key = key;
                const Error *error = dispatch(ctx, "Buy");
                ck_assert_msg(cases[i].fits == !error, "case %zu", i);
                if (error) {
                        ck_assert_reason(error, REASON_INVALID_REQUEST);
                        ck_assert_str_eq(error->violations[0].field, "Idempotency-Key");
                }
                ck_assert_ok(dispatch(ctx, "Say"));
        }
}

/* A keeper of keys that has an answer, or not, and sees how the call went. */
typedef struct FakeKeys {
        RpcKeys base;
        bool has_answer;
        int n_claims, n_ends;
} FakeKeys;

static const Error *fake_claim(RpcKeys *self, Ctx *ctx, const RpcCall *call, bool *ret_is_replay) {
        FakeKeys *keys = (FakeKeys *) self;

        keys->n_claims++;
        if (keys->has_answer)
                ((EchoV1BuyResponse *) call->response)->idempotency_key = arena_strdup(ctx->arena, "kept");
        *ret_is_replay = keys->has_answer;
        return NULL;
}

static const Error *fake_end(RpcKeys *self, Ctx *ctx, const RpcCall *call, const Error *error) {
        FakeKeys *keys = (FakeKeys *) self;

        (void) ctx;
        (void) call;
        keys->n_ends++;
        return error;
}

static const Error *dispatch_with_keys(FakeKeys *keys, Ctx *ctx, const char *name,
                                       ProtobufCMessage **ret_response) {
        const RpcMethod *called = method(name);

        keys->base = (RpcKeys) { fake_claim, fake_end };
        echo_init(&echo_service);
        *ret_response = proto_message_new(ctx->arena, called->response);
        return rpc_dispatch(ctx, &(RpcCall) {
                                         .service = &echo_service_rpc,
                                         .method = called,
                                         .implementation = &echo_service.base,
                                         .keys = &keys->base,
                                         .request = proto_message_new(ctx->arena, called->request),
                                         .response = *ret_response,
                                 });
}

static const char *bought_with(const ProtobufCMessage *response) {
        return ((const EchoV1BuyResponse *) response)->idempotency_key;
}

TEST(a_key_that_was_answered_is_answered_the_same_without_the_handler) {
        FakeKeys keys = { 0 };
        Ctx *ctx = ctx_of(ROLE_CUSTOMER);
        ProtobufCMessage *response;

        ctx->idempotency_key = "0123456789abcdef";
        ck_assert_ok(dispatch_with_keys(&keys, ctx, "Buy", &response));
        ck_assert_str_eq(bought_with(response), "0123456789abcdef");
        ck_assert_ptr_null(ctx->reply_headers);
        ck_assert_int_eq(keys.n_ends, 1);
        keys.has_answer = true;
        ck_assert_ok(dispatch_with_keys(&keys, ctx, "Buy", &response));
        ck_assert_str_eq(bought_with(response), "kept");
        ck_assert(test_is_replay(ctx));
        ck_assert_int_eq(keys.n_claims, 2);
        ck_assert_int_eq(keys.n_ends, 1);
}

TEST(only_a_key_of_a_method_that_takes_one_is_claimed) {
        FakeKeys keys = { 0 };
        Ctx *ctx = ctx_of(ROLE_CUSTOMER);
        ProtobufCMessage *response;

        ck_assert_ok(dispatch_with_keys(&keys, ctx, "Buy", &response));
        ctx->idempotency_key = "0123456789abcdef";
        ck_assert_ok(dispatch_with_keys(&keys, ctx, "Say", &response));
        ck_assert_int_eq(keys.n_claims, 0);
        ctx->idempotency_key = "short";
        ck_assert_reason(dispatch_with_keys(&keys, ctx, "Buy", &response), REASON_INVALID_REQUEST);
        ck_assert_int_eq(keys.n_claims, 0);
}

TEST(passes_on_what_the_edge_refused) {
        Ctx *ctx = test_ctx();
        const Error *refused =
                error_new(ctx->arena, ERROR_UNAUTHENTICATED, REASON_UNAUTHENTICATED, "The token is forged");

        ck_assert_ptr_eq(rpc_dispatch(ctx, &(RpcCall) { .method = method("Say"), .refused = refused }),
                         refused);
}

TEST(counts_calls_by_method_and_code) {
        StrBuf out = { .arena = test_ctx()->arena };

        ck_assert_ok(dispatch(test_ctx(), "Say"));
        ck_assert_ok(dispatch(test_ctx(), "Say"));
        ck_assert_reason(dispatch(test_ctx(), "Buy"), REASON_UNAUTHENTICATED);
        metrics_write(&out);
        const char *text = strbuf_text(&out);
        ck_assert_ptr_nonnull(
                strstr(text, "millrace_rpc_requests_total{method=\"" ECHO "Say\",code=\"OK\"} 2\n"));
        ck_assert_ptr_nonnull(strstr(
                text,
                "millrace_rpc_requests_total{method=\"" ECHO "Buy\",code=\"UNAUTHENTICATED\"} 1\n"));
        ck_assert_ptr_nonnull(
                strstr(text, "millrace_rpc_duration_seconds_count{method=\"" ECHO "Say\"} 2\n"));
}

#define LOCAL_TIMEOUT_MS 60000

static EchoService *local_stub(Ctx *ctx) {
        static void *implementation;

        echo_init(&echo_service);
        implementation = &echo_service.base;
        return echo_service_connect(ctx->arena, rpc_local_channel_new(ctx->arena, &(RpcLocalConfig) {
                .service = &echo_service_rpc,
                .caller = "order",
                .implementation = &implementation,
                .timeout_ms = LOCAL_TIMEOUT_MS,
        }));
}

static const Error *say(EchoService *stub, Ctx *ctx, char *text, EchoV1SayResponse **ret_response) {
        EchoV1SayRequest *request = echo_v1_say_request_new(ctx->arena);

        request->text = text;
        *ret_response = echo_v1_say_response_new(ctx->arena);
        return stub->say(stub, ctx, request, *ret_response);
}

TEST(a_local_channel_says_who_calls_and_which_service_vouches) {
        Ctx *ctx = ctx_of(ROLE_CUSTOMER), *machine = test_ctx();
        EchoService *stub = local_stub(ctx);
        EchoV1SayResponse *response;

        ck_assert_ok(say(stub, ctx, "hello", &response));
        ck_assert_str_eq(response->text, "hello");
        ck_assert_str_eq(response->caller_id, "CUST-1");
        ck_assert_str_eq(response->caller_service, "order");
        ck_assert_uint_eq(response->caller_roles, ROLE_CUSTOMER);
        ck_assert_str_eq(ctx->caller->id, "CUST-1");
        ck_assert_ptr_null(ctx->caller->service);
        ck_assert_int_le(response->remaining_ms, LOCAL_TIMEOUT_MS);
        ck_assert_int_eq(ctx_remaining_ms(ctx), INT64_MAX);
        ck_assert_ok(say(stub, machine, "hello", &response));
        ck_assert_str_eq(response->caller_id, "order");
        ck_assert_uint_eq(response->caller_roles, ROLE_SERVICE);
}

TEST(a_local_channel_goes_through_the_chain) {
        Ctx *ctx = ctx_of(ROLE_CUSTOMER);
        EchoService *stub = local_stub(ctx);
        EchoV1SayResponse *response;

        ck_assert_ok(stub->hold(stub, ctx, echo_v1_hold_request_new(ctx->arena),
                                echo_v1_hold_response_new(ctx->arena)));
        ck_assert_reason(stub->hide(stub, ctx, echo_v1_hide_request_new(ctx->arena),
                                    echo_v1_hide_response_new(ctx->arena)),
                         REASON_PERMISSION_DENIED);
        ck_assert_ok(say(stub, ctx, ECHO_HEADER, &response));
        ck_assert_ptr_nonnull(ctx->reply_headers);
        ck_assert(test_is_replay(ctx));
}

TEST(a_method_answers_with_its_own_reasons_and_those_of_every_call) {
        ck_assert(rpc_may_answer(method("Say"), "PRODUCT_OUT_OF_STOCK"));
        ck_assert(rpc_may_answer(method("Say"), REASON_INVALID_REQUEST));
        ck_assert(!rpc_may_answer(method("Say"), REASON_IDEMPOTENCY_KEY_REUSED));
        ck_assert(!rpc_may_answer(method("Say"), "NONSENSE"));
        ck_assert(rpc_may_answer(method("Buy"), REASON_UNAVAILABLE));
        ck_assert(!rpc_may_answer(method("Buy"), "PRODUCT_OUT_OF_STOCK"));
}

int main(void) {
        Suite *suite = suite_create("dispatch");
        TCase *tests = tcase_create("dispatch");

        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}

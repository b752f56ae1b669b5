/* What rpcgen wrote, used: the golden service (one of everything), and the tables of the real ones. */
#include <string.h>

#include "base/memory.h"
#include "golden/v1/golden.rpc.h"
#include "google/protobuf/descriptor.rpc.h"
#include "grpc/health/v1/health.rpc.h"
#include "grpc/reflection/v1/reflection.rpc.h"
#include "grpc/reflection/v1alpha/reflection.rpc.h"
#include "order/v1/order.rpc.h"
#include "payment/v1/payment.rpc.h"
#include "warehouse/v1/warehouse.rpc.h"

#include "base/str.h"
#include "support.h"

typedef struct Shop {
        ToolService base;
        const GoldenV1LendToolRequest *lent;
        int n_forgotten;
} Shop;

static const Error *shop_lend_tool(ToolService *self, Ctx *ctx, const GoldenV1LendToolRequest *request,
                                   GoldenV1LendToolResponse *response) {
        ((Shop *) self)->lent = request;
        response->loan = golden_v1_loan_new(ctx->arena);
        response->loan->state = GOLDEN__V1__LOAN_STATE__LOAN_STATE_OUT;
        return NULL;
}

static const Error *shop_forget_tools(ToolService *self, Ctx *ctx, const GoldenV1Empty *request,
                                      GoldenV1Empty *response) {
        (void) request, (void) response;
        ((Shop *) self)->n_forgotten++;
        return error_new(ctx->arena, ERROR_NOT_FOUND, "NO_TOOLS", "there are no tools");
}

static const Error *shop_watch_loans(ToolService *self, Ctx *ctx, const GoldenV1Empty *request,
                                     RpcStream *out) {
        GoldenV1LendToolResponse *answer = golden_v1_lend_tool_response_new(ctx->arena);

        (void) self, (void) request;
        TRY(tool_service_watch_loans_send(out, ctx, answer));
        return tool_service_watch_loans_send(out, ctx, answer);
}

/* Calls the shop as a server does: through the method's untyped functions. */
typedef struct DirectChannel {
        RpcChannel base;
        void *implementation;
        const RpcMethod *called;
} DirectChannel;

static const Error *direct_call(RpcChannel *self, Ctx *ctx, const RpcMethod *method,
                                const ProtobufCMessage *request, ProtobufCMessage *response) {
        DirectChannel *channel = (DirectChannel *) self;

        channel->called = method;
        return method->call(channel->implementation, ctx, request, response);
}

static const Error *direct_stream(RpcChannel *self, Ctx *ctx, const RpcMethod *method,
                                  const ProtobufCMessage *request, RpcStream *out) {
        DirectChannel *channel = (DirectChannel *) self;

        channel->called = method;
        return method->stream(channel->implementation, ctx, request, out);
}

typedef struct CountingStream {
        RpcStream base;
        int n_sent;
        const ProtobufCMessageDescriptor *descriptor;
} CountingStream;

static const Error *count_sent(RpcStream *self, Ctx *ctx, const ProtobufCMessage *message) {
        CountingStream *stream = (CountingStream *) self;

        (void) ctx;
        stream->n_sent++;
        stream->descriptor = message->descriptor;
        return NULL;
}

static Shop shop_new(void) {
        return (Shop) { .base = TOOL_SERVICE_IMPL(shop) };
}

static DirectChannel channel_to(Shop *shop) {
        return (DirectChannel) { .base = { .call = direct_call, .stream = direct_stream },
                                .implementation = shop };
}

TEST(a_stub_reaches_the_handler_through_the_method_table) {
        Ctx *ctx = test_ctx();
        Shop shop = shop_new();
        DirectChannel channel = channel_to(&shop);
        ToolService *stub = tool_service_connect(ctx->arena, &channel.base);
        GoldenV1LendToolRequest *request = golden_v1_lend_tool_request_new(ctx->arena);
        GoldenV1LendToolResponse *response = golden_v1_lend_tool_response_new(ctx->arena);

        ck_assert_ok(stub->lend_tool(stub, ctx, request, response));
        ck_assert_ptr_eq(shop.lent, request);
        ck_assert_ptr_eq(channel.called, &tool_service_rpc.methods[0]);
        ck_assert_int_eq(response->loan->state, GOLDEN__V1__LOAN_STATE__LOAN_STATE_OUT);
}

TEST(a_stub_hands_back_the_error_of_the_handler) {
        Ctx *ctx = test_ctx();
        Shop shop = shop_new();
        DirectChannel channel = channel_to(&shop);
        ToolService *stub = tool_service_connect(ctx->arena, &channel.base);

        ck_assert_reason(stub->forget_tools(stub, ctx, golden_v1_empty_new(ctx->arena),
                                            golden_v1_empty_new(ctx->arena)),
                         "NO_TOOLS");
        ck_assert_int_eq(shop.n_forgotten, 1);
        ck_assert_ptr_null(shop.lent);
}

TEST(a_stream_sends_typed_messages) {
        Ctx *ctx = test_ctx();
        Shop shop = shop_new();
        DirectChannel channel = channel_to(&shop);
        ToolService *stub = tool_service_connect(ctx->arena, &channel.base);
        CountingStream out = { .base = { .send = count_sent } };

        ck_assert_ok(stub->watch_loans(stub, ctx, golden_v1_empty_new(ctx->arena), &out.base));
        ck_assert_int_eq(out.n_sent, 2);
        ck_assert_ptr_eq(out.descriptor, golden_v1_lend_tool_response_info.descriptor);
        ck_assert_str_eq(channel.called->name, "WatchLoans");
}

TEST(a_new_message_is_initialised) {
        GoldenV1LendToolRequest *request = golden_v1_lend_tool_request_new(test_ctx()->arena);

        ck_assert_ptr_eq(request->base.descriptor, golden_v1_lend_tool_request_info.descriptor);
        ck_assert_str_eq(request->tool_id, "");
}

TEST(rules_come_from_the_options_however_they_are_written) {
        const FieldInfo *fields = golden_v1_lend_tool_request_info.fields;

        ck_assert(fields[1].required && fields[1].max_bytes == 64);
        ck_assert(!fields[0].required && fields[0].max_bytes == 0 && !fields[0].has_range);
        ck_assert_int_eq(fields[4].max_items, 3);
        ck_assert_str_eq(fields[4].allowed[0], "a \"b\"");
        ck_assert_str_eq(fields[4].allowed[1], "c");
        ck_assert_ptr_null(fields[4].allowed[2]);
        ck_assert(fields[5].has_range && fields[5].min == -3 && fields[5].max == 0);
        ck_assert_int_eq(fields[6].absent, JSON_ABSENT_NULL);
        ck_assert_int_eq(fields[2].absent, JSON_ABSENT_OMIT);
        ck_assert_int_eq(fields[0].absent, JSON_ABSENT_DEFAULT);
        ck_assert(golden_v1_lend_tool_request_span_info.fields[0].min == INT64_MIN);
        ck_assert(golden_v1_lend_tool_request_span_info.fields[0].max == INT64_MAX);
}

TEST(an_enum_has_a_prefix_only_when_all_its_values_have_it) {
        ck_assert_str_eq(golden_v1_loan_info.fields[0].enum_prefix, "LOAN_STATE_");
        ck_assert_str_eq(golden_v1_lend_tool_request_info.fields[3].enum_prefix, "LOAN_STATE_");
        ck_assert_ptr_null(golden_v1_lend_tool_request_span_info.fields[1].enum_prefix);
        ck_assert_ptr_null(grpc_health_v1_health_check_response_info.fields[0].enum_prefix);
}

TEST(money_and_timestamps_are_known) {
        ck_assert_int_eq(golden_v1_lend_tool_request_info.fields[2].message->kind, MESSAGE_MONEY);
        ck_assert_int_eq(golden_v1_lend_tool_request_info.fields[8].message->kind, MESSAGE_TIMESTAMP);
        ck_assert_int_eq(golden_v1_lend_tool_request_info.kind, MESSAGE_PLAIN);
}

TEST(an_rpc_without_an_option_is_open_to_nobody) {
        ck_assert_uint_eq(tool_service_rpc.methods[0].access,
                          ROLE_CUSTOMER | ROLE_SELLER | ROLE_ADMIN | ROLE_SERVICE);
        ck_assert_uint_eq(tool_service_rpc.methods[1].access, 0);
        ck_assert_uint_eq(tool_service_rpc.methods[2].access, ROLE_ANYONE);
        ck_assert(tool_service_rpc.methods[0].takes_key && !tool_service_rpc.methods[1].takes_key);
        ck_assert(tool_service_rpc.methods[2].takes_key);
        ck_assert(tool_service_rpc.methods[0].long_running && !tool_service_rpc.methods[2].long_running);
}

TEST(an_rpc_lists_its_errors_by_their_names_alone) {
        const char *const *errors = tool_service_rpc.methods[0].errors;

        ck_assert_str_eq(errors[0], "TOOL_IS_OUT");
        ck_assert_str_eq(errors[1], "PAYMENT_FAILED");
        ck_assert_ptr_null(errors[2]);
        ck_assert_ptr_null(tool_service_rpc.methods[1].errors);
}

TEST(reasons_have_their_rules_and_zero_is_none) {
        ck_assert_str_eq(golden_v1_reasons[0].name, "TOOL_IS_OUT");
        ck_assert_int_eq(golden_v1_reasons[0].http_status, 423);
        ck_assert(!golden_v1_reasons[0].every_call);
        ck_assert_str_eq(golden_v1_reasons[1].name, "SHED_IS_ON_FIRE");
        ck_assert_int_eq(golden_v1_reasons[1].http_status, 0);
        ck_assert(golden_v1_reasons[1].every_call);
        ck_assert_ptr_null(golden_v1_reasons[2].name);
}

TEST(an_rpc_has_every_http_binding) {
        const RpcMethod *lend = &tool_service_rpc.methods[0];
        const RpcMethod *forget = &tool_service_rpc.methods[1];
        const char *verbs[] = { "DELETE", "PATCH", "GET", "HEAD" };

        ck_assert_uint_eq(lend->n_http, 2);
        ck_assert_str_eq(lend->http[0].response_body, "loan");
        ck_assert_str_eq(lend->http[1].path, "/v1/people/{borrower}/loans/{tool_id}");
        ck_assert_str_eq(lend->http[1].body, "span");
        ck_assert_ptr_null(lend->http[1].response_body);
        ck_assert_int_eq(lend->http[1].status, 201);
        ck_assert_uint_eq(forget->n_http, 4);
        for (size_t i = 0; i < forget->n_http; i++)
                ck_assert_str_eq(forget->http[i].verb, verbs[i]);
        ck_assert_int_eq(forget->http[0].status, 200);
        ck_assert_uint_eq(tool_service_rpc.methods[2].n_http, 0);
}

/* protoc's rule: letters after an underscore in upper case. */
static const char *camel_case(Arena *arena, const char *name) {
        StrBuf buf = { .arena = arena };

        for (; *name; name++) {
                if (*name != '_')
                        strbuf_add_char(&buf, *name);
                else if (*++name)
                        strbuf_add_char(&buf,
                                        *name >= 'a' && *name <= 'z' ? (char) (*name - 'a' + 'A') : *name);
        }
        return strbuf_text(&buf);
}

static void check_message(Arena *arena, const MessageInfo *info, int depth) {
        for (unsigned i = 0; depth > 0 && i < info->descriptor->n_fields; i++) {
                const ProtobufCFieldDescriptor *field = &info->descriptor->fields[i];
                const FieldInfo *rules = &info->fields[i];

                if (!str_equal(field->name, "borrower"))
                        ck_assert_str_eq(rules->json_name, camel_case(arena, field->name));
                ck_assert_int_eq(rules->message != NULL, field->type == PROTOBUF_C_TYPE_MESSAGE);
                if (!rules->message)
                        continue;
                ck_assert_ptr_eq(rules->message->descriptor, field->descriptor);
                check_message(arena, rules->message, depth - 1);
        }
}

/*
 * The file unpacks, has its own name, carries no positions or comments, and imports what is there, for which
 * the same holds.
 */
static void check_file(const RpcFile *carried) {
        Bytes bytes = carried->descriptor;
        GoogleProtobufFileDescriptorProto *file =
                google__protobuf__file_descriptor_proto__unpack(NULL, bytes.n_bytes, bytes.data);

        ck_assert_ptr_nonnull(file);
        ck_assert_str_eq(file->name, carried->name);
        ck_assert_ptr_null(file->source_code_info);
        for (size_t i = 0; i < file->n_dependency; i++) {
                ck_assert_ptr_nonnull(carried->imports[i]);
                ck_assert_str_eq(carried->imports[i]->name, file->dependency[i]);
                check_file(carried->imports[i]);
        }
        ck_assert_ptr_null(carried->imports[file->n_dependency]);
        google__protobuf__file_descriptor_proto__free_unpacked(file, NULL);
}

static const RpcService *const all_services[] = {
        &tool_service_rpc, &shed_rpc,
        &health_rpc, &order_service_rpc,
        &warehouse_service_rpc, &payment_service_rpc,
};

START_TEST(tables_run_parallel_to_the_descriptors_of_every_service) {
        const RpcService *service = all_services[_i];

        for (size_t i = 0; i < service->n_methods; i++) {
                const RpcMethod *method = &service->methods[i];

                check_message(test_ctx()->arena, method->request, 6);
                check_message(test_ctx()->arena, method->response, 6);
                ck_assert_str_eq(method->path,
                                 arena_printf(test_ctx()->arena, "/%s/%s", service->name, method->name));
                ck_assert_int_eq(method->call != NULL, method->stream == NULL);
        }
}
END_TEST

START_TEST(every_service_carries_its_files_for_reflection) {
        check_file(all_services[_i]->file);
}
END_TEST

static bool defines(const RpcFile *file, const char *symbol) {
        for (size_t i = 0; file->symbols[i]; i++)
                if (str_equal(file->symbols[i], symbol))
                        return true;
        return false;
}

TEST(files_list_every_symbol_that_they_define) {
        ck_assert(defines(&golden_v1_golden_file, "golden.v1.LendToolRequest.Span.Unit"));
        ck_assert(defines(&golden_v1_golden_file, "golden.v1.ToolService.WatchLoans"));
        ck_assert(!defines(&golden_v1_golden_file, "common.v1.Money"));
        ck_assert(defines(&common_v1_options_file, "common.v1.field"));
        ck_assert(defines(&grpc_health_v1_health_file, "grpc.health.v1.Health"));
        ck_assert(defines(&grpc_reflection_v1_reflection_file, "grpc.reflection.v1.ServerReflection"));
        ck_assert(defines(&grpc_reflection_v1alpha_reflection_file,
                          "grpc.reflection.v1alpha.ServerReflection"));
}

TEST(health_is_open_to_everybody) {
        ck_assert_uint_eq(health_rpc.n_methods, 2);
        ck_assert_str_eq(health_rpc.methods[0].path, "/grpc.health.v1.Health/Check");
        ck_assert_uint_eq(health_rpc.methods[0].access, ROLE_ANYONE);
        ck_assert_ptr_nonnull(health_rpc.methods[0].call);
        ck_assert_ptr_nonnull(health_rpc.methods[1].stream);
        ck_assert_uint_eq(health_rpc.methods[1].access, ROLE_ANYONE);
}

int main(void) {
        Suite *suite = suite_create("generated");
        TCase *tests = tcase_create("generated");
        int n_services = ARRAY_SIZE(all_services);

        test_add(tests);
        tcase_add_loop_test(tests, tables_run_parallel_to_the_descriptors_of_every_service, 0, n_services);
        tcase_add_loop_test(tests, every_service_carries_its_files_for_reflection, 0, n_services);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}

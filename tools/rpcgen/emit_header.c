#include "emit.h"

#include "names.h"
#include "reasons.h"

static void add_includes(const EmitInput *input, StrBuf *out) {
        Arena *arena = input->model->arena;
        const FileProto *proto = input->file->proto;

        strbuf_addf(out, "#include \"%s\"\n\n", name_output(arena, proto->name, ".pb-c.h"));
        strbuf_add(out, "#include \"rpc/channel.h\"\n");
        for (size_t i = 0; i < proto->n_dependency; i++)
                strbuf_addf(out, "#include \"%s\"\n", name_output(arena, proto->dependency[i], ".rpc.h"));
        strbuf_addf(out, "\nextern const RpcFile %s_file;\n", name_file(arena, proto->name));
}

static void add_message(Arena *arena, const char *full_name, StrBuf *out) {
        const char *type = name_type(arena, full_name);
        const char *snake = name_snake(arena, full_name);

        strbuf_addf(out, "\ntypedef %s %s;\n", name_pbc_type(arena, full_name), type);
        strbuf_addf(out, "extern const MessageInfo %s_info;\n\n", snake);
        strbuf_addf(out, "static inline %s *%s_new(Arena *arena) {\n", type, snake);
        strbuf_addf(out, "        %s *message = ARENA_NEW(arena, %s);\n\n", type, type);
        strbuf_addf(out, "        %s__init(message);\n", name_pbc_snake(arena, full_name));
        strbuf_add(out, "        return message;\n}\n");
}

static void add_types(const EmitInput *input, StrBuf *out) {
        Arena *arena = input->model->arena;

        for (size_t i = 0; i < input->file->n_enums; i++) {
                const char *full_name = input->file->enums[i].full_name;

                strbuf_addf(out, "%stypedef %s %s;\n", i == 0 ? "\n" : "", name_pbc_type(arena, full_name),
                            name_type(arena, full_name));
        }
        const EnumEntry *reasons = reasons_of(input->model, input->file);
        if (reasons)
                strbuf_addf(out, "\n/* The last one has no name. */\nextern const RpcReason %ss[];\n",
                            name_snake(arena, reasons->full_name));
        for (size_t i = 0; i < input->file->n_messages; i++)
                add_message(arena, input->file->messages[i].full_name, out);
}

static const char *errors_line(Arena *arena, const MethodEntry *method) {
        StrBuf line = { .arena = arena };

        for (size_t i = 0; i < method->n_errors; i++)
                strbuf_addf(&line, "%s%s", i > 0 ? ", " : "Errors: ", method->errors[i]);
        return strbuf_text(&line);
}

/* What the RPC does, its REST forms, who may call it, and with what errors of its own it answers. */
static void add_method_comment(Arena *arena, const MethodEntry *method, StrBuf *out) {
        const char **lines = ARENA_ARRAY(arena, const char *, method->n_http + 3);
        size_t n_lines = 0;

        if (*method->comment)
                lines[n_lines++] = method->comment;
        for (size_t i = 0; i < method->n_http; i++) {
                const HttpBinding *http = &method->http[i];

                lines[n_lines++] =
                        arena_printf(arena, "REST: %s %s, answers %d", http->verb, http->path, http->status);
        }
        lines[n_lines++] = arena_printf(arena, "Access: %s%s",
                                        str_equal(method->access, "0") ? "nobody" : method->access,
                                        method->takes_key ? "; takes an Idempotency-Key" : "");
        if (method->n_errors > 0)
                lines[n_lines++] = errors_line(arena, method);
        emit_comment(out, 8, lines, n_lines);
}

void emit_signature(Arena *arena, const ServiceEntry *service, const MethodEntry *method, const char *head,
                    const char *tail, StrBuf *out) {
        const char *answer =
                method->streams ? "RpcStream *out"
                                : arena_printf(arena, "%s *response", name_type(arena, method->response));
        const char *args[] = { arena_printf(arena, "%s *self", service->type), "Ctx *ctx",
                               arena_printf(arena, "const %s *request", name_type(arena, method->request)),
                               answer };

        emit_list(out, head, args, 4, tail);
}

static void add_method(Arena *arena, const ServiceEntry *service, const MethodEntry *method, StrBuf *out) {
        const char *head = arena_printf(arena, "        const Error *(*%s)(", method->snake);

        add_method_comment(arena, method, out);
        emit_signature(arena, service, method, head, ") MUST_CHECK;", out);
}

static void add_interface(Arena *arena, const ServiceEntry *service, StrBuf *out) {
        strbuf_add_char(out, '\n');
        if (*service->comment)
                emit_comment(out, 0, &service->comment, 1);
        strbuf_addf(out, "typedef struct %s %s;\n", service->type, service->type);
        strbuf_addf(out, "struct %s {\n", service->type);
        for (size_t i = 0; i < service->n_methods; i++) {
                if (i > 0)
                        strbuf_add_char(out, '\n');
                add_method(arena, service, &service->methods[i], out);
        }
        strbuf_add(out, "};\n");
}

static void add_send(Arena *arena, const ServiceEntry *service, const MethodEntry *method, StrBuf *out) {
        const char *args[] = { "RpcStream *out", "Ctx *ctx",
                               arena_printf(arena, "const %s *message", name_type(arena, method->response)) };
        const char *head =
                arena_printf(arena, "static inline const Error *%s_%s_send(", service->snake, method->snake);

        strbuf_addf(out, "\n/* Answers %s once more. */\n", method->name);
        emit_list(out, head, args, 3, ") {");
        strbuf_add(out, "        return out->send(out, ctx, &message->base);\n}\n");
}

static void add_service(Arena *arena, const ServiceEntry *service, StrBuf *out) {
        add_interface(arena, service, out);
        for (size_t i = 0; i < service->n_methods; i++)
                if (service->methods[i].streams)
                        add_send(arena, service, &service->methods[i], out);
        strbuf_addf(out, "\nextern const RpcService %s_rpc;\n\n", service->snake);
        strbuf_add(out, "/* The service behind channel, which must outlive it; lives in arena. */\n");
        strbuf_addf(out, "%s *%s_connect(Arena *arena, RpcChannel *channel);\n\n", service->type,
                    service->snake);
        strbuf_add(out, "/* The interface made of functions prefix_<method>; one that is missing does not "
                        "compile. */\n");
        strbuf_addf(out, "#define %s_IMPL(prefix) { \\\n", service->upper);
        for (size_t i = 0; i < service->n_methods; i++)
                strbuf_addf(out, "                .%s = prefix##_%s, \\\n", service->methods[i].snake,
                            service->methods[i].snake);
        strbuf_add(out, "        }\n");
}

const char *emit_header(const EmitInput *input) {
        StrBuf out = { .arena = input->model->arena };

        strbuf_addf(&out, "/* Written by rpcgen from %s; do not edit. */\n#pragma once\n\n",
                    input->file->proto->name);
        add_includes(input, &out);
        add_types(input, &out);
        for (size_t i = 0; i < input->n_services; i++)
                add_service(input->model->arena, &input->services[i], &out);
        return strbuf_text(&out);
}

#include "emit.h"

#include "names.h"

/* Calls the handler of one method through the untyped signature that the runtime knows. */
static void add_trampoline(Arena *arena, const ServiceEntry *service, const MethodEntry *method,
                           StrBuf *out) {
        const char *args[] = { "void *self", "Ctx *ctx", "const ProtobufCMessage *request",
                               method->streams ? "RpcStream *out" : "ProtobufCMessage *response" };
        const char *call_args[] = {
                "service", "ctx",
                arena_printf(arena, "(const %s *) request", name_type(arena, method->request)),
                method->streams ? "out"
                                : arena_printf(arena, "(%s *) response", name_type(arena, method->response))
        };

        strbuf_add_char(out, '\n');
        emit_list(out, arena_printf(arena, "static const Error *%s_%s(", service->snake, method->snake), args,
                  4, ") {");
        strbuf_addf(out, "        %s *service = self;\n\n", service->type);
        emit_list(out, arena_printf(arena, "        return service->%s(", method->snake), call_args, 4, ");");
        strbuf_add(out, "}\n");
}

static void add_http(const ServiceEntry *service, const MethodEntry *method, StrBuf *out) {
        if (method->n_http == 0)
                return;
        strbuf_addf(out, "\nstatic const RpcHttpRule %s_%s_http[] = {\n", service->snake, method->snake);
        for (size_t i = 0; i < method->n_http; i++) {
                strbuf_add(out, "        { .verb = ");
                emit_string(out, method->http[i].verb);
                strbuf_add(out, ", .path = ");
                emit_string(out, method->http[i].path);
                strbuf_add(out, ", .body = ");
                emit_string(out, method->http[i].body);
                strbuf_add(out, ", .response_body = ");
                emit_string(out, method->http[i].response_body);
                strbuf_addf(out, ", .status = %d },\n", method->http[i].status);
        }
        strbuf_add(out, "};\n");
}

static void add_errors(const ServiceEntry *service, const MethodEntry *method, StrBuf *out) {
        if (method->n_errors == 0)
                return;
        strbuf_addf(out, "\nstatic const char *const %s_%s_errors[] = {\n", service->snake, method->snake);
        for (size_t i = 0; i < method->n_errors; i++)
                strbuf_addf(out, "        \"%s\",\n", method->errors[i]);
        strbuf_add(out, "        NULL,\n};\n");
}

static void add_method(Arena *arena, const ServiceEntry *service, const MethodEntry *method, StrBuf *out) {
        strbuf_addf(out, "        {\n                .name = \"%s\",\n", method->name);
        strbuf_addf(out, "                .path = \"/%s/%s\",\n", service->full_name, method->name);
        strbuf_add(out, "                .comment = ");
        emit_string(out, method->comment);
        strbuf_addf(out, ",\n                .request = &%s_info,\n", name_snake(arena, method->request));
        strbuf_addf(out, "                .response = &%s_info,\n", name_snake(arena, method->response));
        strbuf_addf(out, "                .access = %s,\n", method->access);
        strbuf_addf(out, "                .takes_key = %s,\n", method->takes_key ? "true" : "false");
        strbuf_addf(out, "                .long_running = %s,\n", method->long_running ? "true" : "false");
        strbuf_addf(out, "                .inner = %s,\n", method->inner ? "true" : "false");
        if (method->instead) {
                strbuf_add(out, "                .instead = ");
                emit_string(out, method->instead);
                strbuf_add(out, ",\n");
        }
        if (method->n_http > 0)
                strbuf_addf(out, "                .http = %s_%s_http,\n                .n_http = %zu,\n",
                            service->snake, method->snake, method->n_http);
        if (method->n_errors > 0)
                strbuf_addf(out, "                .errors = %s_%s_errors,\n", service->snake, method->snake);
        strbuf_addf(out, "                .%s = %s_%s,\n        },\n", method->streams ? "stream" : "call",
                    service->snake, method->snake);
}

static void add_table(const EmitInput *input, const ServiceEntry *service, StrBuf *out) {
        strbuf_addf(out, "\nstatic const RpcMethod %s_methods[] = {\n", service->snake);
        for (size_t i = 0; i < service->n_methods; i++)
                add_method(input->model->arena, service, &service->methods[i], out);
        strbuf_addf(out, "};\n\nconst RpcService %s_rpc = {\n", service->snake);
        strbuf_addf(out, "        .name = \"%s\",\n        .domain = \"%s\",\n", service->full_name,
                    service->domain);
        strbuf_addf(out, "        .default_port = %u,\n", service->default_port);
        strbuf_addf(out, "        .methods = %s_methods,\n        .n_methods = %zu,\n", service->snake,
                    service->n_methods);
        strbuf_addf(out, "        .file = &%s_file,\n};\n",
                    name_file(input->model->arena, input->file->proto->name));
}

static void add_stub_method(Arena *arena, const ServiceEntry *service, size_t index, StrBuf *out) {
        const MethodEntry *method = &service->methods[index];
        const char *call_args[] = { "channel", "ctx",
                                    arena_printf(arena, "&%s_methods[%zu]", service->snake, index),
                                    "&request->base", method->streams ? "out" : "&response->base" };

        strbuf_add_char(out, '\n');
        emit_signature(arena, service, method,
                       arena_printf(arena, "static const Error *%s_stub_%s(", service->snake, method->snake),
                       ") {", out);
        strbuf_addf(out, "        RpcChannel *channel = ((%sStub *) self)->channel;\n\n", service->type);
        emit_list(out,
                  arena_printf(arena, "        return channel->%s(", method->streams ? "stream" : "call"),
                  call_args, 5, ");");
        strbuf_add(out, "}\n");
}

static void add_stub(Arena *arena, const ServiceEntry *service, StrBuf *out) {
        strbuf_addf(out,
                    "\ntypedef struct %sStub {\n        %s base;\n        RpcChannel *channel;\n} %sStub;\n",
                    service->type, service->type, service->type);
        for (size_t i = 0; i < service->n_methods; i++)
                add_stub_method(arena, service, i, out);
        strbuf_addf(out, "\n%s *%s_connect(Arena *arena, RpcChannel *channel) {\n", service->type,
                    service->snake);
        strbuf_addf(out, "        %sStub *stub = ARENA_NEW(arena, %sStub);\n\n", service->type,
                    service->type);
        strbuf_addf(out, "        *stub = (%sStub) { .base = %s_IMPL(%s_stub), .channel = channel };\n",
                    service->type, service->upper, service->snake);
        strbuf_add(out, "        return &stub->base;\n}\n");
}

void emit_service(const EmitInput *input, const ServiceEntry *service, StrBuf *out) {
        Arena *arena = input->model->arena;

        for (size_t i = 0; i < service->n_methods; i++) {
                add_trampoline(arena, service, &service->methods[i], out);
                add_http(service, &service->methods[i], out);
                add_errors(service, &service->methods[i], out);
        }
        add_table(input, service, out);
        add_stub(arena, service, out);
}

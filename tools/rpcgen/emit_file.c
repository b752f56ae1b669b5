#include "emit.h"

#include "names.h"

#define BYTES_PER_LINE 16

/* What reflection serves needs no positions and comments, which are most of the bytes. */
static Bytes pack_without_source(Arena *arena, const FileProto *proto) {
        FileProto stripped = *proto;

        stripped.source_code_info = NULL;
        uint8_t *data =
                arena_alloc(arena, google__protobuf__file_descriptor_proto__get_packed_size(&stripped));
        return (Bytes) { data, google__protobuf__file_descriptor_proto__pack(&stripped, data) };
}

static void add_bytes(StrBuf *out, const char *symbol, Bytes bytes) {
        strbuf_addf(out, "\nstatic const uint8_t %s_descriptor[] = {", symbol);
        for (size_t i = 0; i < bytes.n_bytes; i++)
                strbuf_addf(out, "%s0x%02x,", i % BYTES_PER_LINE == 0 ? "\n        " : " ", bytes.data[i]);
        strbuf_add(out, "\n};\n");
}

static void add_symbol(StrBuf *out, const char *full_name) {
        strbuf_add(out, "        ");
        emit_string(out, full_name);
        strbuf_add(out, ",\n");
}

static void add_service_symbols(Arena *arena, const FileEntry *file, StrBuf *out) {
        for (size_t i = 0; i < file->proto->n_service; i++) {
                const ServiceProto *service = file->proto->service[i];
                const char *full_name = name_join(arena, file->package, service->name);

                add_symbol(out, full_name);
                for (size_t j = 0; j < service->n_method; j++)
                        add_symbol(out, name_join(arena, full_name, service->method[j]->name));
        }
}

static void add_symbols(Arena *arena, const FileEntry *file, const char *symbol, StrBuf *out) {
        strbuf_addf(out, "\nstatic const char *const %s_symbols[] = {\n", symbol);
        for (size_t i = 0; i < file->n_messages; i++)
                add_symbol(out, file->messages[i].full_name);
        for (size_t i = 0; i < file->n_enums; i++)
                add_symbol(out, file->enums[i].full_name);
        for (size_t i = 0; i < file->proto->n_extension; i++)
                add_symbol(out, name_join(arena, file->package, file->proto->extension[i]->name));
        add_service_symbols(arena, file, out);
        strbuf_add(out, "        NULL,\n};\n");
}

static void add_imports(Arena *arena, const FileProto *proto, const char *symbol, StrBuf *out) {
        strbuf_addf(out, "\nstatic const RpcFile *const %s_imports[] = {\n", symbol);
        for (size_t i = 0; i < proto->n_dependency; i++)
                strbuf_addf(out, "        &%s_file,\n", name_file(arena, proto->dependency[i]));
        strbuf_add(out, "        NULL,\n};\n");
}

void emit_file(const EmitInput *input, StrBuf *out) {
        Arena *arena = input->model->arena;
        const FileProto *proto = input->file->proto;
        const char *symbol = name_file(arena, proto->name);

        add_bytes(out, symbol, pack_without_source(arena, proto));
        add_symbols(arena, input->file, symbol, out);
        add_imports(arena, proto, symbol, out);
        strbuf_addf(out, "\nconst RpcFile %s_file = {\n", symbol);
        strbuf_addf(out, "        .name = \"%s\",\n", proto->name);
        strbuf_addf(out, "        .descriptor = { %s_descriptor, sizeof(%s_descriptor) },\n", symbol, symbol);
        strbuf_addf(out, "        .symbols = %s_symbols,\n", symbol);
        strbuf_addf(out, "        .imports = %s_imports,\n};\n", symbol);
}

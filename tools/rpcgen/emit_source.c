#include "emit.h"

#include "names.h"

const Error *emit_source(const EmitInput *input, const char **ret_text) {
        Arena *arena = input->model->arena;
        const char *path = input->file->proto->name;
        StrBuf out = { .arena = arena };

        strbuf_addf(&out, "/* Written by rpcgen from %s; do not edit. */\n", path);
        strbuf_addf(&out, "#include \"%s\"\n", name_output(arena, path, ".rpc.h"));
        TRY(emit_messages(input, &out));
        TRY(emit_reasons(input, &out));
        emit_file(input, &out);
        for (size_t i = 0; i < input->n_services; i++)
                emit_service(input, &input->services[i], &out);
        *ret_text = strbuf_text(&out);
        return NULL;
}

/*
 * rpcgen [--messages] DESCRIPTOR_SET PROTO OUTPUT_FOLDER
 *
 * Writes PROTO's .rpc.h and .rpc.c below OUTPUT_FOLDER. DESCRIPTOR_SET comes from protoc --include_imports
 * --include_source_info. --messages leaves the services out, for those that the runtime serves itself.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emit.h"
#include "names.h"

#define READ_BYTES 65536

static const Error *io_error(Arena *arena, const char *path) {
        return error_internal(arena, NULL, "%s: %s", path, strerror(errno));
}

static const Error *read_file(Arena *arena, const char *path, Bytes *ret_bytes) {
        char *block = arena_alloc(arena, READ_BYTES);
        StrBuf buf = { .arena = arena };
        FILE *file = fopen(path, "rb");

        if (!file)
                return io_error(arena, path);
        for (size_t n; (n = fread(block, 1, READ_BYTES, file)) > 0;)
                strbuf_add_bytes(&buf, block, n);
        bool failed = ferror(file);
        fclose(file);
        if (failed)
                return io_error(arena, path);
        *ret_bytes = (Bytes) { (const uint8_t *) buf.text, buf.n_bytes };
        return NULL;
}

static const Error *write_file(Arena *arena, const char *path, const char *text) {
        FILE *file = fopen(path, "wb");

        if (!file)
                return io_error(arena, path);
        bool failed = fputs(text, file) == EOF;
        if (fclose(file) != 0 || failed)
                return io_error(arena, path);
        return NULL;
}

static const Error *generate(Arena *arena, bool messages_only, const char *set_path, const char *proto,
                             const char *folder) {
        EmitInput input = { 0 };
        const char *source;
        Model *model;
        Bytes set;

        TRY(read_file(arena, set_path, &set));
        TRY(model_read(arena, set, &model));
        input.model = model;
        input.file = model_file(model, proto);
        if (!input.file)
                return error_internal(arena, NULL, "is not in %s", set_path);
        if (!messages_only) {
                ServiceEntry *services;

                TRY(services_read(model, input.file, &services, &input.n_services));
                input.services = services;
        }
        TRY(emit_source(&input, &source));
        TRY(write_file(arena, arena_printf(arena, "%s/%s", folder, name_output(arena, proto, ".rpc.h")),
                       emit_header(&input)));
        return write_file(arena, arena_printf(arena, "%s/%s", folder, name_output(arena, proto, ".rpc.c")),
                          source);
}

int main(int argc, char **argv) {
        bool messages_only = argc > 1 && str_equal(argv[1], "--messages");
        char **args = argv + 1 + messages_only;

        if (argc - 1 - messages_only != 3) {
                fprintf(stderr, "usage: rpcgen [--messages] DESCRIPTOR_SET PROTO OUTPUT_FOLDER\n");
                return EXIT_FAILURE;
        }
        Arena *arena = arena_new();
        const Error *error = generate(arena, messages_only, args[0], args[1], args[2]);
        if (error)
                fprintf(stderr, "rpcgen: %s: %s\n", args[1], error->message);
        arena_free(arena);
        return error ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* Writes C: the header and the source of one proto file. */
#pragma once

#include "model.h"
#include "service.h"

typedef struct EmitInput {
        const Model *model;
        const FileEntry *file;
        const ServiceEntry *services;
        size_t n_services;
} EmitInput;

const char *emit_header(const EmitInput *input);

/* errors     INVALID_PROTO: rules of a field or a reason do not unpack, or a field's do not fit its type */
const Error *emit_source(const EmitInput *input, const char **ret_text) MUST_CHECK;

/* Parts of the source. */
const Error *emit_messages(const EmitInput *input, StrBuf *out) MUST_CHECK;
const Error *emit_reasons(const EmitInput *input, StrBuf *out) MUST_CHECK;
void emit_file(const EmitInput *input, StrBuf *out);
void emit_service(const EmitInput *input, const ServiceEntry *service, StrBuf *out);

/* A C string literal, or NULL. */
void emit_string(StrBuf *out, const char *text);

/* head, the arguments, tail; broken under the start of the arguments at 110 columns. */
void emit_list(StrBuf *out, const char *head, const char *const *args, size_t n_args, const char *tail);

/* A handler's typed parameters between head and tail. */
void emit_signature(Arena *arena, const ServiceEntry *service, const MethodEntry *method, const char *head,
                    const char *tail, StrBuf *out);

/* A comment; each line starts anew and is broken at 110 columns. */
void emit_comment(StrBuf *out, int indent, const char *const *lines, size_t n_lines);

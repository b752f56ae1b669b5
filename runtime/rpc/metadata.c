#include "rpc/metadata_private.h"

#include <grpc/slice.h>
#include <stddef.h>
#include <string.h>

#include "base/memory.h"
#include "base/trace.h"
#include "rpc/wire_private.h"

static const struct {
        const char *name;
        size_t offset;
} known[] = {
        { METADATA_USER_TOKEN, offsetof(CallMetadata, user_token) },
        { METADATA_SERVICE_TOKEN, offsetof(CallMetadata, service_token) },
        { METADATA_CALLER_ID, offsetof(CallMetadata, caller_id) },
        { METADATA_CALLER_ROLES, offsetof(CallMetadata, caller_roles) },
        { METADATA_CLIENT, offsetof(CallMetadata, client) },
        { METADATA_TRACE, offsetof(CallMetadata, traceparent) },
        { METADATA_REQUEST_ID, offsetof(CallMetadata, request_id) },
        { METADATA_IDEMPOTENCY_KEY, offsetof(CallMetadata, idempotency_key) },
};

#define N_KNOWN ARRAY_SIZE(known)

static const Error *read_item(Arena *arena, const grpc_metadata *item, CallMetadata *metadata) {
        for (size_t i = 0; i < N_KNOWN; i++) {
                const char **value = (const char **) ((char *) metadata + known[i].offset);

                if (!rpc_wire_slice_equal(item->key, known[i].name))
                        continue;
                if (*value)
                        return error_new(arena, ERROR_INVALID_ARGUMENT, REASON_INVALID_REQUEST,
                                         "%s comes twice", known[i].name);
                *value = rpc_wire_text(arena, item->value);
        }
        return NULL;
}

const Error *rpc_metadata_read(Arena *arena, const grpc_metadata_array *received,
                               CallMetadata *ret_metadata) {
        CallMetadata metadata = { 0 };

        for (size_t i = 0; i < received->count; i++)
                TRY(read_item(arena, &received->metadata[i], &metadata));
        *ret_metadata = metadata;
        return NULL;
}

void rpc_metadata_apply(const CallMetadata *metadata, Ctx *ctx) {
        if (metadata->traceparent && !trace_parse(metadata->traceparent, &ctx->trace))
                ctx->trace.trace_id[0] = '\0';
        if (metadata->request_id && strlen(metadata->request_id) <= METADATA_MAX_REQUEST_ID_BYTES)
                ctx->trace.request_id = metadata->request_id;
        ctx->idempotency_key = metadata->idempotency_key;
}

const char *rpc_metadata_format_roles(Arena *arena, unsigned roles) {
        StrBuf text = { .arena = arena };
        size_t n;
        const char **words = ctx_words_of_roles(arena, roles, &n);

        for (size_t i = 0; i < n; i++) {
                strbuf_add(&text, i > 0 ? "," : "");
                strbuf_add(&text, words[i]);
        }
        return strbuf_text(&text);
}

static unsigned role_named(const char *name, size_t n_bytes) {
        for (size_t i = 0; i < CTX_N_ROLE_WORDS; i++) {
                const char *word = ctx_role_words[i].word;

                if (strlen(word) == n_bytes && memcmp(word, name, n_bytes) == 0)
                        return ctx_role_words[i].role;
        }
        return 0;
}

unsigned rpc_metadata_parse_roles(const char *text) {
        unsigned roles = 0;

        while (*text) {
                size_t n_bytes = strcspn(text, ",");

                roles |= role_named(text, n_bytes);
                text += n_bytes + (text[n_bytes] == ',');
        }
        return roles;
}

bool rpc_metadata_add(MetadataList *list, const char *name, const char *value) {
        if (list->n == METADATA_MAX_ITEMS)
                return false;
        grpc_slice slice = grpc_slice_from_copied_string(value);
        if (!grpc_header_nonbin_value_is_legal(slice)) {
                grpc_slice_unref(slice);
                return false;
        }
        list->items[list->n++] =
                (grpc_metadata) { .key = grpc_slice_from_copied_string(name), .value = slice };
        return true;
}

void rpc_metadata_add_slice(MetadataList *list, const char *name, grpc_slice value) {
        list->items[list->n++] =
                (grpc_metadata) { .key = grpc_slice_from_static_string(name), .value = value };
}

void rpc_metadata_add_bytes(MetadataList *list, const char *name, const uint8_t *bytes, size_t n_bytes) {
        rpc_metadata_add_slice(list, name, grpc_slice_from_copied_buffer((const char *) bytes, n_bytes));
}

void rpc_metadata_clear(MetadataList *list) {
        for (size_t i = 0; i < list->n; i++) {
                grpc_slice_unref(list->items[i].key);
                grpc_slice_unref(list->items[i].value);
        }
        list->n = 0;
}

static bool is_reply_header(grpc_slice name) {
        static const char internal[] = "grpc-";
        size_t n_bytes = GRPC_SLICE_LENGTH(name);

        return !grpc_is_binary_header(name) &&
               (n_bytes < strlen(internal) ||
                memcmp(GRPC_SLICE_START_PTR(name), internal, strlen(internal)) != 0);
}

void rpc_metadata_read_reply(Ctx *ctx, const grpc_metadata_array *received, Bytes *ret_details) {
        *ret_details = (Bytes) { 0 };
        for (size_t i = 0; i < received->count; i++) {
                const grpc_metadata *item = &received->metadata[i];

                if (rpc_wire_slice_equal(item->key, METADATA_STATUS_DETAILS))
                        *ret_details = (Bytes) {
                                .data = (const uint8_t *) rpc_wire_text(ctx->arena, item->value),
                                .n_bytes = GRPC_SLICE_LENGTH(item->value),
                        };
                else if (is_reply_header(item->key))
                        ctx_reply_header(ctx, rpc_wire_text(ctx->arena, item->key),
                                         rpc_wire_text(ctx->arena, item->value));
        }
}

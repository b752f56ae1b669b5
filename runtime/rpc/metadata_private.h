/* What travels beside the messages: tokens, the caller, the trace, the idempotency key, reply headers. */
#pragma once

#include <grpc/grpc.h>

#include "base/ctx.h"
#include "base/str.h"

#define METADATA_USER_TOKEN "authorization"
#define METADATA_SERVICE_TOKEN "x-millrace-service-token"
#define METADATA_CALLER_ID "x-millrace-caller-id"
#define METADATA_CALLER_ROLES "x-millrace-caller-roles"
#define METADATA_CLIENT "x-millrace-client"
#define METADATA_TRACE "traceparent"
#define METADATA_REQUEST_ID "x-request-id"
#define METADATA_IDEMPOTENCY_KEY "idempotency-key"
#define METADATA_STATUS_DETAILS "grpc-status-details-bin"

#define METADATA_MAX_REQUEST_ID_BYTES 128
#define METADATA_MAX_CLIENT_BYTES 64

/* Of a received call; in its arena, NULL what was not there. */
typedef struct CallMetadata {
        const char *user_token; /* "Bearer ..." */
        const char *service_token;
        const char *caller_id;
        const char *caller_roles;
        const char *client;
        const char *traceparent;
        const char *request_id;
        const char *idempotency_key;
} CallMetadata;

/*
 * Each of ours may come once: of two, another reader on the way could have believed the other.
 *
 * errors     INVALID_REQUEST
 */
const Error *rpc_metadata_read(Arena *arena, const grpc_metadata_array *received,
                               CallMetadata *ret_metadata) MUST_CHECK;

/* Sets the context's trace, request id and idempotency key. */
void rpc_metadata_apply(const CallMetadata *metadata, Ctx *ctx);

/* "customer,admin" for a set of roles, and back; names that are not known are skipped. */
const char *rpc_metadata_format_roles(Arena *arena, unsigned roles);
unsigned rpc_metadata_parse_roles(const char *text);

/* Metadata to send; room for as many as the reply headers that are allowed, and our own. */
#define METADATA_MAX_ITEMS 24

typedef struct MetadataList {
        grpc_metadata items[METADATA_MAX_ITEMS];
        size_t n;
} MetadataList;

/* Adds copies of both. False when the value may not stand in a header, or the list is full. */
bool rpc_metadata_add(MetadataList *list, const char *name, const char *value);

/*
 * Add one of our own, for which there is always room. The name is a constant; the slice's reference is taken.
 */
void rpc_metadata_add_slice(MetadataList *list, const char *name, grpc_slice value);
void rpc_metadata_add_bytes(MetadataList *list, const char *name, const uint8_t *bytes, size_t n_bytes);

void rpc_metadata_clear(MetadataList *list);

/* Turns what came with an answer into reply headers; ret_details, in arena, is empty if there are none. */
void rpc_metadata_read_reply(Ctx *ctx, const grpc_metadata_array *received, Bytes *ret_details);

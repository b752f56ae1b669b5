/* An error on its way through gRPC: a status code, a sentence, and google.rpc.Status with the details. */
#pragma once

#include "base/error.h"
#include "base/str.h"

#define STATUS_OK 0
#define STATUS_DOMAIN "millrace"
/*
 * A client drops an answer with more than 8 KiB of metadata, so what does not fit is left out of the details.
 */
#define STATUS_MAX_DETAILS_BYTES 6144
#define STATUS_MAX_MESSAGE_BYTES 1024

typedef struct RpcStatus {
        int code; /* of gRPC; STATUS_OK: no error */
        const char *message;
        Bytes details; /* grpc-status-details-bin; n_bytes 0: none */
} RpcStatus;

/* What a caller may see of an error (NULL: success), an internal one only as "internal". Lives in arena. */
RpcStatus rpc_status_of(Arena *arena, const Error *error);

/*
 * The error that a status says, with its reason, violations, records and retry time, or NULL for STATUS_OK.
 * Without readable details the code decides the reason; one that no caller can act upon is internal.
 */
const Error *rpc_status_error(Arena *arena, const RpcStatus *status);

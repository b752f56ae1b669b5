#include "middleware/idempotency_key.h"

#include <string.h>

#include "rpc/middleware.h"

static const char header_name[] = "Idempotency-Key";

static bool is_key(const char *text) {
        size_t n = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.:");

        return !text[n] && n >= RPC_IDEMPOTENCY_KEY_MIN_BYTES && n <= RPC_IDEMPOTENCY_KEY_MAX_BYTES;
}

const Error *gateway_idempotency_key(const HttpRequest *request, const RpcMethod *method,
                                     const char **ret_key) {
        const char *key = method->creates ? http_request_header(request, header_name) : NULL;

        if (key && !is_key(key)) {
                Error *error = error_new(request->arena, ERROR_INVALID_ARGUMENT, REASON_INVALID_REQUEST,
                                         "The %s is malformed", header_name);

                error_add_violation(
                        request->arena, error, header_name,
                        arena_printf(request->arena, "must be %d to %d letters, digits, '-', '_', '.' or ':'",
                                     RPC_IDEMPOTENCY_KEY_MIN_BYTES, RPC_IDEMPOTENCY_KEY_MAX_BYTES));
                return error;
        }
        *ret_key = key;
        return NULL;
}

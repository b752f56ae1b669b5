#include "base/idempotency.h"

#include <string.h>

bool idempotency_key_is_well_formed(const char *key) {
        size_t n = strspn(key, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.:");

        return !key[n] && n >= IDEMPOTENCY_KEY_MIN_BYTES && n <= IDEMPOTENCY_KEY_MAX_BYTES;
}

const Error *idempotency_key_reused(const Ctx *ctx) {
        return error_new(ctx->arena, ERROR_FAILED_PRECONDITION, REASON_IDEMPOTENCY_KEY_REUSED,
                         "The Idempotency-Key was used for another request");
}

const Error *idempotency_in_flight(const Ctx *ctx) {
        Error *error = error_new(ctx->arena, ERROR_ABORTED, REASON_IDEMPOTENCY_IN_FLIGHT,
                                 "The first call with this Idempotency-Key is still under way");

        error->retry_after_ms = IDEMPOTENCY_RETRY_AFTER_MS;
        return error;
}

void idempotency_mark_replay(Ctx *ctx) {
        ctx_reply_header(ctx, "idempotent-replayed", "true");
}

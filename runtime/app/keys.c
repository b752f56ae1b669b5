#include "app/keys.h"

#include <string.h>

#include "base/fault.h"
#include "json/codec.h"
#include "pg/idempotency.h"

#define SWEEP_INTERVAL_MS 60000
#define SWEEP_BATCH 1000

typedef struct AppKeys {
        RpcKeys base;
        PgPool *pool;
        const char *const *not_of;
        const char *after_key; /* its fault points */
        const char *before_answer;
        const char *after_answer;
} AppKeys;

static bool keeps(const AppKeys *keys, const RpcMethod *method) {
        for (const char *const *name = keys->not_of; name && *name; name++)
                if (str_equal(*name, method->name))
                        return false;
        return true;
}

static const Error *read_answer(Arena *arena, const MessageInfo *info, const IdempotencyAnswer *answer,
                                ProtobufCMessage **ret_message) {
        if (answer->is_json)
                return json_read_message(arena, info, (const char *) answer->bytes.data,
                                         answer->bytes.n_bytes, ret_message);
        return proto_message_unpack(arena, info, answer->bytes, ret_message);
}

static const Error *claim(RpcKeys *self, Ctx *ctx, const RpcCall *call, bool *ret_is_replay) {
        AppKeys *keys = (AppKeys *) self;
        IdempotencyAnswer answer;
        ProtobufCMessage *message;
        bool is_replay;

        *ret_is_replay = false;
        if (!keeps(keys, call->method))
                return NULL;
        TRY(pg_idempotency_claim(keys->pool, ctx, call->method->path,
                                 proto_message_pack(ctx->arena, call->request), &is_replay, &answer));
        if (!is_replay)
                return fault_point(ctx, keys->after_key);
        TRY(read_answer(ctx->arena, call->method->response, &answer, &message));
        memcpy(call->response, message, message->descriptor->sizeof_message);
        *ret_is_replay = true;
        return NULL;
}

static const Error *end(RpcKeys *self, Ctx *ctx, const RpcCall *call, const Error *error) {
        AppKeys *keys = (AppKeys *) self;

        if (!ctx->claim)
                return error;
        if (!error)
                error = fault_point(ctx, keys->before_answer);
        Bytes answer = error ? (Bytes) { 0 } : proto_message_pack(ctx->arena, call->response);
        TRY(pg_idempotency_end(keys->pool, ctx, answer, error));
        return fault_point(ctx, keys->after_answer);
}

RpcKeys *app_keys_new(Arena *arena, PgPool *pool, const char *service, const char *const *not_of) {
        AppKeys *keys = ARENA_NEW(arena, AppKeys);

        *keys = (AppKeys) {
                .base = { .claim = claim, .end = end },
                .pool = pool,
                .not_of = not_of,
                .after_key = arena_printf(arena, "%s.after_key", service),
                .before_answer = arena_printf(arena, "%s.before_answer", service),
                .after_answer = arena_printf(arena, "%s.after_answer", service),
        };
        return &keys->base;
}

static const Error *sweep(void *arg, Ctx *ctx, bool *ret_more) {
        AppKeys *keys = arg;
        size_t n;

        ctx_limit(ctx, PG_STATEMENT_TIMEOUT_MS);
        TRY(pg_idempotency_sweep(keys->pool, ctx, SWEEP_BATCH, &n));
        *ret_more = n == SWEEP_BATCH;
        return NULL;
}

LoopSpec app_keys_sweep(RpcKeys *keys) {
        return (LoopSpec) { "sweep keys", SWEEP_INTERVAL_MS, keys, sweep };
}

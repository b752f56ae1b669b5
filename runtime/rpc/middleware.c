#include "rpc/middleware.h"

#include <pthread.h>

#include "base/metrics.h"
#include "base/clock.h"
#include "base/idempotency.h"
#include "base/log.h"
#include "base/trace.h"
#include "common/v1/error.rpc.h"

#define MAX_LOG_FIELDS 9

static Metric *requests;
static Metric *durations;

static void register_metrics(void) {
        requests = metric_counter("millrace_rpc_requests_total",
                                  "Calls answered, by method and gRPC status.");
        durations = metric_histogram_us("millrace_rpc_duration_seconds",
                                        "Time from a call's arrival to its answer.");
}

static const char *code_text(const Error *error) {
        if (!error)
                return "OK";
        return error->reason ? error_code_name(error->code) : error_code_name(ERROR_INTERNAL);
}

static void count(const RpcMethod *method, const Error *error, int64_t duration_us) {
        static pthread_once_t once = PTHREAD_ONCE_INIT;

        pthread_once(&once, register_metrics);
        metric_add(requests, 1, METRIC_LABELS({ "method", method->path }, { "code", code_text(error) }));
        metric_observe_us(durations, duration_us, METRIC_LABELS({ "method", method->path }));
}

/*
 * A caller's mistake is normal traffic; what is our own is an error, and what may pass by itself a warning.
 */
static LogLevel level_of(const Error *error) {
        if (!error)
                return log_success_level();
        if (!error->reason)
                return LOG_ERROR;
        return error_is_transient(error) ? LOG_WARNING : LOG_INFO;
}

static void write_log(const Ctx *ctx, const RpcMethod *method, const Error *error, int64_t duration_us) {
        LogField fields[MAX_LOG_FIELDS] = {
                log_text("method", method->path),
                log_text("code", code_text(error)),
                log_number("duration_us", duration_us),
                log_text("trace", ctx->trace.trace_id),
                log_text("request", ctx->trace.request_id),
                log_text("caller", ctx->caller->id),
        };
        size_t n_fields = 6;

        if (ctx->subject.kind)
                fields[n_fields++] = log_text(ctx->subject.kind, ctx->subject.id);
        if (error) {
                fields[n_fields++] = log_text("reason", error->reason);
                fields[n_fields++] = log_cause(ctx->arena, error);
        }
        log_write(level_of(error), "call", fields, n_fields);
}

/* A service may call what services may call, whoever it acts for. */
static unsigned roles_of(const Caller *caller) {
        return caller->roles | (caller->service ? ROLE_SERVICE : 0);
}

const Error *rpc_authorize(const Ctx *ctx, const RpcMethod *method) {
        unsigned roles = roles_of(ctx->caller);

        if (method->access & ROLE_ANYONE)
                return NULL;
        if (method->access != 0 && roles == 0)
                return error_new(ctx->arena, ERROR_UNAUTHENTICATED, REASON_UNAUTHENTICATED,
                                 "This call needs a token");
        if (!(method->access & roles))
                return error_new(ctx->arena, ERROR_PERMISSION_DENIED, REASON_PERMISSION_DENIED,
                                 "This caller may not call %s%s%s", method->name,
                                 method->instead ? ": " : "", str_or_empty(method->instead));
        return NULL;
}

static bool takes_key_of(const Ctx *ctx, const RpcMethod *method) {
        return method->takes_key && ctx->idempotency_key;
}

const Error *rpc_check_idempotency_key(const Ctx *ctx, const RpcMethod *method) {
        if (!takes_key_of(ctx, method) || idempotency_key_is_well_formed(ctx->idempotency_key))
                return NULL;
        return error_invalid(ctx->arena, "Idempotency-Key",
                             "must be %d to %d letters, digits, '-', '_', '.' or ':'",
                             IDEMPOTENCY_KEY_MIN_BYTES, IDEMPOTENCY_KEY_MAX_BYTES);
}

static const Error *run_handler(Ctx *ctx, const RpcCall *call) {
        const RpcMethod *method = call->method;

        if (method->stream)
                return method->stream(call->implementation, ctx, call->request, call->out);
        return method->call(call->implementation, ctx, call->request, call->response);
}

/* A call that is repeated is answered as it was the first time. */
static const Error *run_once_per_key(Ctx *ctx, const RpcCall *call) {
        RpcKeys *keys = call->keys;
        bool is_replay;

        TRY(keys->claim(keys, ctx, call, &is_replay));
        if (!is_replay)
                return keys->end(keys, ctx, call, run_handler(ctx, call));
        idempotency_mark_replay(ctx);
        return NULL;
}

static const Error *run(Ctx *ctx, const RpcCall *call) {
        TRY(call->refused);
        TRY(ctx_check(ctx));
        TRY(rpc_authorize(ctx, call->method));
        TRY(rpc_check_idempotency_key(ctx, call->method));
        if (!ctx->caller->service)
                TRY(proto_message_refuse_unknown(ctx->arena, call->method->request, call->request));
        TRY(proto_message_validate(ctx->arena, call->method->request, call->request));
        if (call->keys && call->method->call && takes_key_of(ctx, call->method))
                return run_once_per_key(ctx, call);
        return run_handler(ctx, call);
}

/* ---- what comes of it ---- */

bool rpc_may_answer(const RpcMethod *method, const char *reason) {
        for (const char *const *error = method->errors; error && *error; error++)
                if (str_equal(*error, reason))
                        return true;
        for (const RpcReason *common = common_v1_reasons; common->name; common++)
                if (str_equal(common->name, reason))
                        return common->every_call;
        return false;
}

static void check_reason(const RpcMethod *method, const Error *error) {
        if (error && error->reason && !rpc_may_answer(method, error->reason))
                log_error("undeclared reason", log_text("method", method->path),
                          log_text("reason", error->reason));
}

const Error *rpc_dispatch(Ctx *ctx, const RpcCall *call) {
        int64_t begin_us = call->arrived_us ? call->arrived_us : clock_monotonic_us();

        trace_complete(ctx->arena, &ctx->trace);
        const Error *error = run(ctx, call);
        int64_t duration_us = clock_monotonic_us() - begin_us;
        write_log(ctx, call->method, error, duration_us);
        count(call->method, error, duration_us);
        check_reason(call->method, error);
        return error;
}

#include <ctype.h>
#include <pthread.h>
#include <string.h>

#include "base/card.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/metrics.h"
#include "gateway/v1/gateway.reasons.h"
#include "http/uri.h"
#include "middleware/cors.h"
#include "middleware/jwt.h"
#include "middleware/request_id.h"
#include "router/transcode.h"
#include "rpc/middleware.h"
#include "server/error_reply.h"
#include "server/gateway.h"

#define HTTP_OK 200
#define HTTP_CREATED 201
#define HTTP_UNAUTHORIZED 401
#define NO_METHOD "none" /* of a request that asks for no known one */

/* One request on its way through the gateway; in its arena. */
typedef struct GatewayCall {
        AdmissionCall admission;
        int64_t arrived_us;
        const HttpRequest *request;
        HttpResponse *response;
        Ctx ctx;
        const GatewayRouter *router;
        GatewayMatch match;
        GatewayQuota quota;
        ProtobufCMessage *message; /* NULL: not read yet */
        bool is_forwarded; /* the rpc layer has it, and logs it */
} GatewayCall;

/* ---- metrics and log ---- */

static Metric *requests;
static Metric *durations;

static void register_metrics(void) {
        requests = metric_counter("millrace_gateway_requests_total",
                                  "REST requests answered, by method and HTTP status.");
        durations = metric_histogram_us("millrace_gateway_request_duration_seconds",
                                        "Time from a whole request to its answer.");
}

static void count(Arena *arena, const char *method, int status, int64_t duration_us) {
        static pthread_once_t once = PTHREAD_ONCE_INIT;

        pthread_once(&once, register_metrics);
        metric_add(requests, 1,
                   METRIC_LABELS({ "method", method }, { "status", arena_printf(arena, "%d", status) }));
        metric_observe_us(durations, duration_us, METRIC_LABELS({ "method", method }));
}

/* The path as it may be told back and logged. */
static const char *shown_path(const HttpRequest *request) {
        const char *decoded = http_uri_decode(request->arena, request->path, strlen(request->path), URI_PATH);

        return decoded && card_number_in(decoded) ? CARD_HIDDEN : request->path;
}

/* What the rpc layer never hears of. What is refused for overload the HTTP server logs in sum. */
static void log_refusal(const GatewayCall *call, const Error *error) {
        if (call->response->status == 429 || call->response->status == 503)
                return;
        log_info("request refused", log_text("request", call->ctx.trace.request_id),
                 log_text("trace", call->ctx.trace.trace_id), log_text("client", call->request->client),
                 log_text("verb", call->request->verb), log_text("path", shown_path(call->request)),
                 log_number("status", call->response->status), log_text("caller", call->ctx.caller->id),
                 log_cause(call->ctx.arena, error));
}

/* ---- the steps ---- */

static const Error *limit_rate(GatewayServer *server, GatewayCall *call, GatewayRateKey key) {
        call->quota = gateway_rate_limit_take(server->limits, &key, clock_monotonic_us());
        if (call->quota.retry_after_ms == 0)
                return NULL;
        Error *error = error_new(call->ctx.arena, ERROR_RESOURCE_EXHAUSTED, REASON_RATE_LIMITED,
                                 "More than %lld requests a minute", (long long) call->quota.limit);
        error->retry_after_ms = call->quota.retry_after_ms;
        return error;
}

/* A login or a registration: to have many accounts must not mean to have as many tries. */
static bool is_of_address_alone(const GatewayCall *call) {
        const GatewayRoute *route = call->match.route;

        return route && route->method->access & ROLE_ANYONE && !str_equal(route->rule->verb, "GET");
}

/*
 * Who asks, and whether they may still ask. What has to be verified is counted by address before, since a
 * flood of forged tokens would cost 142 us each; when it turns out good, it is its customer's.
 */
static const Error *admit(GatewayServer *server, GatewayCall *call) {
        const HttpRequest *request = call->request;
        const GatewayRateKey address = gateway_rate_key_address(&request->address);
        const Caller **caller = &call->ctx.caller;
        bool is_of_address = is_of_address_alone(call);

        if (!is_of_address && gateway_jwt_is_known(server->tokens, request, caller))
                return limit_rate(server, call, gateway_rate_key_customer((*caller)->id));
        TRY(limit_rate(server, call, address));
        TRY(gateway_jwt_check(server->tokens, request, caller));
        if (is_of_address || str_is_empty((*caller)->id))
                return NULL;
        gateway_rate_limit_give_back(server->limits, &address);
        return limit_rate(server, call, gateway_rate_key_customer((*caller)->id));
}

static void add_number_header(HttpResponse *response, const char *name, int64_t number) {
        http_response_header(response, name, arena_printf(response->arena, "%lld", (long long) number));
}

static void show_quota(const GatewayCall *call) {
        add_number_header(call->response, "RateLimit-Limit", call->quota.limit);
        add_number_header(call->response, "RateLimit-Remaining", call->quota.remaining);
        add_number_header(call->response, "RateLimit-Reset", call->quota.reset_s);
}

/* With its query. */
static const char *path_without_slash(const HttpRequest *request) {
        return arena_printf(request->arena, "%.*s%s%s", (int) strlen(request->path) - 1, request->path,
                            *request->raw_query ? "?" : "", request->raw_query);
}

static const Error *require_route(GatewayCall *call) {
        const HttpRequest *request = call->request;

        if (call->match.route)
                return NULL;
        if (call->match.has_slash && shown_path(request) == request->path) {
                http_response_header(call->response, "Location", path_without_slash(request));
                return error_new(request->arena, ERROR_NOT_FOUND, REASON_TRAILING_SLASH,
                                 "The path has no slash at its end");
        }
        if (!call->match.allow)
                return error_new(request->arena, ERROR_NOT_FOUND, REASON_NOT_FOUND, "There is nothing at %s",
                                 shown_path(request));
        http_response_header(call->response, "Allow", call->match.allow);
        return error_new(request->arena, ERROR_UNIMPLEMENTED, REASON_METHOD_NOT_ALLOWED,
                         "%s does not take %s", shown_path(request), request->verb);
}

/* ---- the call ---- */

/* "idempotent-replayed" -> "Idempotent-Replayed" */
static const char *canonical_case(Arena *arena, const char *name) {
        char *copy = arena_strdup(arena, name);

        for (size_t i = 0; copy[i]; i++)
                if (i == 0 || copy[i - 1] == '-')
                        copy[i] = (char) toupper((unsigned char) copy[i]);
        return copy;
}

static void add_reply_headers(const GatewayCall *call) {
        HttpResponse *response = call->response;

        for (const ReplyHeader *header = call->ctx.reply_headers; header; header = header->next)
                if (response->n_headers < HTTP_MAX_REPLY_HEADERS)
                        http_response_header(response, canonical_case(response->arena, header->name),
                                             header->value);
}

/* RFC 6750, 3: a token that does not hold is told so, and why. */
static void ask_for_token(const GatewayCall *call, const Error *error) {
        HttpResponse *response = call->response;
        const char *problem = "";

        if (response->status != HTTP_UNAUTHORIZED)
                return;
        if (gateway_jwt_is_shown(call->request))
                problem = arena_printf(response->arena,
                                       " error=\"invalid_token\", error_description=\"%s\"",
                                       error->message);
        http_response_header(response, "WWW-Authenticate",
                             arena_printf(response->arena, "Bearer%s", problem));
}

static void show_location(const GatewayCall *call, const ProtobufCMessage *message) {
        Arena *arena = call->response->arena;
        const char *location = gateway_router_location(call->router, arena, call->match.route, message);

        if (location)
                http_response_header(call->response, "Location", location);
}

static void show(GatewayCall *call, const ProtobufCMessage *message) {
        const GatewayRoute *route = call->match.route;
        StrBuf body = { .arena = call->response->arena };

        gateway_write_response(&body, route, message);
        call->response->status = route->rule->status ? route->rule->status : HTTP_OK;
        if (call->response->status == HTTP_CREATED)
                show_location(call, message);
        call->response->content_type = "application/json";
        call->response->body = (Bytes) { (const uint8_t *) strbuf_text(&body), body.n_bytes };
}

/* A call that waits for its key is forwarded again, and was read before. */
static const Error *read_once(GatewayCall *call) {
        const RpcMethod *method = call->match.route->method;

        if (call->message)
                return NULL;
        TRY(gateway_read_request(&call->match, call->request, &call->message));
        if (method->takes_key)
                call->ctx.idempotency_key = http_request_header(call->request, "Idempotency-Key");
        return rpc_check_idempotency_key(&call->ctx, method);
}

static const Error *forward(GatewayCall *call) {
        const GatewayRoute *route = call->match.route;
        const RpcMethod *method = route->method;
        ProtobufCMessage *response = proto_message_new(call->ctx.arena, method->response);

        TRY(read_once(call));
        call->is_forwarded = true;
        TRY(route->channel->call(route->channel, &call->ctx, method, call->message, response));
        show(call, response);
        return NULL;
}

/* What creates something without a key may have done so, whatever is said: who comes again may have two. */
static bool may_repeat(const GatewayCall *call) {
        const GatewayRoute *route = call->match.route;

        return !route || !route->method->takes_key || call->ctx.idempotency_key || !call->is_forwarded;
}

/* The call is gone when this returns. */
static void finish(GatewayCall *call, const Error *error) {
        const GatewayRoute *route = call->match.route;

        if (error) {
                gateway_reply_error(call->response, error, may_repeat(call));
                ask_for_token(call, error);
        }
        if (call->is_forwarded)
                add_reply_headers(call);
        else if (error)
                log_refusal(call, error);
        count(call->ctx.arena, route ? route->method->path : NO_METHOD, call->response->status,
              clock_monotonic_us() - call->arrived_us);
        http_respond(call->response);
}

static void run(AdmissionCall *admitted) {
        GatewayCall *call = (GatewayCall *) admitted;
        const Error *error = forward(call);

        if (!rpc_admission_parks(admitted, error))
                finish(call, error);
}

/* ---- before it is the call's turn ---- */

static const Error *check(GatewayServer *server, GatewayCall *call) {
        const HttpRequest *request = call->request;

        call->match = gateway_router_match(server->router, request->arena, request->verb, request->path);
        const Error *refused = admit(server, call);
        show_quota(call);
        TRY(refused);
        if (call->match.route)
                TRY(rpc_authorize(&call->ctx, call->match.route->method));
        return require_route(call);
}

/* No error: it runs, or has run and is gone. */
static const Error *run_in_turn(GatewayServer *server, GatewayCall *call) {
        const RpcMethod *method = call->match.route->method;

        ctx_limit(&call->ctx, method->long_running ? server->config.create_timeout_ms
                                                   : server->config.call_timeout_ms);
        call->admission = (AdmissionCall) {
                .method = method,
                .ctx = &call->ctx,
                .run = run,
        };
        return rpc_admission_run(server->admission, call->ctx.arena, &call->admission);
}

static void serve(GatewayServer *server, GatewayCall *call) {
        if (gateway_cors(server->config.cors_origins, call->request, call->response)) {
                finish(call, NULL);
                return;
        }
        const Error *refused = check(server, call);
        if (!refused)
                refused = run_in_turn(server, call);
        if (refused)
                finish(call, refused);
}

/* Of IPv6 the /64: that is what one host is given. */
static const char *host_of(const HttpRequest *request) {
        const Address network = http_address_network(&request->address);
        char *text = arena_alloc(request->arena, INET6_ADDRSTRLEN);

        http_address_write(&network, text);
        return text;
}

static GatewayCall *new_call(GatewayServer *server, const HttpRequest *request, HttpResponse *response) {
        GatewayCall *call = ARENA_NEW(request->arena, GatewayCall);

        *call = (GatewayCall) {
                .arrived_us = clock_monotonic_us(),
                .request = request,
                .response = response,
                .router = server->router,
                .ctx = ctx_background(request->arena),
        };
        call->ctx.workers = rpc_admission_workers(server->admission);
        call->ctx.cancelled = request->cancelled;
        call->ctx.client = host_of(request);
        call->ctx.trace = gateway_request_id(request, response);
        http_response_header(response, "Cache-Control", "no-store");
        http_response_header(response, "X-Content-Type-Options", "nosniff");
        return call;
}

void gateway_handle(void *self, const HttpRequest *request, HttpResponse *response) {
        GatewayServer *server = self;

        if (app_operations_answer(&server->readiness, request, response))
                http_respond(response);
        else
                serve(server, new_call(server, request, response));
}

/* ---- beside the calls ---- */

bool gateway_is_vital(void *self, const HttpRequest *request) {
        (void) self;
        return app_operations_has(request);
}

void gateway_refuse(void *self, int status, const char *problem, HttpResponse *response) {
        (void) self;
        static const struct {
                int status;
                ErrorCode code;
                const char *reason;
        } reasons[] = {
                { 411, ERROR_INVALID_ARGUMENT, REASON_LENGTH_REQUIRED },
                { 413, ERROR_INVALID_ARGUMENT, REASON_BODY_TOO_LARGE },
                { 414, ERROR_INVALID_ARGUMENT, REASON_URI_TOO_LONG },
                { 417, ERROR_INVALID_ARGUMENT, REASON_EXPECTATION_FAILED },
                { 431, ERROR_INVALID_ARGUMENT, REASON_HEADERS_TOO_LARGE },
                { 503, ERROR_UNAVAILABLE, REASON_OVERLOADED },
                { 505, ERROR_INVALID_ARGUMENT, REASON_HTTP_VERSION_NOT_SUPPORTED },
        };
        ErrorCode code = ERROR_INVALID_ARGUMENT;
        const char *reason = REASON_BAD_REQUEST;

        for (size_t i = 0; i < ARRAY_SIZE(reasons); i++)
                if (reasons[i].status == status) {
                        code = reasons[i].code;
                        reason = reasons[i].reason;
                }
        gateway_reply_error(response, error_new(response->arena, code, reason, "%s", problem), true);
        count(response->arena, NO_METHOD, response->status, 0);
}

#include "app/operations.h"

#include "base/memory.h"
#include "base/metrics.h"
#include "json/codec.h"

#define READY_TIMEOUT_MS 2000
#define STOP_TIMEOUT_MS 1000
#define MAX_CONNECTIONS 64
#define TIMEOUT_MS 10000

/* It has workers of its own: it must answer when all others are busy. */
struct Operations {
        Readiness readiness;
        Workers *workers;
        HttpServer *http;
};

static void reply(HttpResponse *response, int status, const char *content_type, const StrBuf *body) {
        response->status = status;
        response->content_type = content_type;
        response->body = (Bytes) { (const uint8_t *) strbuf_text(body), body->n_bytes };
}

static void reply_error(HttpResponse *response, int status, const char *code, const char *message) {
        StrBuf body = { .arena = response->arena };

        strbuf_addf(&body, "{\"error\":\"%s\",\"message\":", code);
        json_add_string(&body, message);
        strbuf_add(&body, ",\"details\":{}}");
        reply(response, status, "application/json", &body);
}

static void show_live(const Readiness *readiness, HttpResponse *response) {
        StrBuf body = { .arena = response->arena };

        (void) readiness;
        strbuf_add(&body, "{\"status\":\"live\"}");
        reply(response, 200, "application/json", &body);
}

/* Whoever operates it sees the message even of an internal error: it names the part. */
static void show_ready(const Readiness *readiness, HttpResponse *response) {
        Ctx ctx = ctx_background(response->arena);
        StrBuf body = { .arena = response->arena };

        ctx_limit(&ctx, READY_TIMEOUT_MS);
        const Error *error = readiness->check(readiness->self, &ctx);
        if (error) {
                reply_error(response, 503, "NOT_READY", error->message);
                return;
        }
        strbuf_add(&body, "{\"status\":\"ready\"}");
        reply(response, 200, "application/json", &body);
}

static void show_metrics(const Readiness *readiness, HttpResponse *response) {
        StrBuf body = { .arena = response->arena };

        (void) readiness;
        metrics_write(&body);
        reply(response, 200, "text/plain; version=0.0.4; charset=utf-8", &body);
}

typedef void (*Page)(const Readiness *readiness, HttpResponse *response);

/* NULL when it is for something else. */
static Page find_page(const HttpRequest *request) {
        static const struct {
                const char *path;
                Page show;
        } pages[] = {
                { "/health/live", show_live },
                { "/health/ready", show_ready },
                { "/metrics", show_metrics },
        };

        if (!str_equal(request->verb, "GET") && !str_equal(request->verb, "HEAD"))
                return NULL;
        for (size_t i = 0; i < ARRAY_SIZE(pages); i++)
                if (str_equal(request->path, pages[i].path))
                        return pages[i].show;
        return NULL;
}

bool app_operations_has(const HttpRequest *request) {
        return find_page(request) != NULL;
}

bool app_operations_answer(const Readiness *readiness, const HttpRequest *request, HttpResponse *response) {
        Page show = find_page(request);

        if (show)
                show(readiness, response);
        return show != NULL;
}

static void handle(void *self, const HttpRequest *request, HttpResponse *response) {
        const Operations *operations = self;

        if (!app_operations_answer(&operations->readiness, request, response))
                reply_error(response, 404, "NOT_FOUND", "There is no such page");
        http_respond(response);
}

static void refuse(void *self, int status, const char *problem, HttpResponse *response) {
        (void) self;
        reply_error(response, status, "REFUSED", problem);
}

const Error *app_operations_start(Arena *arena, Readiness readiness, const char *address, uint16_t port,
                                  Operations **ret_operations) {
        Operations *operations = ARENA_NEW(arena, Operations);

        operations->readiness = readiness;
        operations->workers = workers_new(1, MAX_CONNECTIONS);
        *ret_operations = operations;
        return http_server_start(arena, &(HttpServerConfig) {
                .address = address,
                .port = port,
                .n_threads = 1,
                .max_connections = MAX_CONNECTIONS,
                .max_per_address = MAX_CONNECTIONS,
                .idle_timeout_ms = TIMEOUT_MS,
                .head_timeout_ms = TIMEOUT_MS,
                .body_timeout_ms = TIMEOUT_MS,
                .write_timeout_ms = TIMEOUT_MS,
                .workers = operations->workers,
                .handler = handle,
                .refuse = refuse,
                .self = operations,
        }, &operations->http);
}

void app_operations_stop(Operations *operations) {
        if (!operations)
                return;
        http_server_stop(operations->http, STOP_TIMEOUT_MS);
        workers_free(operations->workers);
}

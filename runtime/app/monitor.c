#include "app/monitor.h"

#include "app/metrics.h"
#include "json/codec.h"

#define READY_TIMEOUT_MS 2000
#define STOP_TIMEOUT_MS 1000
#define MAX_CONNECTIONS 64
#define IDLE_TIMEOUT_MS 10000

/* It has workers of its own: it must answer when all others are busy. */
struct Monitor {
        App *app;
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

static void show_live(App *app, HttpResponse *response) {
        StrBuf body = { .arena = response->arena };

        (void) app;
        strbuf_add(&body, "{\"status\":\"live\"}");
        reply(response, 200, "application/json", &body);
}

/* Whoever operates it sees the message even of an internal error: it names the part. */
static void show_ready(App *app, HttpResponse *response) {
        Ctx ctx = ctx_background(response->arena);
        StrBuf body = { .arena = response->arena };

        ctx_limit(&ctx, READY_TIMEOUT_MS);
        const Error *error = app_is_ready(app, &ctx);
        if (error) {
                reply_error(response, 503, "NOT_READY", error->message);
                return;
        }
        strbuf_add(&body, "{\"status\":\"ready\"}");
        reply(response, 200, "application/json", &body);
}

static void show_metrics(App *app, HttpResponse *response) {
        StrBuf body = { .arena = response->arena };

        (void) app;
        metrics_write(&body);
        reply(response, 200, "text/plain; version=0.0.4; charset=utf-8", &body);
}

bool monitor_answer(App *app, const HttpRequest *request, HttpResponse *response) {
        static const struct {
                const char *path;
                void (*show)(App *app, HttpResponse *response);
        } pages[] = {
                { "/health/live", show_live },
                { "/health/ready", show_ready },
                { "/metrics", show_metrics },
        };

        if (!str_equal(request->verb, "GET") && !str_equal(request->verb, "HEAD"))
                return false;
        for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++)
                if (str_equal(request->path, pages[i].path)) {
                        pages[i].show(app, response);
                        return true;
                }
        return false;
}

static void handle(void *self, const HttpRequest *request, HttpResponse *response) {
        Monitor *monitor = self;

        if (!monitor_answer(monitor->app, request, response))
                reply_error(response, 404, "NOT_FOUND", "There is no such page");
}

static void refuse(void *self, int status, const char *problem, HttpResponse *response) {
        (void) self;
        reply_error(response, status, "REFUSED", problem);
}

const Error *monitor_start(Arena *arena, App *app, const AppSettings *settings, Monitor **ret_monitor) {
        if (settings->metrics_port == 0)
                return NULL;
        Monitor *monitor = ARENA_NEW(arena, Monitor);
        monitor->app = app;
        monitor->workers = workers_new(1, MAX_CONNECTIONS);
        *ret_monitor = monitor;
        return http_server_start(arena, &(HttpServerConfig) {
                .address = settings->metrics_address,
                .port = (uint16_t) settings->metrics_port,
                .n_threads = 2,
                .max_connections = MAX_CONNECTIONS,
                .idle_timeout_ms = IDLE_TIMEOUT_MS,
                .workers = monitor->workers,
                .handler = handle,
                .refuse = refuse,
                .self = monitor,
        }, &monitor->http);
}

void monitor_stop(Monitor *monitor) {
        if (!monitor)
                return;
        http_server_stop(monitor->http, STOP_TIMEOUT_MS);
        workers_free(monitor->workers);
}

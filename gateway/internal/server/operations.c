#include "app/metrics.h"
#include "json/codec.h"
#include "server/gateway.h"

#define READY_TIMEOUT_MS 2000

static void reply(HttpResponse *response, int status, const char *content_type, const StrBuf *body) {
        response->status = status;
        response->content_type = content_type;
        response->body = (Bytes) { (const uint8_t *) strbuf_text(body), body->n_bytes };
}

static void show_live(GatewayServer *server, HttpResponse *response) {
        (void) server;
        StrBuf body = { .arena = response->arena };

        strbuf_add(&body, "{\"status\":\"live\"}");
        reply(response, 200, "application/json", &body);
}

/* Whoever operates it sees the message even of an internal error: it names the part. */
static void show_ready(GatewayServer *server, HttpResponse *response) {
        Ctx ctx = ctx_background(response->arena);
        StrBuf body = { .arena = response->arena };

        ctx_limit(&ctx, READY_TIMEOUT_MS);
        const Error *error = server->readiness.check(server->readiness.self, &ctx);
        strbuf_add(&body, error ? "{\"error\":\"NOT_READY\",\"message\":" : "{\"status\":\"ready\"}");
        if (error) {
                json_add_string(&body, error->message);
                strbuf_add(&body, ",\"details\":{}}");
        }
        reply(response, error ? 503 : 200, "application/json", &body);
}

static void show_metrics(GatewayServer *server, HttpResponse *response) {
        (void) server;
        StrBuf body = { .arena = response->arena };

        metrics_write(&body);
        reply(response, 200, "text/plain; version=0.0.4; charset=utf-8", &body);
}

bool gateway_answer_operations(GatewayServer *server, const HttpRequest *request, HttpResponse *response) {
        static const struct {
                const char *path;
                void (*show)(GatewayServer *server, HttpResponse *response);
        } pages[] = {
                { "/health/live", show_live },
                { "/health/ready", show_ready },
                { "/metrics", show_metrics },
        };

        if (!str_equal(request->verb, "GET") && !str_equal(request->verb, "HEAD"))
                return false;
        for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++)
                if (str_equal(request->path, pages[i].path)) {
                        pages[i].show(server, response);
                        return true;
                }
        return false;
}

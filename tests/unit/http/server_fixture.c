#include "server_fixture.h"

#include <string.h>

ServerFixture http;

static void reply_with(HttpResponse *response, int status, const char *text) {
        response->status = status;
        response->content_type = "text/plain";
        response->body = (Bytes) { (const uint8_t *) text, strlen(text) };
}

bool server_fixture_is_vital(void *self, const HttpRequest *request) {
        (void) self;
        return str_equal(request->path, "/vital");
}

static bool is_cancelled(void *request) {
        return atomic_load(((const HttpRequest *) request)->cancelled);
}

static void await_cancellation(const HttpRequest *request) {
        sem_post(&http.entered);
        test_wait_until(is_cancelled, (void *) request, TEST_WAIT_MS, "the call is cancelled");
        atomic_fetch_add(&http.n_cancelled, 1);
}

static void reply_large(const HttpRequest *request, HttpResponse *response) {
        reply_with(response, 200, "");
        response->body = (Bytes) { arena_alloc(request->arena, LARGE_BYTES), LARGE_BYTES };
}

static void fill_in(const HttpRequest *request, HttpResponse *response) {
        StrBuf echo = { .arena = request->arena };

        atomic_fetch_add(&http.n_calls, 1);
        if (str_equal(request->path, "/hold")) {
                sem_post(&http.entered);
                sem_wait(&http.let_go);
        }
        if (str_equal(request->path, "/cancel"))
                await_cancellation(request);
        if (str_equal(request->path, "/large")) {
                reply_large(request, response);
                return;
        }
        if (str_equal(request->path, "/often")) {
                reply_with(response, 429, "");
                return;
        }
        strbuf_addf(&echo, "%s %s", request->verb, request->path);
        for (size_t i = 0; i < request->n_query; i++)
                strbuf_addf(&echo, " %s=%s", request->query[i].name, request->query[i].value);
        if (http_request_header(request, "x-one"))
                strbuf_addf(&echo, " one:%s", http_request_header(request, "x-one"));
        if (request->body.n_bytes > 100)
                strbuf_addf(&echo, " %zu bytes", request->body.n_bytes);
        else
                strbuf_addf(&echo, " [%.*s]", (int) request->body.n_bytes, (const char *) request->body.data);
        http_response_header(response, "X-Client", request->client);
        reply_with(response, 200, strbuf_text(&echo));
}

static void handle(void *self, const HttpRequest *request, HttpResponse *response) {
        (void) self;
        fill_in(request, response);
        http_respond(response);
}

static void refuse(void *self, int status, const char *problem, HttpResponse *response) {
        (void) self;
        if (atomic_load(&http.holds_refusals)) {
                sem_post(&http.entered);
                sem_wait(&http.let_go);
        }
        if (status == 503)
                http_response_header(response, "Retry-After", "1");
        reply_with(response, status, problem);
}

void server_fixture_start(size_t n_threads, size_t n_workers, size_t queue_limit) {
        http.arena = arena_new();
        http.workers = workers_new(n_workers, queue_limit);
        sem_init(&http.entered, 0, 0);
        sem_init(&http.let_go, 0, 0);
        http.config = (HttpServerConfig) {
                .address = "127.0.0.1",
                .n_threads = n_threads,
                .max_connections = 600,
                .max_per_address = 600,
                .idle_timeout_ms = TEST_WAIT_MS,
                .head_timeout_ms = TEST_WAIT_MS,
                .body_timeout_ms = TEST_WAIT_MS,
                .write_timeout_ms = TEST_WAIT_MS,
                .workers = http.workers,
                .handler = handle,
                .refuse = refuse,
        };
        ck_assert_ok(http_server_start(http.arena, &http.config, &http.server));
        http.port = http_server_port(http.server);
}

void server_fixture_stop(void) {
        http_server_stop(http.server, 5000);
        workers_free(http.workers);
        arena_free(http.arena);
}

void server_fixture_restart(void) {
        http_server_stop(http.server, 1000);
        ck_assert_ok(http_server_start(http.arena, &http.config, &http.server));
        http.port = http_server_port(http.server);
}

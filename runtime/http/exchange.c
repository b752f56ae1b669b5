#include "http/exchange.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/log.h"
#include "http/gate.h"
#include "http/uri.h"

#define SERVICE_UNAVAILABLE 503
#define NO_NAME "" /* which the gate refuses */

static const char stopping_problem[] = "The server is stopping";

Exchange *exchange_new(HttpServer *server, Mover *mover, struct MHD_Connection *connection,
                       const char *target) {
        Arena *arena = arena_new();
        Exchange *exchange = ARENA_NEW(arena, Exchange);

        *exchange = (Exchange) {
                .server = server,
                .mover = mover,
                .connection = connection,
                .target = arena_strdup(arena, target),
                .body = { .arena = arena },
                .request = { .arena = arena },
                .response = { .arena = arena },
                .n_owners = 1,
        };
        return exchange;
}

static void release(Exchange *exchange) {
        if (atomic_fetch_sub(&exchange->n_owners, 1) == 1)
                arena_free(exchange->request.arena);
}

/* ---- sending ---- */

static void add_header(struct MHD_Response *reply, const char *name, const char *value) {
        if (MHD_add_response_header(reply, name, value) != MHD_YES)
                log_error("an answer's header is malformed and left out", log_text("name", name));
}

static enum MHD_Result send_response(Exchange *exchange, const HttpResponse *response,
                                     enum MHD_ResponseMemoryMode mode) {
        struct MHD_Response *reply =
                MHD_create_response_from_buffer(response->body.n_bytes, (void *) response->body.data, mode);

        if (!reply)
                return MHD_NO;
        if (response->content_type)
                add_header(reply, "Content-Type", response->content_type);
        for (size_t i = 0; i < response->n_headers; i++)
                add_header(reply, response->headers[i].name, response->headers[i].value);
        if (atomic_load_explicit(&exchange->server->draining, memory_order_relaxed))
                add_header(reply, "Connection", "close");
        enum MHD_Result result = MHD_queue_response(exchange->connection, (unsigned) response->status, reply);
        MHD_destroy_response(reply);
        return result;
}

/* In an arena of its own: the exchange's may still belong to a worker that was given up. */
static enum MHD_Result send_refusal(Exchange *exchange) {
        const HttpServerConfig *config = &exchange->server->config;
        HttpResponse response = { .arena = arena_new(), .status = exchange->refusal_status };

        config->refuse(config->self, exchange->refusal_status, exchange->refusal_problem, &response);
        enum MHD_Result result = send_response(exchange, &response, MHD_RESPMEM_MUST_COPY);
        arena_free(response.arena);
        return result;
}

static enum MHD_Result send_answer(Exchange *exchange) {
        return exchange->refusal_status
                       ? send_refusal(exchange)
                       : send_response(exchange, &exchange->response, MHD_RESPMEM_PERSISTENT);
}

static void refuse(Exchange *exchange, int status, const char *problem) {
        exchange->refusal_status = status;
        exchange->refusal_problem = problem;
}

/* ---- the head ---- */

typedef struct HeaderCopy {
        Arena *arena;
        HttpPair *pairs;
        size_t n, size;
} HeaderCopy;

/*
 * libmicrohttpd glues a folded line onto the name of its header ("Content-Len: 5\r\n gth"), which it moves
 * for that, so that the value no longer follows the name.
 */
static bool is_folded(const char *name, const char *value) {
        const char *end = name + strlen(name);

        return (uintptr_t) value <= (uintptr_t) end || end + 1 + strspn(end + 1, " \t") != value;
}

static enum MHD_Result copy_header(void *arg, enum MHD_ValueKind kind, const char *name, const char *value) {
        HeaderCopy *copy = arg;

        (void) kind;
        if (copy->n == copy->size)
                return MHD_NO;
        copy->pairs[copy->n++] = (HttpPair) {
                .name = is_folded(name, value) ? NO_NAME : arena_strdup(copy->arena, name),
                .value = arena_strdup(copy->arena, value),
        };
        return MHD_YES;
}

/* One more than allowed is enough for the gate to see that there are too many. */
static void copy_headers(Exchange *exchange) {
        int n = MHD_get_connection_values(exchange->connection, MHD_HEADER_KIND, NULL, NULL);
        HeaderCopy copy = {
                .arena = exchange->request.arena,
                .size = n > HTTP_MAX_HEADERS ? HTTP_MAX_HEADERS + 1 : (size_t) n,
        };

        copy.pairs = ARENA_ARRAY(copy.arena, HttpPair, copy.size);
        MHD_get_connection_values(exchange->connection, MHD_HEADER_KIND, copy_header, &copy);
        exchange->request.headers = copy.pairs;
        exchange->request.n_headers = copy.n;
}

static const char *peer_text(Exchange *exchange) {
        const union MHD_ConnectionInfo *info =
                MHD_get_connection_info(exchange->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
        const struct sockaddr *address = info->client_addr;
        char *text = arena_alloc(exchange->request.arena, INET6_ADDRSTRLEN);
        const void *bytes = address->sa_family == AF_INET6
                                    ? (const void *) &((const struct sockaddr_in6 *) address)->sin6_addr
                                    : (const void *) &((const struct sockaddr_in *) address)->sin_addr;

        return inet_ntop(address->sa_family, bytes, text, INET6_ADDRSTRLEN) ? text : "";
}

/* Path and query, both of which must decode; handlers decode the path's segments one by one. */
static bool split_target(Exchange *exchange) {
        HttpRequest *request = &exchange->request;
        size_t n_path_bytes = strcspn(exchange->target, "?");
        const char *query = exchange->target + n_path_bytes;

        request->path = arena_strndup(request->arena, exchange->target, n_path_bytes);
        return uri_decode(request->arena, exchange->target, n_path_bytes, URI_PATH) &&
               uri_parse_query(request->arena, *query ? query + 1 : "", &request->query, &request->n_query);
}

static enum MHD_Result begin(Exchange *exchange, const char *verb, const char *version) {
        HttpRequest *request = &exchange->request;

        exchange->phase = EXCHANGE_BODY;
        request->verb = arena_strdup(request->arena, verb);
        request->peer = peer_text(exchange);
        copy_headers(exchange);
        GateHead head = {
                .verb = verb,
                .target = exchange->target,
                .version = version,
                .headers = request->headers,
                .n_headers = request->n_headers,
        };
        const char *problem;
        int status = gate_check(&head, &problem);
        if (!status && !split_target(exchange)) {
                status = 400;
                problem = "The request's target is not percent-encoded UTF-8";
        }
        if (!status)
                return MHD_YES;
        refuse(exchange, status, problem);
        return send_refusal(exchange);
}

/* ---- the body ---- */

/* An answer can only be sent at the body's end: what is too much of a chunked one is read and thrown away. */
static enum MHD_Result take_body(Exchange *exchange, const char *data, size_t *n_bytes) {
        exchange->n_received_bytes += *n_bytes;
        if (exchange->n_received_bytes <= HTTP_MAX_BODY_BYTES)
                strbuf_add_bytes(&exchange->body, data, *n_bytes);
        else
                refuse(exchange, 413, "The body is too large");
        *n_bytes = 0;
        bool goes_on = exchange->n_received_bytes <= HTTP_MAX_BODY_BYTES + HTTP_MAX_DISCARDED_BYTES;
        return goes_on ? MHD_YES : MHD_NO;
}

/* ---- the call ---- */

/* Under the server's lock: the connection is suspended, and so alive, until one of the two sides answers. */
static void answered(Exchange *exchange) {
        exchange->is_answered = true;
        MHD_resume_connection(exchange->connection);
        mover_wake(exchange->mover);
}

static void run(void *job) {
        Exchange *exchange = job;
        HttpServer *server = exchange->server;

        server->config.handler(server->config.self, &exchange->request, &exchange->response);
        monitor_lock(&server->monitor);
        if (!exchange->is_answered)
                answered(exchange);
        monitor_unlock(&server->monitor);
        release(exchange);
}

/* Suspends under the lock, so that whoever finds the exchange in the list may resume its connection. */
static void enter(Exchange *exchange) {
        HttpServer *server = exchange->server;

        monitor_lock(&server->monitor);
        MHD_suspend_connection(exchange->connection);
        exchange->is_in_flight = true;
        exchange->next = server->in_flight;
        if (exchange->next)
                exchange->next->previous = exchange;
        server->in_flight = exchange;
        monitor_unlock(&server->monitor);
}

static void leave(Exchange *exchange) {
        HttpServer *server = exchange->server;

        monitor_lock(&server->monitor);
        if (exchange->next)
                exchange->next->previous = exchange->previous;
        if (exchange->previous)
                exchange->previous->next = exchange->next;
        else
                server->in_flight = exchange->next;
        if (!server->in_flight)
                monitor_signal(&server->monitor);
        monitor_unlock(&server->monitor);
}

/* The worker may be done before this function is. */
static enum MHD_Result call(Exchange *exchange) {
        HttpServer *server = exchange->server;

        exchange->phase = EXCHANGE_CALLED;
        if (exchange->refusal_status)
                return send_refusal(exchange);
        exchange->request.body =
                (Bytes) { (const uint8_t *) strbuf_text(&exchange->body), exchange->body.n_bytes };
        atomic_fetch_add(&exchange->n_owners, 1);
        enter(exchange);
        if (workers_submit(server->config.workers, run, exchange))
                return MHD_YES;
        atomic_fetch_sub(&exchange->n_owners, 1);
        monitor_lock(&server->monitor);
        if (!exchange->is_answered) {
                refuse(exchange, SERVICE_UNAVAILABLE, "The server is busy");
                answered(exchange);
        }
        monitor_unlock(&server->monitor);
        return MHD_YES;
}

/* ---- the life ---- */

enum MHD_Result exchange_advance(Exchange *exchange, const char *verb, const char *version, const char *data,
                                 size_t *n_bytes) {
        switch (exchange->phase) {
        case EXCHANGE_HEAD:
                return begin(exchange, verb, version);
        case EXCHANGE_BODY:
                return *n_bytes > 0 ? take_body(exchange, data, n_bytes) : call(exchange);
        case EXCHANGE_CALLED:
                return send_answer(exchange);
        }
        return MHD_NO;
}

/* Refused before its body was read: the client may be sending it right now. */
static void let_linger(Exchange *exchange) {
        const union MHD_ConnectionInfo *info =
                MHD_get_connection_info(exchange->connection, MHD_CONNECTION_INFO_CONNECTION_FD);

        linger_take(exchange->server->linger, info->connect_fd);
}

void exchange_complete(Exchange *exchange) {
        if (exchange->phase == EXCHANGE_BODY && exchange->refusal_status)
                let_linger(exchange);
        if (exchange->is_in_flight)
                leave(exchange);
        release(exchange);
}

void exchange_abandon(Exchange *exchange) {
        if (exchange->is_answered)
                return;
        refuse(exchange, SERVICE_UNAVAILABLE, stopping_problem);
        answered(exchange);
}

#include "http/connection_private.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "http/parts_private.h"

#define BODY_TOO_LARGE 413
#define TOO_MANY_REQUESTS 429
#define SERVICE_UNAVAILABLE 503
#define FIRST_INPUT_BYTES 4096

static const char busy_problem[] = "The server is busy";
static const char crowded_problem[] = "There are too many connections, in all or from this address";
static const char overload_problem[] = "The handler has too much to do, or enough of this caller";
static const char stopping_problem[] = "The server is stopping";

static HttpServer *server_of(const Connection *connection) {
        return connection->mover->server;
}

static void enter(Connection *connection, ConnectionState state, TimerClass timer) {
        connection->state = state;
        http_timer_start(&connection->mover->timers[timer], &connection->timer);
}

/* ---- reading ---- */

typedef enum ReadOutcome { READ_SOME, READ_LATER, READ_END } ReadOutcome;

/* Less than there was room for is all there is, until an event says otherwise; an end has said so already. */
static ReadOutcome read_some(Connection *connection, void *bytes, size_t n_bytes, size_t *ret_n_bytes) {
        if (!connection->can_read)
                return READ_LATER;
        ssize_t n = connection->transport.ops->read(&connection->transport, bytes, n_bytes);
        if (n > 0)
                *ret_n_bytes = (size_t) n;
        if (n == TRANSPORT_LATER || (n > 0 && (size_t) n < n_bytes && !connection->has_ended))
                connection->can_read = false;
        return n > 0 ? READ_SOME : n == TRANSPORT_LATER ? READ_LATER : READ_END;
}

/* The parser refuses a head before it has outgrown the largest size. */
static void make_room(Connection *connection) {
        if (connection->n_input_bytes < connection->size_bytes)
                return;
        connection->size_bytes = connection->size_bytes ? connection->size_bytes * 2 : FIRST_INPUT_BYTES;
        connection->input = realloc(connection->input, connection->size_bytes);
        if (!connection->input)
                abort();
}

static void take_input(Connection *connection, size_t n_bytes) {
        connection->n_input_bytes -= n_bytes;
        memmove(connection->input, connection->input + n_bytes, connection->n_input_bytes);
}

/* A client that idles keeps no more than the first size. */
static void shrink_input(Connection *connection) {
        if (connection->n_input_bytes > 0 || connection->size_bytes <= FIRST_INPUT_BYTES)
                return;
        free(connection->input);
        connection->input = NULL;
        connection->size_bytes = 0;
}

/* An end in the middle of a request leaves nothing to answer. True when there is more. */
static bool read_head(Connection *connection) {
        size_t n;

        make_room(connection);
        ReadOutcome outcome = read_some(connection, connection->input + connection->n_input_bytes,
                                        connection->size_bytes - connection->n_input_bytes, &n);
        if (outcome == READ_END)
                http_connection_close(connection);
        if (outcome != READ_SOME)
                return false;
        connection->n_input_bytes += n;
        if (connection->state == CONNECTION_IDLE)
                enter(connection, CONNECTION_HEAD, TIMER_HEAD);
        return true;
}

/* ---- answering ---- */

/* Who is told that there is too much to do, and comes again at once, takes the time of those served. */
static bool is_overload(const Connection *connection, int status) {
        return (status == SERVICE_UNAVAILABLE || status == TOO_MANY_REQUESTS) && !connection->is_vital;
}

/* The connection of a proxy is many clients': that one of them asks too often stops no other. */
static bool is_to_wait(const Connection *connection, int status) {
        return is_overload(connection, status) &&
               (status == SERVICE_UNAVAILABLE || !connection->peer.is_trusted);
}

/* Takes over response->arena. */
static void answer(Connection *connection, const HttpResponse *response) {
        connection->closes |= atomic_load_explicit(&server_of(connection)->is_draining, memory_order_relaxed);
        connection->is_paced = is_to_wait(connection, response->status);
        connection->sending = response->arena;
        http_writer_add(&connection->writer,
                        http_answer_head(response, http_mover_date(connection->mover), connection->closes));
        if (http_answer_has_body(response) && !connection->omits_body)
                http_writer_add(&connection->writer, response->body);
        enter(connection, CONNECTION_WRITING, TIMER_WRITE);
}

static void refuse(Connection *connection, int status, const char *problem) {
        const HttpServerConfig *config = &server_of(connection)->config;
        HttpResponse response = { .arena = arena_new(), .status = status };

        config->refuse(config->self, status, problem, &response);
        http_mover_note_refusal(connection->mover, connection->client, status, problem);
        answer(connection, &response);
}

/* One answer, and no other: what follows in the stream cannot be told from what went before. */
static void refuse_and_close(Connection *connection, int status, const char *problem) {
        connection->closes = true;
        connection->left_bytes =
                status == BODY_TOO_LARGE ? HTTP_MAX_DRAINED_BODY_BYTES : HTTP_MAX_DRAINED_BYTES;
        refuse(connection, status, problem);
}

static void await_request(Connection *connection) {
        http_address_write(&connection->peer.address, connection->client);
        connection->parser = (Parser) { 0 };
        connection->head.n_headers = 0;
        connection->is_vital = connection->omits_body = connection->is_paced = false;
        shrink_input(connection);
        if (connection->n_input_bytes > 0)
                enter(connection, CONNECTION_HEAD, TIMER_HEAD);
        else
                enter(connection, CONNECTION_IDLE, TIMER_IDLE);
}

static void leave_server(Connection *connection) {
        if (connection->is_in_flight)
                http_server_leave(server_of(connection));
        connection->is_in_flight = false;
}

static void answered(Connection *connection) {
        arena_free(connection->sending);
        connection->sending = NULL;
        leave_server(connection);
        if (connection->closes) {
                connection->transport.ops->end(&connection->transport);
                enter(connection, CONNECTION_DRAINING, TIMER_DRAIN);
        } else if (connection->is_paced) {
                enter(connection, CONNECTION_PACED, TIMER_PACE);
        } else {
                await_request(connection);
        }
}

/* ---- the call ---- */

static void on_done(Letter *letter);

static Exchange *exchange_new(Connection *connection) {
        Arena *arena = arena_new();
        Exchange *exchange = ARENA_NEW(arena, Exchange);

        *exchange = (Exchange) {
                .letter = { .open = on_done },
                .mover = connection->mover,
                .connection = connection,
                .request = { .arena = arena, .cancelled = &exchange->cancelled },
                .response = { .arena = arena },
        };
        return exchange;
}

static void exchange_free(Exchange *exchange) {
        arena_free(exchange->request.arena);
}

/* The handler is done. */
static void on_done(Letter *letter) {
        Exchange *exchange = (Exchange *) letter;
        Connection *connection = exchange->connection;

        if (!connection) {
                exchange_free(exchange);
                return;
        }
        connection->exchange = NULL;
        answer(connection, &exchange->response);
        if (is_overload(connection, exchange->response.status))
                http_mover_note_refusal(connection->mover, connection->client, exchange->response.status,
                                        overload_problem);
        http_connection_advance(connection);
}

/* On a worker. */
static void run(void *job) {
        Exchange *exchange = job;
        const HttpServerConfig *config = &exchange->mover->server->config;

        config->handler(config->self, &exchange->request, &exchange->response);
}

void http_respond(HttpResponse *response) {
        Exchange *exchange = CONTAINER_OF(response, Exchange, response);

        if (!http_mover_post(exchange->mover, &exchange->letter))
                exchange_free(exchange);
}

static bool is_vital(const HttpServerConfig *config, const HttpRequest *request) {
        return config->is_vital && config->is_vital(config->self, request);
}

/* The worker may be done before this function is. */
static void call(Connection *connection) {
        HttpServer *server = server_of(connection);
        Exchange *exchange = connection->exchange;
        bool is_reserved = connection->ticket.place == CROWD_RESERVED;

        connection->state = CONNECTION_CALLED;
        http_timer_stop(&connection->timer);
        http_server_enter(server);
        connection->is_in_flight = true;
        connection->is_vital = is_vital(&server->config, &exchange->request);
        connection->closes |= is_reserved;
        bool may_run = connection->is_vital || !is_reserved;
        if (may_run &&
            workers_submit(connection->is_vital ? server->vital : server->config.workers, run, exchange))
                return;
        connection->exchange = NULL;
        exchange_free(exchange);
        refuse(connection, SERVICE_UNAVAILABLE, may_run ? busy_problem : crowded_problem);
}

/* ---- the steps: each does what it can, and returns true when the next can go on ---- */

static void take_body(Connection *connection, const void *bytes, size_t n_bytes) {
        Bytes *body = &connection->exchange->request.body;

        memcpy((uint8_t *) body->data + body->n_bytes, bytes, n_bytes);
        body->n_bytes += n_bytes;
}

/* Of a body, what came together with its head. */
static void begin_body(Connection *connection, const HeadTerms *terms) {
        static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
        Exchange *exchange = connection->exchange;
        size_t n = connection->n_input_bytes < terms->n_body_bytes ? connection->n_input_bytes
                                                                   : terms->n_body_bytes;

        exchange->n_body_bytes = terms->n_body_bytes;
        exchange->request.body.data = arena_alloc(exchange->request.arena, terms->n_body_bytes + 1);
        take_body(connection, connection->input, n);
        take_input(connection, n);
        if (terms->expects_continue && n < terms->n_body_bytes)
                http_writer_add(&connection->writer, (Bytes) { (const uint8_t *) go_on, strlen(go_on) });
        enter(connection, CONNECTION_BODY, TIMER_BODY);
}

static void name_client(Connection *connection, HttpRequest *request) {
        request->address = http_trust_client(server_of(connection)->trust, &connection->peer, request);
        http_address_write(&request->address, connection->client);
        request->client = arena_strdup(request->arena, connection->client);
}

static void begin(Connection *connection) {
        Exchange *exchange = exchange_new(connection);
        HeadTerms terms = http_head_finish(&connection->head, connection->input, connection->parser.at,
                                           &exchange->request);

        name_client(connection, &exchange->request);
        take_input(connection, connection->parser.at);
        connection->closes |= terms.closes;
        if (terms.status) {
                exchange_free(exchange);
                refuse_and_close(connection, terms.status, terms.problem);
                return;
        }
        connection->exchange = exchange;
        begin_body(connection, &terms);
}

/* Also what is refused later in its head is answered as its method wants it. */
static void note(Connection *connection, const ParserEvent *event) {
        http_head_note(&connection->head, event);
        connection->omits_body = http_head_omits_body(&connection->head, connection->input);
}

static bool step_head(Connection *connection) {
        ParserEvent event =
                http_parser_next(&connection->parser, connection->input, connection->n_input_bytes);

        if (event.kind == PARSER_MORE)
                return read_head(connection);
        if (event.kind == PARSER_END)
                begin(connection);
        else if (event.kind == PARSER_REFUSED)
                refuse_and_close(connection, event.status, event.problem);
        else
                note(connection, &event);
        return true;
}

static bool step_body(Connection *connection) {
        Bytes *body = &connection->exchange->request.body;
        size_t left = connection->exchange->n_body_bytes - body->n_bytes, n = 0;
        bool moved;

        if (http_writer_flush(&connection->writer, &connection->transport, &moved) == WRITER_LATER)
                return false;
        if (left == 0) {
                call(connection);
                return true;
        }
        ReadOutcome outcome = read_some(connection, (uint8_t *) body->data + body->n_bytes, left, &n);
        body->n_bytes += n;
        if (outcome == READ_END)
                http_connection_close(connection);
        return outcome == READ_SOME;
}

static bool step_write(Connection *connection) {
        bool moved;
        WriterOutcome outcome = http_writer_flush(&connection->writer, &connection->transport, &moved);

        if (outcome == WRITER_DONE)
                answered(connection);
        else if (outcome == WRITER_BROKEN)
                http_connection_close(connection);
        else if (moved)
                http_timer_start(&connection->mover->timers[TIMER_WRITE], &connection->timer);
        return outcome == WRITER_DONE;
}

static bool step_drain(Connection *connection) {
        char thrown_away[16 * 1024];
        size_t n = 0;
        ReadOutcome outcome = read_some(connection, thrown_away, sizeof(thrown_away), &n);

        if (outcome == READ_END || n >= connection->left_bytes)
                http_connection_close(connection);
        else
                connection->left_bytes -= n;
        return outcome == READ_SOME && connection->state == CONNECTION_DRAINING;
}

static bool step_none(Connection *connection) {
        (void) connection;
        return false;
}

void http_connection_advance(Connection *connection) {
        static bool (*const steps[])(Connection * connection) = {
                [CONNECTION_IDLE] = step_head,      [CONNECTION_HEAD] = step_head,
                [CONNECTION_BODY] = step_body,      [CONNECTION_CALLED] = step_none,
                [CONNECTION_WRITING] = step_write,  [CONNECTION_PACED] = step_none,
                [CONNECTION_DRAINING] = step_drain, [CONNECTION_CLOSED] = step_none,
        };

        while (steps[connection->state](connection))
                ;
}

static void give_up(Connection *connection) {
        Exchange *exchange = connection->exchange;

        if (connection->state == CONNECTION_CALLED) {
                exchange->connection = NULL;
                atomic_store(&exchange->cancelled, true);
        } else if (exchange) {
                exchange_free(exchange);
        }
        connection->exchange = NULL;
        arena_free(connection->sending);
        connection->sending = NULL;
}

/* A client that never hears the last byte of an answer, or never sends its own, has had its time. */
void http_connection_late(Connection *connection) {
        if (connection->state != CONNECTION_PACED) {
                http_connection_close(connection);
                return;
        }
        await_request(connection);
        http_connection_advance(connection);
}

void http_connection_abandon(Connection *connection) {
        give_up(connection);
        refuse_and_close(connection, SERVICE_UNAVAILABLE, stopping_problem);
        http_connection_advance(connection);
}

void http_connection_begin(Connection *connection) {
        connection->left_bytes = HTTP_MAX_DRAINED_BYTES;
        await_request(connection);
}

void http_connection_end(Connection *connection) {
        give_up(connection);
        leave_server(connection);
        free(connection->input);
        connection->input = NULL;
}

#include "pg/session_private.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/str.h"
#include "pg/failure_private.h"

/*
 * Both ends notice a dead peer, and the server drops the work of a client that went away: a deadline is kept
 * by cutting the connection, since PQcancel waits for a stopped server without limit.
 */
#define SERVER_SETTINGS                                                                                      \
        "-c client_connection_check_interval=1000 -c tcp_keepalives_idle=10 "                                \
        "-c tcp_keepalives_interval=5 -c tcp_keepalives_count=3"

/*
 * Every statement of ours finds few rows by a key, and is planned once per session, perhaps while its tables
 * are still empty. So the plan is made to walk the indexes, and is kept: one that was right for empty tables
 * would read whole tables later, and planning a statement with arrays anew at each call costs more than
 * running it.
 */
#define PLANNER_SETTINGS                                                                                     \
        "-c plan_cache_mode=force_generic_plan -c enable_seqscan=off -c enable_hashjoin=off "                \
        "-c enable_mergejoin=off -c enable_bitmapscan=off -c jit=off"

/* How long poll() may wait in one go; longer deadlines are asked again. */
#define POLL_MAX_MS 60000

/* True when the socket is ready, false when the deadline has passed. */
static bool wait_for(int fd, short events, int64_t deadline_us) {
        for (;;) {
                int64_t left_us = deadline_us - clock_monotonic_us();
                int64_t left_ms = left_us > 0 ? left_us / 1000 + 1 : 0;
                struct pollfd socket = { .fd = fd, .events = events };

                int n = poll(&socket, 1, left_ms < POLL_MAX_MS ? (int) left_ms : POLL_MAX_MS);
                if (n > 0)
                        return true;
                if (n < 0 && errno != EINTR)
                        abort();
                if (left_ms == 0)
                        return false;
        }
}

/* The options of the connection string, followed by ours. */
static const char *server_options(const PgPoolConfig *config, Arena *arena, const PQconninfoOption *given) {
        const char *own = "";

        for (; given->keyword; given++)
                if (str_equal(given->keyword, "options") && given->val)
                        own = given->val;
        return arena_printf(arena,
                            "%s " SERVER_SETTINGS " " PLANNER_SETTINGS " -c statement_timeout=%lld"
                            " -c lock_timeout=%lld -c idle_in_transaction_session_timeout=%lld",
                            own, (long long) config->statement_timeout_ms,
                            (long long) config->lock_timeout_ms,
                            (long long) config->idle_transaction_timeout_ms);
}

/* What stands before dbname is a default that the connection string may change; what follows is ours. */
static PGconn *start(const char *dsn, const char *options) {
        const struct {
                const char *key;
                const char *value;
        } parameters[] = {
                { "application_name", program_invocation_short_name },
                { "gssencmode", "disable" },
                { "tcp_user_timeout", "5000" },
                { "keepalives_idle", "10" },
                { "keepalives_interval", "5" },
                { "keepalives_count", "3" },
                { "dbname", dsn },
                { "client_encoding", "UTF8" },
                { "options", options },
        };
        enum { N = ARRAY_SIZE(parameters) };
        const char *keys[N + 1] = { NULL };
        const char *values[N + 1] = { NULL };

        for (size_t i = 0; i < N; i++) {
                keys[i] = parameters[i].key;
                values[i] = parameters[i].value;
        }
        PGconn *conn = PQconnectStartParams(keys, values, 1);
        if (!conn)
                abort();
        return conn;
}

/* False when the deadline came first. */
static bool finish_connecting(PGconn *conn, int64_t deadline_us) {
        PostgresPollingStatusType next = PGRES_POLLING_WRITING;

        while (PQstatus(conn) != CONNECTION_BAD && next != PGRES_POLLING_OK && next != PGRES_POLLING_FAILED) {
                if (!wait_for(PQsocket(conn), next == PGRES_POLLING_READING ? POLLIN : POLLOUT, deadline_us))
                        return false;
                next = PQconnectPoll(conn);
        }
        return true;
}

static const Error *connect_error(Arena *arena, const PGconn *conn, bool was_in_time) {
        const char *host = PQhost(conn), *port = PQport(conn);
        const Error *cause = was_in_time ? error_internal(arena, NULL, "%s", pg_failure_text(arena, conn))
                                         : error_internal(arena, NULL, "No answer in time from %s, port %s",
                                                          host ? host : "?", port ? port : "?");

        return error_wrap(arena, ERROR_UNAVAILABLE, REASON_UNAVAILABLE, cause,
                          "The database is not available");
}

static void ignore_notice(void *arg, const PGresult *notice) {
        (void) arg;
        (void) notice;
}

int64_t pg_session_connect_timeout_ms(const PgPoolConfig *config) {
        return config->connect_timeout_ms > 0 ? config->connect_timeout_ms : PG_CONNECT_TIMEOUT_MS;
}

static const Error *open_connection(Ctx *ctx, const char *dsn, const char *options, PGconn **ret_conn) {
        PGconn *conn = start(dsn, options);
        bool was_in_time = finish_connecting(conn, ctx->deadline_us);

        if (!was_in_time || PQstatus(conn) != CONNECTION_OK) {
                const Error *error = connect_error(ctx->arena, conn, was_in_time);
                PQfinish(conn);
                return error;
        }
        PQsetnonblocking(conn, 1);
        PQsetNoticeReceiver(conn, ignore_notice, NULL);
        *ret_conn = conn;
        return NULL;
}

const Error *pg_session_open(const PgPoolConfig *config, Ctx *ctx, PgSession **ret_session) {
        char *problem = NULL;
        PQconninfoOption *given = PQconninfoParse(config->dsn, &problem);
        Ctx connecting = *ctx;
        PGconn *conn;

        if (!given) {
                const Error *error = error_internal(ctx->arena, NULL,
                                                    "The database's connection string is malformed: %s",
                                                    problem ? problem : "no memory");
                PQfreemem(problem);
                return error;
        }
        const char *options = server_options(config, ctx->arena, given);
        PQconninfoFree(given);
        ctx_limit(&connecting, pg_session_connect_timeout_ms(config));
        TRY(open_connection(&connecting, config->dsn, options, &conn));

        PgSession *session = MEMORY_NEW(PgSession);
        session->conn = conn;
        *ret_session = session;
        return NULL;
}

void pg_session_close(PgSession *session) {
        PQfinish(session->conn);
        pg_prepared_free(&session->prepared);
        free(session);
}

void pg_session_abandon(PgSession *session) {
        if (PQsocket(session->conn) >= 0)
                shutdown(PQsocket(session->conn), SHUT_RDWR);
        pg_session_close(session);
}

bool pg_session_is_quiet(const PgSession *session) {
        return !wait_for(PQsocket(session->conn), POLLIN | POLLRDHUP, 0);
}

PgWait pg_session_next_result(PgSession *session, int64_t deadline_us, PGresult **ret_result) {
        session->has_unsent = PQflush(session->conn) != 0;
        while (PQisBusy(session->conn)) {
                short events = session->has_unsent ? POLLIN | POLLOUT : POLLIN;

                if (!wait_for(PQsocket(session->conn), events, deadline_us))
                        return PG_WAIT_LATE;
                if (!PQconsumeInput(session->conn))
                        return PG_WAIT_LOST;
                session->has_unsent = PQflush(session->conn) != 0;
        }
        *ret_result = PQgetResult(session->conn);
        if (!*ret_result && PQstatus(session->conn) == CONNECTION_BAD)
                return PG_WAIT_LOST;
        return PG_WAIT_READY;
}

static void clear_result(void *result) {
        PQclear(result);
}

static const Error *link_error(const PgSession *session, Ctx *ctx, PgWait wait) {
        if (wait == PG_WAIT_LATE)
                return error_new(ctx->arena, ERROR_DEADLINE_EXCEEDED, REASON_DEADLINE_EXCEEDED,
                                 "The database took too long");
        return error_wrap(ctx->arena, ERROR_UNAVAILABLE, REASON_UNAVAILABLE,
                          error_internal(ctx->arena, NULL, "%s", pg_failure_text(ctx->arena, session->conn)),
                          "The connection to the database was lost");
}

const Error *pg_session_query(PgSession *session, Ctx *ctx, const char *sql, size_t n_params,
                              const char *const *params, const PGresult **ret_result) {
        const Error *error = NULL;
        const PGresult *last = NULL;
        int sent = n_params == 0 ? PQsendQuery(session->conn, sql)
                                 : PQsendQueryParams(session->conn, sql, (int) n_params, NULL, params, NULL,
                                                     NULL, 0);

        if (!sent)
                return link_error(session, ctx, PG_WAIT_LOST);
        for (;;) {
                PGresult *result;
                PgWait wait = pg_session_next_result(session, ctx->deadline_us, &result);

                if (wait != PG_WAIT_READY)
                        return error ? error : link_error(session, ctx, wait);
                if (!result)
                        break;
                arena_defer(ctx->arena, clear_result, result);
                last = result;
                if (!error && PQresultStatus(result) != PGRES_COMMAND_OK &&
                    PQresultStatus(result) != PGRES_TUPLES_OK)
                        error = pg_failure_error(ctx->arena, result, sql);
        }
        TRY(error);
        *ret_result = last;
        return NULL;
}

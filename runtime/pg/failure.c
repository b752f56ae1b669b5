#include "pg/failure_private.h"

#include <string.h>

#include "base/memory.h"
#include "base/str.h"
#include "pg/pool.h"

#define FENCE_SQLSTATE "MR001"

/*
 * What each class of PostgreSQL 15 means (its appendix A), in the order of the codes. The longest beginning
 * counts. Only values are final: what is not known here, or is known to be wrong on our side or the server's,
 * may be right tomorrow.
 */
static const struct {
        const char *sqlstate; /* or its first characters */
        PgFailure failure;
} failures[] = {
        { "03", PG_FAILURE_DEFECT },         /* statement not complete */
        { "08", PG_FAILURE_UNAVAILABLE },    /* connection */
        { "08007", PG_FAILURE_LINK },        /* transaction resolution unknown */
        { "08P01", PG_FAILURE_DEFECT },      /* a wrong number of parameters, not the network */
        { "09", PG_FAILURE_DEFECT },         /* triggered action */
        { "0A", PG_FAILURE_DEFECT },         /* feature not supported */
        { "0B", PG_FAILURE_DEFECT },         /* transaction initiation */
        { "0F", PG_FAILURE_DEFECT },         /* locator */
        { "0L", PG_FAILURE_DEFECT },         /* grantor */
        { "0P", PG_FAILURE_DEFECT },         /* role specification */
        { "0Z", PG_FAILURE_DEFECT },         /* diagnostics */
        { "20", PG_FAILURE_DEFECT },         /* case not found */
        { "21", PG_FAILURE_DEFECT },         /* cardinality */
        { "22", PG_FAILURE_VALUES },         /* data */
        { "2200H", PG_FAILURE_DEFECT },      /* a sequence ran out, whatever the values */
        { "23", PG_FAILURE_VALUES },         /* integrity constraint */
        { "24", PG_FAILURE_DEFECT },         /* cursor state */
        { "25", PG_FAILURE_SESSION },        /* transaction state, as 25006: the server is read-only now */
        { "26", PG_FAILURE_STALE_PLAN },     /* no such prepared statement */
        { "27", PG_FAILURE_DEFECT },         /* triggered data change */
        { "28", PG_FAILURE_UNAVAILABLE },    /* authorization: a password or role is being changed */
        { "2B", PG_FAILURE_DEFECT },         /* dependent objects */
        { "2D", PG_FAILURE_DEFECT },         /* transaction termination */
        { "2F", PG_FAILURE_DEFECT },         /* SQL routine */
        { "34", PG_FAILURE_DEFECT },         /* cursor name */
        { "38", PG_FAILURE_DEFECT },         /* external routine */
        { "39", PG_FAILURE_DEFECT },         /* external routine invocation */
        { "3B", PG_FAILURE_DEFECT },         /* savepoint */
        { "3D", PG_FAILURE_UNAVAILABLE },    /* no such database: it is being restored */
        { "3F", PG_FAILURE_DEFECT },         /* schema name */
        { "40", PG_FAILURE_CONFLICT },       /* serialization failure, deadlock */
        { "40003", PG_FAILURE_LINK },        /* statement completion unknown */
        { "42", PG_FAILURE_DEFECT },         /* syntax, missing table or privilege */
        { "44", PG_FAILURE_DEFECT },         /* check option of a view */
        { "53", PG_FAILURE_UNAVAILABLE },    /* disk, memory, connections */
        { "54", PG_FAILURE_DEFECT },         /* program limit */
        { "55", PG_FAILURE_UNAVAILABLE },    /* prerequisite state, object in use */
        { "55P03", PG_FAILURE_LOCKED },      /* lock not available */
        { "57", PG_FAILURE_UNAVAILABLE },    /* operator: shutdown, start, recovery */
        { "57014", PG_FAILURE_LATE },        /* query cancelled, see is_cancelled_by_hand() */
        { "58", PG_FAILURE_UNAVAILABLE },    /* input and output below PostgreSQL */
        { "72", PG_FAILURE_CONFLICT },       /* snapshot too old */
        { "F0", PG_FAILURE_UNAVAILABLE },    /* configuration file */
        { "HV", PG_FAILURE_UNAVAILABLE },    /* foreign data */
        { FENCE_SQLSTATE, PG_FAILURE_FENCE },
        { "P0", PG_FAILURE_DEFECT },         /* PL/pgSQL, RAISE */
        { "XX", PG_FAILURE_DEFECT },         /* the server's own bug, or corruption */
};

static const char *field(const PGresult *result, int name) {
        const char *text = PQresultErrorField(result, name);

        return text ? text : "";
}

/* After FATAL and PANIC the server hangs up; an error without severity was made by libpq, about the link. */
static bool ends_session(const PGresult *result) {
        return !str_equal(field(result, PG_DIAG_SEVERITY_NONLOCALIZED), "ERROR");
}

/* 0A000 has many meanings; the function that raises it tells them apart in every language. */
static bool is_stale_plan(const PGresult *result) {
        return str_equal(field(result, PG_DIAG_SQLSTATE), "0A000") &&
               str_equal(field(result, PG_DIAG_SOURCE_FUNCTION), "RevalidateCachedQuery");
}

/*
 * The server tells its statement timeout and pg_cancel_backend() apart by this text alone. In another
 * language both count as the timeout, which is tried again as well.
 */
static bool is_cancelled_by_hand(const PGresult *result) {
        return str_equal(field(result, PG_DIAG_SQLSTATE), "57014") &&
               strstr(field(result, PG_DIAG_MESSAGE_PRIMARY), "user request");
}

static PgFailure failure_of_state(const char *sqlstate) {
        PgFailure failure = PG_FAILURE_UNAVAILABLE;
        size_t n_best = 0;

        for (size_t i = 0; i < ARRAY_SIZE(failures); i++)
                if (str_starts_with(sqlstate, failures[i].sqlstate) &&
                    strlen(failures[i].sqlstate) > n_best) {
                        n_best = strlen(failures[i].sqlstate);
                        failure = failures[i].failure;
                }
        return failure;
}

PgFailure pg_failure_of(const PGresult *result) {
        if (ends_session(result))
                return PG_FAILURE_LINK;
        if (is_stale_plan(result))
                return PG_FAILURE_STALE_PLAN;
        if (is_cancelled_by_hand(result))
                return PG_FAILURE_UNAVAILABLE;
        return failure_of_state(field(result, PG_DIAG_SQLSTATE));
}

static const char *one_line(Arena *arena, const char *message) {
        char *line = arena_strdup(arena, message);
        size_t n = strlen(line);

        while (n > 0 && line[n - 1] == '\n')
                line[--n] = '\0';
        for (char *c = line; *c; c++)
                if (*c == '\n' || *c == '\t')
                        *c = ' ';
        return line;
}

const char *pg_failure_text(Arena *arena, const PGconn *conn) {
        return one_line(arena, PQerrorMessage(conn));
}

const Error *pg_failure_locked(Arena *arena, const Error *cause) {
        Error *error = error_wrap(arena, ERROR_UNAVAILABLE, REASON_UNAVAILABLE, cause,
                                  "Others are at work on the same rows");

        error->retry_after_ms = PG_LOCKED_RETRY_MS;
        return error;
}

const Error *pg_failure_error(Arena *arena, const PGresult *result, const char *sql) {
        PgFailure failure = pg_failure_of(result);
        const char *message = field(result, PG_DIAG_MESSAGE_PRIMARY);

        if (failure == PG_FAILURE_FENCE)
                return error_new(arena, ERROR_ABORTED, arena_strdup(arena, message),
                                 "A fence of the batch did not hold");
        if (str_is_empty(message))
                message = one_line(arena, PQresultErrorMessage(result));
        Error *cause = error_internal(arena, NULL, "PostgreSQL: %s (SQLSTATE %s) in: %s", message,
                                      field(result, PG_DIAG_SQLSTATE), sql);
        switch (failure) {
        case PG_FAILURE_VALUES:
                cause->is_final = true;
                return cause;
        case PG_FAILURE_DEFECT:
                return cause;
        case PG_FAILURE_LATE:
                return error_wrap(arena, ERROR_DEADLINE_EXCEEDED, REASON_DEADLINE_EXCEEDED, cause,
                                  "The database took too long");
        case PG_FAILURE_LOCKED:
                return pg_failure_locked(arena, cause);
        default:
                return error_wrap(arena, ERROR_UNAVAILABLE, REASON_UNAVAILABLE, cause,
                                  "The database is not available");
        }
}

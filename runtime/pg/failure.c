#include "pg/failure.h"

#include <string.h>

#include "base/str.h"

#define FENCE_SQLSTATE "MR001"

/* Longer texts come before their own beginnings. */
static const struct {
        const char *sqlstate; /* or its first characters */
        PgFailure failure;
} failures[] = {
        { FENCE_SQLSTATE, PG_FAILURE_FENCE },
        { "40001", PG_FAILURE_CONFLICT },
        { "40P01", PG_FAILURE_CONFLICT },
        { "57014", PG_FAILURE_LATE },
        { "25006", PG_FAILURE_READ_ONLY },
        { "26000", PG_FAILURE_STALE_PLAN },
        { "08P01", PG_FAILURE_OTHER }, /* a wrong number of parameters, not the network */
        { "08", PG_FAILURE_UNAVAILABLE },
        { "53", PG_FAILURE_UNAVAILABLE },
        { "57P03", PG_FAILURE_UNAVAILABLE },
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

PgFailure pg_failure_of(const PGresult *result) {
        if (ends_session(result))
                return PG_FAILURE_LINK;
        if (is_stale_plan(result))
                return PG_FAILURE_STALE_PLAN;
        for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++)
                if (str_starts_with(field(result, PG_DIAG_SQLSTATE), failures[i].sqlstate))
                        return failures[i].failure;
        return PG_FAILURE_OTHER;
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

const Error *pg_failure_error(Arena *arena, const PGresult *result, const char *sql) {
        PgFailure failure = pg_failure_of(result);
        const char *message = field(result, PG_DIAG_MESSAGE_PRIMARY);

        if (failure == PG_FAILURE_FENCE)
                return error_new(arena, ERROR_ABORTED, arena_strdup(arena, message),
                                 "A fence of the batch did not hold");
        if (str_is_empty(message))
                message = one_line(arena, PQresultErrorMessage(result));
        const Error *cause = error_internal(arena, NULL, "PostgreSQL: %s (SQLSTATE %s) in: %s", message,
                                            field(result, PG_DIAG_SQLSTATE), sql);
        switch (failure) {
        case PG_FAILURE_LATE:
                return error_wrap(arena, ERROR_DEADLINE_EXCEEDED, REASON_DEADLINE_EXCEEDED, cause,
                                  "The database took too long");
        case PG_FAILURE_CONFLICT:
        case PG_FAILURE_UNAVAILABLE:
        case PG_FAILURE_READ_ONLY:
        case PG_FAILURE_LINK:
                return error_wrap(arena, ERROR_UNAVAILABLE, REASON_UNAVAILABLE, cause,
                                  "The database is not available");
        default:
                return cause;
        }
}

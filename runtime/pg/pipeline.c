#include "pg/pipeline_private.h"

#define BINARY 1

typedef struct Run {
        PgSession *session;
        PgStep *steps;
        size_t n_steps;
        PGresult **results;
        size_t step;          /* whose result comes next */
        bool is_preparing;    /* ... the one of its preparation */
        PgOutcome outcome;
} Run;

static bool send_step(PgSession *session, PgStep *step) {
        char name[PG_PREPARED_NAME_BYTES];
        uint32_t number = pg_prepared_number(&session->prepared, step->statement, step->types_hash,
                                             &step->is_prepared_here);

        pg_prepared_name(number, name);
        if (step->is_prepared_here &&
            !PQsendPrepare(session->conn, name, step->statement->sql, (int) step->n_args, step->types))
                return false;
        return PQsendQueryPrepared(session->conn, name, (int) step->n_args, step->values, step->lengths,
                                   step->formats, BINARY);
}

static bool send_all(Run *run) {
        pg_prepared_begin_batch(&run->session->prepared);
        for (size_t i = 0; i < run->n_steps; i++)
                if (!send_step(run->session, &run->steps[i]))
                        return false;
        return PQpipelineSync(run->session->conn);
}

static void begin_step(Run *run) {
        run->is_preparing = run->step < run->n_steps && run->steps[run->step].is_prepared_here;
}

/* libpq ends the results of each preparation and each statement with NULL. */
static void end_results(Run *run) {
        if (run->is_preparing) {
                run->is_preparing = false;
                return;
        }
        run->step++;
        begin_step(run);
}

static void keep_success(Run *run, PGresult *result) {
        const PgStep *step = &run->steps[run->step];

        if (!run->is_preparing) {
                run->results[run->step] = result;
                return;
        }
        pg_prepared_confirm(&run->session->prepared, step->statement, step->types_hash);
        PQclear(result);
}

/* Only the first error tells what went wrong; it also proves that nothing was committed. */
static void keep_failure(Run *run, PGresult *result) {
        if (pg_failure_of(result) == PG_FAILURE_LINK)
                run->outcome.link = PG_WAIT_LOST;
        if (run->outcome.failed) {
                PQclear(result);
                return;
        }
        run->outcome.failed = result;
        run->outcome.failed_step = run->step;
}

/* False when this was the last one. */
static bool take_result(Run *run, PGresult *result) {
        if (!result) {
                end_results(run);
                return true;
        }
        switch (PQresultStatus(result)) {
        case PGRES_PIPELINE_SYNC:
                PQclear(result);
                run->outcome.is_committed = !run->outcome.failed;
                return false;
        case PGRES_PIPELINE_ABORTED:
                PQclear(result);
                return true;
        case PGRES_COMMAND_OK:
        case PGRES_TUPLES_OK:
                keep_success(run, result);
                return true;
        default:
                keep_failure(run, result);
                return run->outcome.link == PG_WAIT_READY;
        }
}

static bool is_definite(const PGresult *failed) {
        return failed && pg_failure_of(failed) != PG_FAILURE_LINK;
}

PgOutcome pg_pipeline_run(PgSession *session, PgStep *steps, size_t n_steps, int64_t deadline_us,
                          PGresult **results) {
        Run run = { .session = session, .steps = steps, .n_steps = n_steps, .results = results };
        PGresult *result = NULL;

        if (!send_all(&run)) {
                run.outcome.link = PG_WAIT_LOST;
                return run.outcome;
        }
        begin_step(&run);
        do
                run.outcome.link = pg_session_next_result(session, deadline_us, &result);
        while (run.outcome.link == PG_WAIT_READY && take_result(&run, result));
        run.outcome.may_have_committed = run.outcome.link != PG_WAIT_READY && !session->has_unsent &&
                                         !is_definite(run.outcome.failed);
        return run.outcome;
}

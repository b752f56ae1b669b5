/* Parameters in PostgreSQL's binary formats. */
#pragma once

#include "pg/batch.h"
#include "pg/pipeline_private.h"

/* Makes the step of a statement; what was converted lives in arena, texts and bytes stay where they are. */
PgStep pg_step_new(Arena *arena, const PgStatement *statement, PgArgs args);

/*
 * The step of a statement that takes rows: its parameters are the rows' columns, one array each. n_rows >= 1;
 * aborts when the rows differ in length or types.
 */
PgStep pg_step_of_rows(Arena *arena, const PgStatement *statement, const PgArgs *rows, size_t n_rows);

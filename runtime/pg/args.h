/* Parameters in PostgreSQL's binary formats. Private to runtime/pg. */
#pragma once

#include "pg/batch.h"
#include "pg/pipeline.h"

/* Makes the step of a statement; what was converted lives in arena, texts and bytes stay where they are. */
PgStep pg_step_new(Arena *arena, const PgStatement *statement, PgArgs args);

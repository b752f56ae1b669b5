/* What rows are made of. Private to runtime/pg. */
#pragma once

#include "pg/batch.h"
#include "pg/libpq.h"

struct PgRows {
        Arena *arena;
        PGresult *result; /* binary */
};

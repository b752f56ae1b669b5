/* What only the runtime's own statements need of a batch. Private to runtime/pg. */
#pragma once

#include "pg/batch.h"

/* Makes pg_batch_run fail with error, before anything is sent; the first one stays. */
void pg_batch_refuse(PgBatch *batch, const Error *error);

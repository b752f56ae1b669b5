/* What data tests of a service begin with: a pool on a database of its schema. */
#pragma once

#include "pg/migrate.h"
#include "support.h"

/* 16 sessions with test_database(name), which has the schema and is else empty; lives until the test ends. */
PgPool *test_pool(const char *name, const PgSchema *schema, const char **ret_dsn);

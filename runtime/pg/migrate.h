/*
 * Brings a database to the newest schema: each migration once, in order, in a transaction, under an advisory
 * lock, so that any number of processes may start at once.
 *
 * Every database also gets the runtime's own migrations first: the function require_rows(count bigint, reason
 * text), which raises SQLSTATE MR001 with the reason unless count > 0, and the tables outbox,
 * outbox_partition, outbox_dead, inbox, inbox_dead and idempotency_keys.
 */
#pragma once

#include "base/ctx.h"
#include "pg/pool.h"

typedef struct PgMigration {
        const char *name; /* the file's name, "0001_orders.sql"; applied in the order of the array */
        const char *sql;
} PgMigration;

typedef struct PgSchema {
        const char *name; /* under which its migrations are remembered: "order" */
        const PgMigration *migrations;
        size_t n;
} PgSchema;

/*
 * Applies what is missing of a schema's migrations.
 *
 * A role that may not create tables applies nothing: it is done when all of them are there.
 *
 * errors     UNAVAILABLE, also while one is missing that this role may not apply; internal when a migration
 *            fails (nothing of it is left) or when an applied one was changed
 */
const Error *pg_migrate(PgPool *pool, Ctx *ctx, const PgSchema *schema) MUST_CHECK;

/*
 * Answers of read statements, kept for a while, for what every call asks and what seldom changes. An answer
 * without rows is not kept: what is new is found at once.
 *
 * source     002 3.3, 4.2 (prices and profiles are cached for 30 minutes)
 */
#pragma once

#include "pg/batch.h"

typedef struct PgCache PgCache;

/* At most n_slots answers, each for ttl_ms; one that needs another's place takes it. */
PgCache *pg_cache_new(PgPool *pool, size_t n_slots, int64_t ttl_ms);
void pg_cache_free(PgCache *cache); /* when nobody uses its rows any more; accepts NULL */

/*
 * Like pg_run, for a statement whose parameters are all texts; ret_rows may be up to ttl_ms old.
 *
 * errors     those of pg_run
 */
const Error *pg_cache_run(PgCache *cache, Ctx *ctx, const PgStatement *statement, const char *const *texts,
                          size_t n_texts, const PgRows **ret_rows) MUST_CHECK;

/*
 * Forgets the answer for these texts, when somebody says that it has changed: who asks from now on asks the
 * database, and an answer that was asked for before is not kept.
 */
void pg_cache_forget(PgCache *cache, const PgStatement *statement, const char *const *texts, size_t n_texts);

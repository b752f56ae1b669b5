#include "data/rule_repo.h"

#include "base/metrics.h"
#include "base/monitor.h"
#include "data/known_rules.h"
#include "data/rule_rows.h"
#include "pg/idempotency.h"

typedef struct PgRuleRepo {
        ShippingRuleRepo base;
        PgPool *pool;
        ShippingKnown *known;
        int64_t max_age_ms;
        Metric *reads;
        Monitor monitor; /* over is_looking */
        bool is_looking; /* one look after the other, so that none brings back an older set */
} PgRuleRepo;

/* ---- a version ---- */

static const PgStatement sql_version = PG_READ("SELECT version, now() FROM shipping_version");

static const Error *read_version(PgRuleRepo *repo, Ctx *ctx, int64_t *ret_version, int64_t *ret_now_us) {
        const PgRows *rows;

        TRY(pg_run(repo->pool, ctx, &sql_version, PG_NO_ARGS, &rows));
        PgReader at = pg_reader(rows, 0);
        int64_t version = pg_next_int64(&at);
        int64_t now_us = pg_next_time(&at);
        TRY(pg_reader_end(&at));
        *ret_version = version;
        *ret_now_us = now_us;
        return NULL;
}

/*
 * What counts at a time ($2) or later, by the rules of a version ($1): a rule that a newer one replaces from
 * before that time until its own end never does again. Each look for what replaces or ends a rule is one walk
 * down an index, however many rules there are.
 */
#define NOT_ENDED(rule)                                                                                     \
        " AND NOT EXISTS (SELECT FROM shipping_rules WHERE ends = " rule ".rule_id AND rule_id <= $1)"

static const PgStatement sql_load = PG_READ(
        "SELECT " SHIPPING_RULE_COLUMNS
        "  FROM shipping_rules r"
        " WHERE rule_id <= $1 AND kind <> 'ENDING' AND (valid_to IS NULL OR valid_to > $2)" NOT_ENDED("r")
        "   AND NOT EXISTS (SELECT FROM shipping_rules n"
        "                    WHERE n.kind = r.kind AND n.rule_key = r.rule_key"
        "                      AND n.rule_id > r.rule_id AND n.rule_id <= $1"
        "                      AND (n.valid_from IS NULL OR n.valid_from <= $2)"
        "                      AND coalesce(n.valid_to, 'infinity') >= coalesce(r.valid_to, 'infinity')"
        NOT_ENDED("n") ")");

static const Error *load_into(PgRuleRepo *repo, Ctx *ctx, int64_t version, int64_t at_us,
                              const ShippingRuleSet **ret_rules) {
        const ShippingRule *rules;
        const PgRows *rows;

        TRY(pg_run(repo->pool, ctx, &sql_load, PG_ARGS(pg_int64(version), pg_time(at_us)), &rows));
        TRY(shipping_rows_read(ctx->arena, rows, &rules));
        *ret_rules = shipping_rule_set_new(ctx->arena, version, rules, pg_rows_count(rows));
        return NULL;
}

static const Error *load(ShippingRuleRepo *self, Ctx *ctx, int64_t version, int64_t at_us,
                         int64_t *ret_newest, const ShippingRuleSet **ret_rules) {
        PgRuleRepo *repo = (PgRuleRepo *) self;
        int64_t now_us;

        *ret_rules = NULL;
        TRY(read_version(repo, ctx, ret_newest, &now_us));
        return version > *ret_newest ? NULL : load_into(repo, ctx, version, at_us, ret_rules);
}

/* ---- what is known ---- */

/* A set has an arena of its own, since it outlives the call that loads it. */
static const Error *learn(PgRuleRepo *repo, Ctx *ctx, int64_t version, int64_t now_us) {
        Ctx own = *ctx;
        const ShippingRuleSet *rules;

        own.arena = arena_new();
        const Error *error = load_into(repo, &own, version, now_us, &rules);
        if (error) {
                error = error_copy(ctx->arena, error);
                arena_free(own.arena);
                return error;
        }
        shipping_known_replace(repo->known, own.arena, rules, now_us);
        return NULL;
}

static const Error *look_alone(PgRuleRepo *repo, Ctx *ctx) {
        int64_t version, now_us;

        TRY(read_version(repo, ctx, &version, &now_us));
        if (shipping_known_confirm(repo->known, version, now_us))
                return NULL;
        return learn(repo, ctx, version, now_us);
}

static const Error *begin_look(PgRuleRepo *repo, Ctx *ctx) {
        bool is_mine = true;

        monitor_lock(&repo->monitor);
        while (repo->is_looking && is_mine)
                is_mine = monitor_wait(&repo->monitor, ctx->deadline_us);
        if (is_mine)
                repo->is_looking = true;
        monitor_unlock(&repo->monitor);
        return is_mine ? NULL : error_new(ctx->arena, ERROR_DEADLINE_EXCEEDED, REASON_DEADLINE_EXCEEDED,
                                          "The rules of shipping were not read in time");
}

static void end_look(PgRuleRepo *repo) {
        monitor_lock(&repo->monitor);
        repo->is_looking = false;
        monitor_signal(&repo->monitor);
        monitor_unlock(&repo->monitor);
}

static const Error *look(ShippingRuleRepo *self, Ctx *ctx) {
        PgRuleRepo *repo = (PgRuleRepo *) self;

        TRY(begin_look(repo, ctx));
        const Error *error = look_alone(repo, ctx);
        end_look(repo);
        return error;
}

static bool has_looked(ShippingRuleRepo *self) {
        return shipping_known_is_there(((PgRuleRepo *) self)->known);
}

/* That there are no rules is not remembered: the first may come at any moment, and a quote waits for it. */
static bool find_usable(PgRuleRepo *repo, Ctx *ctx, KnownRules *ret_known) {
        int64_t age_ms;

        return shipping_known_find(repo->known, ctx, ret_known, &age_ms) && age_ms <= repo->max_age_ms &&
               ret_known->rules->n_rules > 0;
}

static const Error *known(ShippingRuleRepo *self, Ctx *ctx, KnownRules *ret_known) {
        PgRuleRepo *repo = (PgRuleRepo *) self;
        bool is_hit = find_usable(repo, ctx, ret_known);
        int64_t age_ms;

        metric_add(repo->reads, 1, METRIC_LABELS({ "result", is_hit ? "hit" : "miss" }));
        if (is_hit)
                return NULL;
        TRY(look(self, ctx));
        if (!shipping_known_find(repo->known, ctx, ret_known, &age_ms))
                return error_internal(ctx->arena, NULL, "No rules are known although they were read");
        return NULL;
}

/* ---- changes ---- */

/* All changes take this row first: what was read before is still so, or the change is made anew. */
#define INNER_OVERTAKEN "OVERTAKEN"

static const PgStatement sql_advance = PG_WRITE(
        "WITH moved AS (UPDATE shipping_version SET version = $1 WHERE version = $1 - 1 RETURNING 1)"
        " SELECT require_rows(count(*), '" INNER_OVERTAKEN "') FROM moved");

/* Every answer to a change says its number alone. */
static const PgStatement sql_answer =
        PG_WRITE("SELECT keep_answer($1, json_build_object('ruleId', $2::bigint))");

/* One attempt; *ret_verdict is 0 when another change came between. */
static const Error *try_append(PgRuleRepo *repo, Ctx *ctx, ShippingRule *rule, AppendVerdict *ret_verdict) {
        int64_t version, now_us;

        TRY(ctx_check(ctx));
        TRY(read_version(repo, ctx, &version, &now_us));
        rule->id = version + 1;
        PgBatch *batch = pg_batch_new(repo->pool, ctx);
        pg_batch_add(batch, &sql_advance, PG_ARGS(pg_int64(rule->id)));
        shipping_rows_add(batch, rule);
        pg_batch_add(batch, &sql_answer,
                     PG_ARGS(pg_idempotency_answered_by_sql(batch), pg_int64(rule->id)));
        const Error *error = pg_batch_run(batch);
        if (error_is(error, INNER_OVERTAKEN))
                return NULL;
        if (error && pg_batch_violates(batch, "shipping_rules_ends_key")) {
                *ret_verdict = APPEND_ENDED_BEFORE;
                return NULL;
        }
        TRY(error);
        *ret_verdict = APPEND_DONE;
        return NULL;
}

static const Error *append(ShippingRuleRepo *self, Ctx *ctx, const ShippingRule *rule,
                           AppendVerdict *ret_verdict, int64_t *ret_id) {
        ShippingRule numbered = *rule;
        AppendVerdict verdict = 0;

        while (!verdict)
                TRY(try_append((PgRuleRepo *) self, ctx, &numbered, &verdict));
        *ret_verdict = verdict;
        *ret_id = numbered.id;
        return NULL;
}

/* ---- the history ---- */

static const PgStatement sql_find =
        PG_READ("SELECT " SHIPPING_RULE_COLUMNS " FROM shipping_rules WHERE rule_id = $1");

static const Error *find(ShippingRuleRepo *self, Ctx *ctx, int64_t id, const ShippingRule **ret_rule) {
        const ShippingRule *rules;
        const PgRows *rows;

        TRY(pg_run(((PgRuleRepo *) self)->pool, ctx, &sql_find, PG_ARGS(pg_int64(id)), &rows));
        TRY(shipping_rows_read(ctx->arena, rows, &rules));
        *ret_rule = pg_rows_count(rows) > 0 ? rules : NULL;
        return NULL;
}

static const PgStatement sql_list = PG_READ(
        "SELECT " SHIPPING_RULE_COLUMNS
        "  FROM shipping_rules"
        " WHERE ($1::text IS NULL OR kind = $1) AND ($2 = '' OR zone = $2) AND ($3 = 0 OR rule_id < $3)"
        " ORDER BY rule_id DESC LIMIT $4");

static const Error *list(ShippingRuleRepo *self, Ctx *ctx, const RuleQuery *query,
                         const ShippingRule **ret_rules, size_t *ret_n_rules) {
        const char *kind = query->kind ? shipping_rows_kind(query->kind) : NULL;
        const PgRows *rows;

        TRY(pg_run(((PgRuleRepo *) self)->pool, ctx, &sql_list,
                   PG_ARGS(pg_text(kind), pg_text(query->zone), pg_int64(query->before_id),
                           pg_int64(query->limit)),
                   &rows));
        TRY(shipping_rows_read(ctx->arena, rows, ret_rules));
        *ret_n_rules = pg_rows_count(rows);
        return NULL;
}

static void repo_free(void *repo) {
        monitor_destroy(&((PgRuleRepo *) repo)->monitor);
}

ShippingRuleRepo *shipping_rule_repo_new(Arena *arena, PgPool *pool, int64_t max_age_ms) {
        PgRuleRepo *repo = ARENA_NEW(arena, PgRuleRepo);

        *repo = (PgRuleRepo) {
                .base = { .known = known, .look = look, .has_looked = has_looked, .load = load,
                          .append = append, .find = find, .list = list },
                .pool = pool,
                .known = shipping_known_new(arena),
                .max_age_ms = max_age_ms,
                .reads = metric_counter("millrace_shipping_rules_reads_total",
                                        "Quotes by whether the rules were known, or had to be read first"),
        };
        monitor_init(&repo->monitor);
        arena_defer(arena, repo_free, repo);
        return &repo->base;
}

#include "data/campaign_repo.h"

#include "data/campaign_private.h"
#include "pg/idempotency.h"

#define CACHE_SLOTS 4096

#define INNER_OUTDATED "CAMPAIGN_OUTDATED"
#define INNER_TOO_MANY "TOO_MANY_AUTOMATIC"

/* Who counts campaigns without a code does so alone. */
static const PgStatement sql_lock = PG_READ("SELECT 1 FROM pg_advisory_xact_lock(8008)");

static const PgStatement sql_check_automatic = PG_READ(
        "SELECT require_rows((count(*) < " PG_NUMBER(PROMOTION_MAX_AUTOMATIC) ")::int, '" INNER_TOO_MANY "')"
        "  FROM campaigns"
        " WHERE code IS NULL AND (ends_at IS NULL OR ends_at > now()) AND campaign_id <> $1");

static void add_check(PgBatch *batch, const Campaign *campaign) {
        if (campaign->rules.code)
                return;
        pg_batch_add(batch, &sql_lock, PG_NO_ARGS);
        pg_batch_add(batch, &sql_check_automatic, PG_ARGS(pg_text(campaign->campaign_id)));
}

/* What is refused has changed nothing. */
static const Error *verdict_of(const PgBatch *batch, const Error *error, SaveVerdict *ret_verdict) {
        *ret_verdict = SAVE_DONE;
        if (error_is(error, INNER_OUTDATED))
                *ret_verdict = SAVE_OUTDATED;
        else if (error_is(error, INNER_TOO_MANY))
                *ret_verdict = SAVE_TOO_MANY;
        else if (error && pg_batch_violates(batch, "campaigns_code"))
                *ret_verdict = SAVE_CODE_TAKEN;
        else if (error && (pg_batch_violates(batch, "campaigns_uses_check") ||
                           pg_batch_violates(batch, "campaigns_spent_check")))
                *ret_verdict = SAVE_BELOW_USAGE;
        return *ret_verdict == SAVE_DONE ? error : NULL;
}

static const PgStatement sql_insert = PG_WRITE(
        "INSERT INTO campaigns (campaign_id, version, code, currency, ends_at, max_uses,"
        "                       max_uses_per_customer, budget_minor, created_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)");

static const Error *create(CampaignRepo *self, Ctx *ctx, const Campaign *campaign, Bytes answer,
                           SaveVerdict *ret_verdict) {
        PgCampaignRepo *repo = (PgCampaignRepo *) self;
        const CampaignRules *rules = &campaign->rules;
        PgBatch *batch = pg_batch_new(repo->pool, ctx);

        add_check(batch, campaign);
        pg_batch_add(batch, &sql_insert,
                     PG_ARGS(pg_text(campaign->campaign_id), pg_int64(campaign->version),
                             pg_text(rules->code), pg_text(rules->currency),
                             promotion_sql_time(rules->ends_at_us), promotion_sql_number(rules->max_uses),
                             promotion_sql_number(rules->max_uses_per_customer),
                             promotion_sql_number(rules->budget_minor), pg_time(campaign->created_at_us)));
        promotion_sql_add_version(batch, campaign);
        pg_idempotency_answer(batch, answer);
        TRY(verdict_of(batch, pg_batch_run(batch), ret_verdict));
        promotion_sql_forget(repo, rules->code);
        return NULL;
}

static const PgStatement sql_update = PG_WRITE(
        "WITH changed AS ("
        "        UPDATE campaigns"
        "           SET version = $2, code = $3, ends_at = $4, max_uses = $5, max_uses_per_customer = $6,"
        "               budget_minor = $7"
        "         WHERE campaign_id = $1 AND version = $2 - 1 RETURNING 1)"
        " SELECT require_rows(count(*), '" INNER_OUTDATED "') FROM changed");

static const Error *update(CampaignRepo *self, Ctx *ctx, const Campaign *campaign,
                           const CampaignRules *before, SaveVerdict *ret_verdict) {
        PgCampaignRepo *repo = (PgCampaignRepo *) self;
        const CampaignRules *rules = &campaign->rules;
        PgBatch *batch = pg_batch_new(repo->pool, ctx);

        add_check(batch, campaign);
        pg_batch_add(batch, &sql_update,
                     PG_ARGS(pg_text(campaign->campaign_id), pg_int64(campaign->version),
                             pg_text(rules->code), promotion_sql_time(rules->ends_at_us),
                             promotion_sql_number(rules->max_uses),
                             promotion_sql_number(rules->max_uses_per_customer),
                             promotion_sql_number(rules->budget_minor)));
        promotion_sql_add_version(batch, campaign);
        TRY(verdict_of(batch, pg_batch_run(batch), ret_verdict));
        promotion_sql_forget(repo, before->code);
        promotion_sql_forget(repo, rules->code);
        return NULL;
}

static const PgStatement sql_find = PG_READ("SELECT" CAMPAIGN_COLUMNS " FROM" CAMPAIGN_TABLES
                                            " WHERE c.campaign_id = $1");

static const Error *find(CampaignRepo *self, Ctx *ctx, const char *campaign_id,
                         const Campaign **ret_campaign) {
        Campaign *campaign = NULL;
        const PgRows *rows;

        TRY(pg_run(((PgCampaignRepo *) self)->pool, ctx, &sql_find, PG_ARGS(pg_text(campaign_id)), &rows));
        if (pg_rows_count(rows) > 0) {
                campaign = ARENA_NEW(ctx->arena, Campaign);
                TRY(promotion_sql_campaign(ctx, rows, 0, campaign));
        }
        *ret_campaign = campaign;
        return NULL;
}

static const PgStatement sql_list = PG_READ(
        "SELECT" CAMPAIGN_COLUMNS " FROM" CAMPAIGN_TABLES
        " WHERE $1::timestamptz IS NULL OR (c.created_at, c.campaign_id) < ($1, $2)"
        " ORDER BY c.created_at DESC, c.campaign_id DESC LIMIT $3");

static const Error *list(CampaignRepo *self, Ctx *ctx, const CampaignPosition *after, int64_t limit,
                         const Campaign **ret_campaigns, size_t *ret_n) {
        PgArg time = after ? pg_time(after->created_at_us) : pg_null(PG_TIME);
        PgArg id = pg_text(after ? after->campaign_id : NULL);
        const PgRows *rows;

        TRY(pg_run(((PgCampaignRepo *) self)->pool, ctx, &sql_list, PG_ARGS(time, id, pg_int64(limit)),
                   &rows));
        Campaign *campaigns = ARENA_ARRAY(ctx->arena, Campaign, pg_rows_count(rows));
        for (size_t i = 0; i < pg_rows_count(rows); i++)
                TRY(promotion_sql_campaign(ctx, rows, i, &campaigns[i]));
        *ret_campaigns = campaigns;
        *ret_n = pg_rows_count(rows);
        return NULL;
}

static void free_cache(void *cache) {
        pg_cache_free(cache);
}

CampaignRepo *promotion_campaign_repo_new(Arena *arena, PgPool *pool) {
        PgCampaignRepo *repo = ARENA_NEW(arena, PgCampaignRepo);

        *repo = (PgCampaignRepo) {
                .base = {
                        .create = create,
                        .update = update,
                        .find = find,
                        .list = list,
                        .candidates = promotion_sql_candidates,
                },
                .pool = pool,
                .cache = pg_cache_new(pool, CACHE_SLOTS, PROMOTION_CANDIDATES_MS),
        };
        arena_defer(arena, free_cache, repo->cache);
        return &repo->base;
}

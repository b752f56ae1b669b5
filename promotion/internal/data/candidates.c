#include "data/campaign_private.h"

/* A cached statement has a text: here the code that they do not have. */
static const PgStatement sql_automatic =
        PG_READ("SELECT" CAMPAIGN_COLUMNS " FROM" CAMPAIGN_TABLES
                " WHERE $1 = '' AND c.code IS NULL AND (c.ends_at IS NULL OR c.ends_at > now())"
                " ORDER BY v.priority DESC, c.campaign_id");

static const PgStatement sql_by_code = PG_READ("SELECT" CAMPAIGN_COLUMNS " FROM" CAMPAIGN_TABLES
                                               " WHERE c.code = $1");

static const char *const no_code = "";

void promotion_sql_forget(PgCampaignRepo *repo, const char *code) {
        if (code)
                pg_cache_forget(repo->cache, &sql_by_code, &code, 1);
        else
                pg_cache_forget(repo->cache, &sql_automatic, &no_code, 1);
}

/* Candidates as they are found. */
typedef struct Found {
        Candidate *candidates;
        size_t n;
} Found;

static const Error *add_rows(Ctx *ctx, const PgRows *rows, Found *found) {
        size_t n_rows = pg_rows_count(rows);
        Candidate *candidates = ARENA_ARRAY(ctx->arena, Candidate, found->n + n_rows);

        for (size_t i = 0; i < found->n; i++)
                candidates[i] = found->candidates[i];
        for (size_t i = 0; i < n_rows; i++)
                TRY(promotion_sql_campaign(ctx, rows, i, &candidates[found->n + i].campaign));
        *found = (Found) { .candidates = candidates, .n = found->n + n_rows };
        return NULL;
}

static const PgStatement sql_customer_uses =
        PG_READ("SELECT coalesce(u.uses, 0)"
                "  FROM unnest($2) WITH ORDINALITY AS w (campaign_id, n)"
                "  LEFT JOIN customer_usages u ON u.campaign_id = w.campaign_id AND u.customer_id = $1"
                " ORDER BY w.n");

/* Asked of the database each time, but only of campaigns that limit it. */
static const Error *count_customer_uses(PgCampaignRepo *repo, Ctx *ctx, const char *customer_id,
                                        const Found *found) {
        const char **campaign_ids = ARENA_ARRAY(ctx->arena, const char *, found->n);
        Candidate **limited = ARENA_ARRAY(ctx->arena, Candidate *, found->n);
        const PgRows *rows;
        size_t n = 0;

        for (size_t i = 0; i < found->n; i++) {
                Candidate *candidate = &found->candidates[i];

                if (candidate->campaign.rules.max_uses_per_customer == 0)
                        continue;
                campaign_ids[n] = candidate->campaign.campaign_id;
                limited[n++] = candidate;
        }
        if (n == 0)
                return NULL;
        TRY(pg_run(repo->pool, ctx, &sql_customer_uses,
                   PG_ARGS(pg_text(customer_id), pg_text_array(campaign_ids, n)), &rows));
        for (size_t i = 0; i < n; i++)
                limited[i]->customer_uses = pg_get_int64(rows, i, 0);
        return NULL;
}

const Error *promotion_sql_candidates(CampaignRepo *self, Ctx *ctx, IdList codes, const char *customer_id,
                                      const Candidate **ret_candidates, size_t *ret_n) {
        PgCampaignRepo *repo = (PgCampaignRepo *) self;
        Found found = { 0 };
        const PgRows *rows;

        TRY(pg_cache_run(repo->cache, ctx, &sql_automatic, &no_code, 1, &rows));
        TRY(add_rows(ctx, rows, &found));
        for (size_t i = 0; i < codes.n; i++) {
                TRY(pg_cache_run(repo->cache, ctx, &sql_by_code, &codes.ids[i], 1, &rows));
                TRY(add_rows(ctx, rows, &found));
        }
        TRY(count_customer_uses(repo, ctx, customer_id, &found));
        *ret_candidates = found.candidates;
        *ret_n = found.n;
        return NULL;
}

/* What the files of the campaign repository share. */
#pragma once

#include "biz/promotion/campaign.h"
#include "pg/cache.h"
#include "pg/reader.h"

typedef struct PgCampaignRepo {
        CampaignRepo base;
        PgPool *pool;
        PgCache *cache;
} PgCampaignRepo;

/* A campaign c with the version v that counts, as promotion_sql_campaign reads it. No id has a line feed. */
#define CAMPAIGN_COLUMNS                                                                                     \
        " c.campaign_id, c.version, v.type, v.discount_type, v.description, v.code, v.currency,"             \
        " v.percent_bp, v.amount_minor, v.buy_quantity, v.get_quantity, v.get_product_id, v.starts_at,"      \
        " v.ends_at, v.minimum_minor, v.maximum_minor, array_to_string(v.tiers, E'\\n'),"                    \
        " array_to_string(v.segments, E'\\n'), array_to_string(v.product_ids, E'\\n'),"                      \
        " array_to_string(v.category_ids, E'\\n'), v.max_uses, v.max_uses_per_customer, v.budget_minor,"     \
        " v.priority, v.is_exclusive, c.uses, c.spent_minor, c.created_at, v.changed_at"

#define CAMPAIGN_TABLES " campaigns c JOIN campaign_versions v USING (campaign_id, version)"

/* errors: internal, for a row that is not what it should be */
const Error *promotion_sql_campaign(Ctx *ctx, const PgRows *rows, size_t row,
                                    Campaign *ret_campaign) MUST_CHECK;

/* Adds the version of a campaign to the batch. */
void promotion_sql_add_version(PgBatch *batch, const Campaign *campaign);

const Error *promotion_sql_candidates(CampaignRepo *self, Ctx *ctx, IdList codes, const char *customer_id,
                                      const Candidate **ret_candidates, size_t *ret_n) MUST_CHECK;

/* Says that campaigns with the code, NULL for those without one, have changed. */
void promotion_sql_forget(PgCampaignRepo *repo, const char *code);

/* NULL for what biz calls 0, none. */
PgArg promotion_sql_number(int64_t number);
PgArg promotion_sql_time(int64_t wall_us);

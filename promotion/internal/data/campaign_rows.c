#include <string.h>

#include "data/campaign_private.h"

PgArg promotion_sql_number(int64_t number) {
        return number ? pg_int64(number) : pg_null(PG_INT64);
}

PgArg promotion_sql_time(int64_t wall_us) {
        return wall_us ? pg_time(wall_us) : pg_null(PG_TIME);
}

/* The lines of a text. */
static IdList read_ids(Arena *arena, const char *text) {
        size_t n_lines = str_is_empty(text) ? 0 : 1;

        for (const char *at = text; *at; at++)
                n_lines += *at == '\n';
        const char **ids = ARENA_ARRAY(arena, const char *, n_lines);
        for (size_t i = 0; i < n_lines; i++) {
                size_t n_bytes = strcspn(text, "\n");

                ids[i] = arena_strndup(arena, text, n_bytes);
                text += n_bytes + 1;
        }
        return (IdList) { ids, n_lines };
}

static const Error *read_rules(Arena *arena, PgReader *at, CampaignRules *rules) {
        TRY(promotion_read_type(arena, pg_next_text(at), &rules->type));
        TRY(promotion_read_discount(arena, pg_next_text(at), &rules->discount_type));
        rules->description = pg_next_text(at);
        rules->code = pg_next_text_or_null(at);
        rules->currency = pg_next_text_or_null(at);
        rules->percent_bp = pg_next_int64(at);
        rules->amount_minor = pg_next_int64(at);
        rules->buy_quantity = pg_next_int64(at);
        rules->get_quantity = pg_next_int64(at);
        rules->get_product_id = pg_next_text_or_null(at);
        rules->starts_at_us = pg_next_time_or_zero(at);
        rules->ends_at_us = pg_next_time_or_zero(at);
        rules->minimum_minor = pg_next_int64(at);
        rules->maximum_minor = pg_next_int64(at);
        rules->tiers = read_ids(arena, pg_next_text(at));
        rules->segments = read_ids(arena, pg_next_text(at));
        rules->product_ids = read_ids(arena, pg_next_text(at));
        rules->category_ids = read_ids(arena, pg_next_text(at));
        rules->max_uses = pg_next_int64_or_zero(at);
        rules->max_uses_per_customer = pg_next_int64_or_zero(at);
        rules->budget_minor = pg_next_int64_or_zero(at);
        rules->priority = pg_next_int64(at);
        rules->is_exclusive = pg_next_bool(at);
        return NULL;
}

const Error *promotion_sql_campaign(Ctx *ctx, const PgRows *rows, size_t row, Campaign *ret_campaign) {
        PgReader at = pg_reader(rows, row);
        Campaign campaign = { 0 };

        campaign.campaign_id = pg_next_text(&at);
        campaign.version = pg_next_int64(&at);
        TRY(read_rules(ctx->arena, &at, &campaign.rules));
        campaign.uses = pg_next_int64(&at);
        campaign.spent_minor = pg_next_int64(&at);
        campaign.created_at_us = pg_next_time(&at);
        campaign.changed_at_us = pg_next_time(&at);
        TRY(pg_reader_end(&at));
        *ret_campaign = campaign;
        return NULL;
}

static const PgStatement sql_insert_version = PG_WRITE(
        "INSERT INTO campaign_versions (campaign_id, version, type, discount_type, description, code,"
        "                               currency, percent_bp, amount_minor, buy_quantity, get_quantity,"
        "                               get_product_id, starts_at, ends_at, minimum_minor, maximum_minor,"
        "                               tiers, segments, product_ids, category_ids, max_uses,"
        "                               max_uses_per_customer, budget_minor, priority, is_exclusive,"
        "                               changed_at, changed_by)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20,"
        "         $21, $22, $23, $24, $25, $26, $27)");

static PgArg ids(IdList list) {
        return pg_text_array(list.ids, list.n);
}

void promotion_sql_add_version(PgBatch *batch, const Campaign *campaign) {
        const CampaignRules *rules = &campaign->rules;

        pg_batch_add(batch, &sql_insert_version,
                     PG_ARGS(pg_text(campaign->campaign_id), pg_int64(campaign->version),
                             pg_text(promotion_type_word(rules->type)),
                             pg_text(promotion_discount_word(rules->discount_type)),
                             pg_text(rules->description), pg_text(rules->code), pg_text(rules->currency),
                             pg_int64(rules->percent_bp), pg_int64(rules->amount_minor),
                             pg_int64(rules->buy_quantity), pg_int64(rules->get_quantity),
                             pg_text(rules->get_product_id), promotion_sql_time(rules->starts_at_us),
                             promotion_sql_time(rules->ends_at_us), pg_int64(rules->minimum_minor),
                             pg_int64(rules->maximum_minor), ids(rules->tiers), ids(rules->segments),
                             ids(rules->product_ids), ids(rules->category_ids),
                             promotion_sql_number(rules->max_uses),
                             promotion_sql_number(rules->max_uses_per_customer),
                             promotion_sql_number(rules->budget_minor), pg_int64(rules->priority),
                             pg_bool(rules->is_exclusive), pg_time(campaign->changed_at_us),
                             pg_text(ctx_actor(pg_batch_ctx(batch), "promotion"))));
}

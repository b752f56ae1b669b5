#include "data/rule_rows.h"

#include "base/memory.h"
#include "base/word.h"

static const char *const kind_words[] = {
        [PRICING_BASE_PRICE] = "BASE_PRICE",
        [PRICING_CURRENCY_RATE] = "CURRENCY_RATE",
        [PRICING_WAREHOUSE_MARKUP] = "WAREHOUSE_MARKUP",
        [PRICING_QUANTITY_BREAK] = "QUANTITY_BREAK",
        [PRICING_PRICE_LIST] = "PRICE_LIST",
        [PRICING_BULK_DISCOUNT] = "BULK_DISCOUNT",
        [PRICING_TAX_RATE] = "TAX_RATE",
        [PRICING_ENDING] = "ENDING",
};

const char *pricing_rows_kind(PriceRuleKind kind) {
        return kind_words[kind];
}

static int64_t next_time_or(PgReader *at, int64_t absent_us) {
        bool is_absent = pg_is_null(at->rows, at->row, at->column);
        int64_t time_us = pg_next_time_or_zero(at);

        return is_absent ? absent_us : time_us;
}

static const Error *read_rule(Arena *arena, const PgRows *rows, size_t row, PriceRule *rule) {
        PgReader at = pg_reader(rows, row);
        size_t kind;

        rule->id = pg_next_int64(&at);
        TRY(word_read(arena, kind_words, ARRAY_SIZE(kind_words), "price_rules.kind", pg_next_text(&at),
                      &kind));
        rule->kind = (PriceRuleKind) kind;
        rule->sku = pg_next_text(&at);
        rule->product_id = pg_next_text(&at);
        rule->currency = pg_next_text(&at);
        rule->is_fixed = pg_next_bool(&at);
        rule->amount_minor = pg_next_int64(&at);
        rule->bp = pg_next_int64(&at);
        rule->to_currency = pg_next_text(&at);
        rule->rate_ppb = pg_next_int64(&at);
        rule->source = pg_next_text(&at);
        rule->rate_as_of_us = pg_next_time_or_zero(&at);
        rule->warehouse_id = pg_next_text(&at);
        rule->min_quantity = pg_next_int64(&at);
        rule->min_subtotal_minor = pg_next_int64(&at);
        rule->tier = pg_next_text(&at);
        rule->segment = pg_next_text(&at);
        rule->country = pg_next_text(&at);
        rule->state = pg_next_text(&at);
        rule->tax_class = pg_next_text(&at);
        rule->tax_ppm = pg_next_int64(&at);
        rule->taxes_shipping = pg_next_bool(&at);
        rule->name = pg_next_text(&at);
        rule->ends_id = pg_next_int64_or_zero(&at);
        rule->valid_from_us = next_time_or(&at, PRICING_ALWAYS);
        rule->valid_to_us = next_time_or(&at, PRICING_NEVER);
        rule->created_by = pg_next_text(&at);
        rule->created_at_us = pg_next_time(&at);
        return pg_reader_end(&at);
}

const Error *pricing_rows_read(Arena *arena, const PgRows *rows, const PriceRule **ret_rules) {
        PriceRule *rules = ARENA_ARRAY(arena, PriceRule, pg_rows_count(rows));

        for (size_t i = 0; i < pg_rows_count(rows); i++)
                TRY(read_rule(arena, rows, i, &rules[i]));
        *ret_rules = rules;
        return NULL;
}

static const PgStatement sql_insert = PG_WRITE_ROWS(
        PG_INSERT_ROWS(price_rules, rule_id, kind, sku, product_id, currency, is_fixed, amount_minor, bp,
                       to_currency, rate_ppb, source, rate_as_of, warehouse_id, min_quantity,
                       min_subtotal_minor, tier, segment, country, state, tax_class, tax_ppm, taxes_shipping,
                       name, ends, valid_from, valid_to, created_by));

static PgArg time_unless(int64_t time_us, int64_t absent_us) {
        return time_us == absent_us ? pg_null(PG_TIME) : pg_time(time_us);
}

void pricing_rows_add(PgBatch *batch, const PriceRule *rule) {
        bool is_rate = rule->kind == PRICING_CURRENCY_RATE;

        pg_batch_add(batch, &sql_insert,
                     PG_ARGS(pg_int64(rule->id), pg_text(kind_words[rule->kind]), pg_text(rule->sku),
                             pg_text(rule->product_id), pg_text(rule->currency), pg_bool(rule->is_fixed),
                             pg_int64(rule->amount_minor), pg_int64(rule->bp), pg_text(rule->to_currency),
                             pg_int64(rule->rate_ppb), pg_text(rule->source),
                             is_rate ? pg_time(rule->rate_as_of_us) : pg_null(PG_TIME),
                             pg_text(rule->warehouse_id), pg_int64(rule->min_quantity),
                             pg_int64(rule->min_subtotal_minor), pg_text(rule->tier), pg_text(rule->segment),
                             pg_text(rule->country), pg_text(rule->state), pg_text(rule->tax_class),
                             pg_int64(rule->tax_ppm), pg_bool(rule->taxes_shipping), pg_text(rule->name),
                             rule->ends_id ? pg_int64(rule->ends_id) : pg_null(PG_INT64),
                             time_unless(rule->valid_from_us, PRICING_ALWAYS),
                             time_unless(rule->valid_to_us, PRICING_NEVER), pg_text(rule->created_by)));
}

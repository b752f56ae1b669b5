#include "data/rule_rows.h"

#include "base/memory.h"
#include "base/word.h"

static const char *const kind_words[] = {
        [SHIPPING_ZONE] = "ZONE",       [SHIPPING_WAREHOUSE] = "WAREHOUSE", [SHIPPING_RATE] = "RATE",
        [SHIPPING_TRANSIT] = "TRANSIT", [SHIPPING_ENDING] = "ENDING",
};

const char *shipping_rows_kind(ShippingRuleKind kind) {
        return kind_words[kind];
}

static int64_t next_time_or(PgReader *at, int64_t absent_us) {
        bool is_absent = pg_is_null(at->rows, at->row, at->column);
        int64_t time_us = pg_next_time_or_zero(at);

        return is_absent ? absent_us : time_us;
}

static const Error *read_rule(Arena *arena, const PgRows *rows, size_t row, ShippingRule *rule) {
        PgReader at = pg_reader(rows, row);
        size_t kind;

        rule->id = pg_next_int64(&at);
        TRY(word_read(arena, kind_words, ARRAY_SIZE(kind_words), "shipping_rules.kind", pg_next_text(&at),
                      &kind));
        rule->kind = (ShippingRuleKind) kind;
        rule->country = pg_next_text(&at);
        rule->state = pg_next_text(&at);
        rule->zone = pg_next_text(&at);
        rule->warehouse_id = pg_next_text(&at);
        rule->from_zone = pg_next_text(&at);
        TRY(shipping_read_method(arena, pg_next_text(&at), &rule->method));
        rule->currency = pg_next_text(&at);
        rule->tier = pg_next_text(&at);
        rule->above_grams = pg_next_int64(&at);
        rule->max_grams = pg_next_int64(&at);
        rule->amount_minor = pg_next_int64(&at);
        rule->step_grams = pg_next_int64(&at);
        rule->step_minor = pg_next_int64(&at);
        rule->is_taxable = pg_next_bool(&at);
        rule->days = pg_next_int64(&at);
        rule->ends_id = pg_next_int64_or_zero(&at);
        rule->valid_from_us = next_time_or(&at, SHIPPING_ALWAYS);
        rule->valid_to_us = next_time_or(&at, SHIPPING_NEVER);
        rule->created_by = pg_next_text(&at);
        rule->created_at_us = pg_next_time(&at);
        return pg_reader_end(&at);
}

const Error *shipping_rows_read(Arena *arena, const PgRows *rows, const ShippingRule **ret_rules) {
        ShippingRule *rules = ARENA_ARRAY(arena, ShippingRule, pg_rows_count(rows));

        for (size_t i = 0; i < pg_rows_count(rows); i++)
                TRY(read_rule(arena, rows, i, &rules[i]));
        *ret_rules = rules;
        return NULL;
}

static const PgStatement sql_insert = PG_WRITE_ROWS(
        PG_INSERT_ROWS(shipping_rules, rule_id, kind, country, state, zone, warehouse_id, from_zone, method,
                       currency, tier, above_grams, max_grams, amount_minor, step_grams, step_minor,
                       is_taxable, days, ends, valid_from, valid_to, created_by));

static PgArg time_unless(int64_t time_us, int64_t absent_us) {
        return time_us == absent_us ? pg_null(PG_TIME) : pg_time(time_us);
}

void shipping_rows_add(PgBatch *batch, const ShippingRule *rule) {
        pg_batch_add(batch, &sql_insert,
                     PG_ARGS(pg_int64(rule->id), pg_text(kind_words[rule->kind]), pg_text(rule->country),
                             pg_text(rule->state), pg_text(rule->zone), pg_text(rule->warehouse_id),
                             pg_text(rule->from_zone), pg_text(shipping_method_word(rule->method)),
                             pg_text(rule->currency), pg_text(rule->tier), pg_int64(rule->above_grams),
                             pg_int64(rule->max_grams), pg_int64(rule->amount_minor),
                             pg_int64(rule->step_grams), pg_int64(rule->step_minor),
                             pg_bool(rule->is_taxable), pg_int64(rule->days),
                             rule->ends_id ? pg_int64(rule->ends_id) : pg_null(PG_INT64),
                             time_unless(rule->valid_from_us, SHIPPING_ALWAYS),
                             time_unless(rule->valid_to_us, SHIPPING_NEVER), pg_text(rule->created_by)));
}

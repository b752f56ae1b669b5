/* Rules as rows of shipping_rules. */
#pragma once

#include "biz/shipping/tariff.h"
#include "pg/reader.h"

/* The columns of a rule, in the order in which they are read. */
#define SHIPPING_RULE_COLUMNS                                                                                \
        "rule_id, kind, country, state, zone, warehouse_id, from_zone, method, currency, tier, above_grams," \
        " max_grams, amount_minor, step_grams, step_minor, is_taxable, days, ends, valid_from, valid_to,"    \
        " created_by, created_at"

/* ret_rules live in arena, their texts as long as the rows. errors: internal, for a row that is no rule */
const Error *shipping_rows_read(Arena *arena, const PgRows *rows, const ShippingRule **ret_rules) MUST_CHECK;

/* The word of a kind, as the table has it. */
const char *shipping_rows_kind(ShippingRuleKind kind);

/* Adds the row of a rule with its id. */
void shipping_rows_add(PgBatch *batch, const ShippingRule *rule);

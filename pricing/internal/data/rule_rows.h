/* Rules as rows of price_rules. */
#pragma once

#include "biz/pricing/pricing.h"
#include "pg/reader.h"

/* The columns of a rule, in the order in which they are read. */
#define PRICING_RULE_COLUMNS                                                                                 \
        "rule_id, kind, sku, product_id, currency, is_fixed, amount_minor, bp, to_currency, rate_ppb,"       \
        " source, rate_as_of, warehouse_id, min_quantity, min_subtotal_minor, tier, segment, country,"       \
        " state, tax_class, tax_ppm, taxes_shipping, name, ends, valid_from, valid_to, created_by,"          \
        " created_at"

/* ret_rules live in arena, their texts as long as the rows. errors: internal, for a row that is no rule */
const Error *pricing_rows_read(Arena *arena, const PgRows *rows, const PriceRule **ret_rules) MUST_CHECK;

/* The word of a kind, as the table has it. */
const char *pricing_rows_kind(PriceRuleKind kind);

/* Adds the row of a rule with its id. */
void pricing_rows_add(PgBatch *batch, const PriceRule *rule);

/*
 * The newest rules that this process knows: one set, which is replaced as a whole. Who reads a set owns it
 * until its call ends; nobody waits for a set that is being loaded.
 */
#pragma once

#include "biz/pricing/pricing.h"

typedef struct PricingKnown PricingKnown;

/* Lives in arena, and knows nothing yet. */
PricingKnown *pricing_known_new(Arena *arena);

/*
 * The set that is known, until the context's arena ends; false when there is none.
 *
 * ret_age_ms   since the database last said that it is the newest
 */
bool pricing_known_find(PricingKnown *known, Ctx *ctx, KnownRules *ret_rules, int64_t *ret_age_ms)
        __attribute__((warn_unused_result));

/* True once there is a set, and for good. */
bool pricing_known_has(PricingKnown *known);

/* The database says that a version is the newest, at a time of its own: true when that one is known. */
bool pricing_known_confirm(PricingKnown *known, int64_t version, int64_t as_of_us)
        __attribute__((warn_unused_result));

/* Replaces what is known; rules and what they point to live in their own arena, which is taken over. */
void pricing_known_replace(PricingKnown *known, Arena *own, const PriceRuleSet *rules, int64_t as_of_us);

/*
 * The newest rules that this process knows: one set, which is replaced as a whole. Who reads a set owns it
 * until its call ends; nobody waits for a set that is being loaded.
 */
#pragma once

#include "biz/shipping/tariff.h"

typedef struct ShippingKnown ShippingKnown;

/* Lives in arena, and knows nothing yet. */
ShippingKnown *shipping_known_new(Arena *arena);

/*
 * The set that is known, until the context's arena ends; false when there is none.
 *
 * ret_age_ms   since the database last said that it is the newest
 */
bool shipping_known_find(ShippingKnown *known, Ctx *ctx, KnownRules *ret_rules, int64_t *ret_age_ms)
        __attribute__((warn_unused_result));

/* Whether there is one. */
bool shipping_known_is_there(ShippingKnown *known);

/* The database says that a version is the newest, at a time of its own: true when that one is known. */
bool shipping_known_confirm(ShippingKnown *known, int64_t version, int64_t as_of_us)
        __attribute__((warn_unused_result));

/* Replaces what is known; rules and what they point to live in their own arena, which is taken over. */
void shipping_known_replace(ShippingKnown *known, Arena *own, const ShippingRuleSet *rules,
                            int64_t as_of_us);

/* The payload of price.updated. */
#pragma once

#include "biz/pricing/pricing.h"

#define PRICING_EVENT_TYPE "price.updated"

/*
 * JSON of events.v1.PriceEvent, in arena.
 *
 * rule       with its id
 * version    of its product's prices
 */
const char *pricing_event_payload(Arena *arena, const PriceRule *rule, int64_t version, const char *event_id);

#include "data/known_rules.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/metrics.h"
#include "base/monitor.h"

/* Lives until it is replaced and the last who reads it is done. */
typedef struct Snapshot {
        const ShippingRuleSet *rules;
        Arena *own; /* of all of it */
        atomic_int n_owners;
} Snapshot;

struct ShippingKnown {
        Metric *version;
        Monitor monitor;  /* held for some instructions, never while anybody asks the database */
        Snapshot *newest; /* NULL: none yet */
        int64_t as_of_us; /* never goes back, so that what was valid then is in the set */
        int64_t confirmed_us; /* on the monotonic clock */
};

static void release(void *pointer) {
        Snapshot *snapshot = pointer;

        if (!snapshot || atomic_fetch_sub(&snapshot->n_owners, 1) > 1)
                return;
        arena_free(snapshot->own);
        free(snapshot);
}

static void known_free(void *pointer) {
        ShippingKnown *known = pointer;

        release(known->newest);
        monitor_destroy(&known->monitor);
}

ShippingKnown *shipping_known_new(Arena *arena) {
        ShippingKnown *known = ARENA_NEW(arena, ShippingKnown);

        known->version =
                metric_gauge("millrace_shipping_rules_version", "Version of the rules that are known");
        monitor_init(&known->monitor);
        arena_defer(arena, known_free, known);
        return known;
}

bool shipping_known_find(ShippingKnown *known, Ctx *ctx, KnownRules *ret_rules, int64_t *ret_age_ms) {
        monitor_lock(&known->monitor);
        Snapshot *snapshot = known->newest;
        KnownRules rules = { .as_of_us = known->as_of_us };
        int64_t confirmed_us = known->confirmed_us;
        if (snapshot)
                atomic_fetch_add(&snapshot->n_owners, 1);
        monitor_unlock(&known->monitor);

        if (!snapshot)
                return false;
        arena_defer(ctx->arena, release, snapshot);
        rules.rules = snapshot->rules;
        *ret_rules = rules;
        *ret_age_ms = (clock_monotonic_us() - confirmed_us) / US_PER_MS;
        return true;
}

bool shipping_known_is_there(ShippingKnown *known) {
        monitor_lock(&known->monitor);
        bool is_there = known->newest != NULL;
        monitor_unlock(&known->monitor);
        return is_there;
}

/* The lock is held. */
static void confirm(ShippingKnown *known, int64_t as_of_us) {
        if (as_of_us > known->as_of_us)
                known->as_of_us = as_of_us;
        known->confirmed_us = clock_monotonic_us();
}

bool shipping_known_confirm(ShippingKnown *known, int64_t version, int64_t as_of_us) {
        monitor_lock(&known->monitor);
        bool is_known = known->newest && known->newest->rules->version == version;
        if (is_known)
                confirm(known, as_of_us);
        monitor_unlock(&known->monitor);
        return is_known;
}

void shipping_known_replace(ShippingKnown *known, Arena *own, const ShippingRuleSet *rules,
                            int64_t as_of_us) {
        Snapshot *snapshot = MEMORY_NEW(Snapshot);

        *snapshot = (Snapshot) { .rules = rules, .own = own, .n_owners = 1 };
        monitor_lock(&known->monitor);
        Snapshot *replaced = known->newest;
        known->newest = snapshot;
        confirm(known, as_of_us);
        monitor_unlock(&known->monitor);
        release(replaced);
        metric_set(known->version, rules->version, METRIC_NO_LABELS);
}

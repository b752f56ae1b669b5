#include <string.h>

#include "biz/relay/relay.h"

int64_t relay_retry_delay_ms(int64_t n_refusals) {
        int64_t delay_ms = RELAY_FIRST_RETRY_MS;

        for (int64_t i = 1; i < n_refusals && i < RELAY_MAX_TRIES; i++)
                delay_ms *= 2;
        return delay_ms;
}

static bool is_same_aggregate(const RelayEvent *a, const RelayEvent *b) {
        return strcmp(a->aggregate_id, b->aggregate_id) == 0 &&
               strcmp(a->aggregate_type, b->aggregate_type) == 0;
}

/*
 * Events that were refused before are rare, so there is nothing to look through but the few that stand in
 * front.
 */
static bool follows_refused(const RelayEvent *events, size_t n_before, const RelayEvent *event) {
        for (size_t i = 0; i < n_before; i++)
                if (events[i].retry_count > 0 && is_same_aggregate(&events[i], event))
                        return true;
        return false;
}

static size_t count_refused_before(const RelayEvent *events, size_t n) {
        size_t n_refused = 0;

        for (size_t i = 0; i < n; i++)
                n_refused += events[i].retry_count > 0;
        return n_refused;
}

size_t relay_choose(RelayEvent *events, size_t n) {
        size_t n_chosen = 0;

        if (count_refused_before(events, n) == 0)
                return n;
        for (size_t i = 0; i < n; i++)
                if (!follows_refused(events, n_chosen, &events[i]))
                        events[n_chosen++] = events[i];
        return n_chosen;
}

static void add_refused(RelaySettlement *settlement, const RelayEvent *event) {
        int64_t n_refusals = event->retry_count + 1;

        if (n_refusals >= RELAY_MAX_TRIES) {
                settlement->dead_ids[settlement->n_dead] = event->id;
                settlement->dead_problems[settlement->n_dead++] = event->problem;
                return;
        }
        settlement->retry_ids[settlement->n_retries] = event->id;
        settlement->retry_delays_ms[settlement->n_retries] = relay_retry_delay_ms(n_refusals);
        settlement->retry_problems[settlement->n_retries++] = event->problem;
}

RelaySettlement relay_judge(Arena *arena, const RelayEvent *events, size_t n) {
        RelaySettlement settlement = {
                .stored_ids = ARENA_ARRAY(arena, int64_t, n),
                .stored_sequences = ARENA_ARRAY(arena, int64_t, n),
                .retry_ids = ARENA_ARRAY(arena, int64_t, n),
                .retry_delays_ms = ARENA_ARRAY(arena, int64_t, n),
                .retry_problems = ARENA_ARRAY(arena, const char *, n),
                .dead_ids = ARENA_ARRAY(arena, int64_t, n),
                .dead_problems = ARENA_ARRAY(arena, const char *, n),
        };

        for (size_t i = 0; i < n; i++) {
                if (events[i].outcome == RELAY_REFUSED)
                        add_refused(&settlement, &events[i]);
                if (events[i].outcome != RELAY_STORED)
                        continue;
                settlement.stored_ids[settlement.n_stored] = events[i].id;
                settlement.stored_sequences[settlement.n_stored++] = events[i].sequence;
        }
        return settlement;
}

int64_t relay_lost_above(RelayStreamMark known, RelayStreamMark found) {
        if (known.created_us == 0)
                return RELAY_NOTHING_LOST;
        if (found.created_us != known.created_us)
                return 0;
        return found.last_sequence < known.last_sequence ? found.last_sequence : RELAY_NOTHING_LOST;
}

#include "biz/relay/relay.h"

int64_t relay_retry_delay_ms(int64_t n_refusals) {
        int64_t delay_ms = RELAY_FIRST_RETRY_MS;

        for (int64_t i = 1; i < n_refusals && i < RELAY_MAX_TRIES; i++)
                delay_ms *= 2;
        return delay_ms;
}

static const RelayEvent *find_event(const RelayEvent *events, size_t n, int64_t id) {
        size_t first = 0;

        while (n > 0) {
                size_t half = n / 2;

                if (events[first + half].id == id)
                        return &events[first + half];
                if (events[first + half].id < id) {
                        first += half + 1;
                        n -= half + 1;
                } else {
                        n = half;
                }
        }
        return NULL;
}

size_t relay_choose(RelayEvent *events, size_t n, RelayEvent **ret_chosen) {
        size_t n_chosen = 0;

        for (size_t i = 0; i < n; i++) {
                RelayEvent *event = &events[i];
                const RelayEvent *before = NULL;

                if (event->is_sent)
                        continue;
                if (event->waits_for_id > 0) {
                        before = find_event(events, n, event->waits_for_id);
                        if (!before || before->outcome != RELAY_STORED)
                                continue;
                        event->previous_sequence = before->sequence;
                }
                ret_chosen[n_chosen++] = event;
        }
        for (size_t i = 0; i < n_chosen; i++)
                ret_chosen[i]->is_sent = true;
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

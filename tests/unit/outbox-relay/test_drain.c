#include "base/memory.h"
#include "biz/relay/relay.h"
#include "support.h"

/* Both sides of the relay, as the test wants them. */
typedef struct Sides {
        RelayStore store;
        RelayPublisher publisher;
        RelayEvent events[4];
        size_t n;
        const Error *bus_error;
        const Error *settle_error;
        RelayOutcome outcomes[4];
        size_t n_published;
        size_t n_waves;
        size_t n_settlements;
        RelaySettlement settlement;
} Sides;

static const Error *read_sides(RelayStore *self, Ctx *ctx, RelayEvent **ret_events, size_t *ret_n,
                               bool *ret_is_full) {
        Sides *sides = (Sides *) self;

        (void) ctx;
        *ret_events = sides->events;
        *ret_n = sides->n;
        *ret_is_full = true;
        return NULL;
}

static const Error *settle_sides(RelayStore *self, Ctx *ctx, const RelaySettlement *settlement) {
        Sides *sides = (Sides *) self;

        (void) ctx;
        sides->n_settlements++;
        sides->settlement = *settlement;
        return sides->settle_error;
}

static const Error *publish_sides(RelayPublisher *self, Ctx *ctx, RelayEvent **events, size_t n) {
        Sides *sides = CONTAINER_OF(self, Sides, publisher);

        (void) ctx;
        sides->n_published += n;
        sides->n_waves++;
        for (size_t i = 0; i < n; i++) {
                events[i]->outcome = sides->outcomes[events[i] - sides->events];
                events[i]->problem = "no";
        }
        return sides->bus_error;
}

static Sides new_sides(size_t n) {
        Sides sides = { .store = { read_sides, settle_sides }, .publisher = { publish_sides }, .n = n };

        for (size_t i = 0; i < n; i++)
                sides.events[i] = (RelayEvent) { .id = (int64_t) i + 1,
                                                .aggregate_type = "order",
                                                .aggregate_id = "A",
                                                .aggregate_version = (int64_t) i + 1 };
        return sides;
}

static const Error *drain(Sides *sides, RelayProgress *ret_progress) {
        return relay_drain_once(&sides->store, &sides->publisher, test_ctx(), ret_progress);
}

TEST(nothing_to_read_is_nothing_to_do) {
        Sides sides = new_sides(0);
        RelayProgress progress;

        ck_assert_ok(drain(&sides, &progress));
        ck_assert_uint_eq(sides.n_published, 0);
        ck_assert_uint_eq(sides.n_settlements, 0);
        ck_assert_uint_eq(progress.n_published, 0);
}

TEST(what_was_stored_before_the_bus_failed_is_marked_and_nothing_else) {
        Sides sides = new_sides(3);
        RelayProgress progress;

        sides.outcomes[0] = RELAY_STORED;
        sides.bus_error = error_new(test_ctx()->arena, ERROR_UNAVAILABLE, REASON_UNAVAILABLE, "away");
        ck_assert_reason(drain(&sides, &progress), REASON_UNAVAILABLE);
        ck_assert_uint_eq(sides.settlement.n_stored, 1);
        ck_assert_int_eq(sides.settlement.stored_ids[0], 1);
        ck_assert_uint_eq(sides.settlement.n_retries, 0);
        ck_assert_uint_eq(sides.settlement.n_dead, 0);
        ck_assert_uint_eq(progress.n_published, 1);
}

TEST(what_follows_a_refused_event_is_not_sent) {
        Sides sides = new_sides(4);
        RelayProgress progress;

        for (int i = 1; i < 4; i++)
                sides.events[i].waits_for_id = i;
        sides.outcomes[0] = sides.outcomes[1] = RELAY_STORED;
        sides.outcomes[2] = RELAY_REFUSED;
        ck_assert_ok(drain(&sides, &progress));
        ck_assert_uint_eq(sides.n_waves, 3);
        ck_assert_uint_eq(sides.n_published, 3);
        ck_assert_uint_eq(progress.n_published, 2);
        ck_assert_uint_eq(progress.n_refused, 1);
        ck_assert_int_eq(sides.events[3].outcome, RELAY_UNKNOWN);
}

TEST(the_bus_being_away_counts_against_no_event) {
        Sides sides = new_sides(3);
        RelayProgress progress;

        sides.bus_error = error_new(test_ctx()->arena, ERROR_UNAVAILABLE, REASON_UNAVAILABLE, "away");
        ck_assert_reason(drain(&sides, &progress), REASON_UNAVAILABLE);
        ck_assert_uint_eq(sides.n_settlements, 0);
}

TEST(refusals_are_counted_apart_from_what_was_published) {
        Sides sides = new_sides(3);
        RelayProgress progress;

        sides.events[1].aggregate_id = "B";
        sides.events[2].aggregate_id = "C";
        sides.events[2].retry_count = RELAY_MAX_TRIES - 1;
        sides.outcomes[0] = RELAY_STORED;
        sides.outcomes[1] = RELAY_REFUSED;
        sides.outcomes[2] = RELAY_REFUSED;
        ck_assert_ok(drain(&sides, &progress));
        ck_assert_uint_eq(progress.n_published, 1);
        ck_assert_uint_eq(progress.n_refused, 2);
        ck_assert_uint_eq(progress.n_dead, 1);
        ck_assert(progress.is_full);
}

TEST(what_could_not_be_marked_is_not_counted) {
        Sides sides = new_sides(1);
        RelayProgress progress;

        sides.outcomes[0] = RELAY_STORED;
        sides.settle_error = error_new(test_ctx()->arena, ERROR_ABORTED, INNER_RELAY_FENCED, "late");
        ck_assert_reason(drain(&sides, &progress), INNER_RELAY_FENCED);
        ck_assert_uint_eq(progress.n_published, 0);
}

int main(void) {
        Suite *suite = suite_create("outbox-relay/drain");
        TCase *tcase = tcase_create("all");

        test_add(tcase);
        suite_add_tcase(suite, tcase);
        return test_main(suite);
}

#include <stdatomic.h>

#include "bus/hint.h"
#include "bus_fixture.h"

static NatsServer *server;
static Bus *bus;
static atomic_int n_heard;

static void set_up(void) {
        server = nats_server_new();
        bus = new_ready_bus(server);
        atomic_store(&n_heard, 0);
}

static void hear(void *arg) {
        atomic_fetch_add((atomic_int *) arg, 1);
}

static bool hears_what_is_given(void *hints) {
        bus_hints_listen(hints);
        bus_hints_give(hints);
        return atomic_load(&n_heard) > 0;
}

TEST(a_hint_is_heard_by_all_who_listen) {
        atomic_int n_other = 0;
        Bus *other_bus = new_ready_bus(server);
        BusHints *hints = bus_hints_new(bus, "hints.test", hear, &n_heard);
        BusHints *other = bus_hints_new(other_bus, "hints.test", hear, &n_other);

        bus_hints_listen(other);
        test_wait_until(hears_what_is_given, hints, WAIT_MS, "a hint was heard");
        while (atomic_load(&n_other) == 0)
                bus_hints_give(hints);
        bus_hints_free(other);
        bus_hints_free(hints);
        bus_free(other_bus);
        bus_free(bus);
}

TEST(hints_of_another_subject_are_not_heard) {
        atomic_int n_other = 0;
        BusHints *hints = bus_hints_new(bus, "hints.test", hear, &n_heard);
        BusHints *other = bus_hints_new(bus, "hints.other", hear, &n_other);

        bus_hints_listen(other);
        test_wait_until(hears_what_is_given, hints, WAIT_MS, "a hint was heard");
        ck_assert_int_eq(atomic_load(&n_other), 0);
        bus_hints_free(other);
        bus_hints_free(hints);
        bus_free(bus);
}

TEST(hints_are_heard_again_after_the_server_was_away) {
        BusHints *hints = bus_hints_new(bus, "hints.test", hear, &n_heard);

        test_wait_until(hears_what_is_given, hints, WAIT_MS, "a hint was heard");
        nats_server_kill(server);
        bus_hints_listen(hints);
        bus_hints_give(hints);
        nats_server_start(server);
        test_wait_until(bus_is_up, bus, WAIT_MS, "the bus is ready again");
        atomic_store(&n_heard, 0);
        test_wait_until(hears_what_is_given, hints, WAIT_MS, "a hint was heard again");
        bus_hints_free(hints);
        bus_free(bus);
}

int main(void) {
        Suite *suite = suite_create("bus/hint");
        TCase *tests = tcase_create("hint");

        tcase_add_checked_fixture(tests, set_up, NULL);
        tcase_set_timeout(tests, 60);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}

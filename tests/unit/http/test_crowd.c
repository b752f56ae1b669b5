#include "http/crowd_private.h"

#include <string.h>

#include "support.h"

static Crowd *crowd;

static void begin(size_t n_all, size_t n_per_address, size_t n_reserved) {
        crowd = http_crowd_new(&(CrowdLimits) { n_all, n_per_address, n_reserved });
}

/* One that begins with '!' is a trusted proxy's. */
static CrowdTicket enter(const char *address) {
        Peer peer = { .is_trusted = *address == '!' };

        address += peer.is_trusted;
        ck_assert(http_address_read(address, strlen(address), &peer.address));
        return http_crowd_enter(crowd, &peer);
}

TEST(has_room_for_all_then_the_reserve_then_nobody) {
        begin(2, 2, 1);
        CrowdTicket first = enter("10.0.0.1"), second = enter("10.0.0.2"), third = enter("10.0.0.3");
        ck_assert_int_eq(first.place, CROWD_ORDINARY);
        ck_assert_int_eq(second.place, CROWD_ORDINARY);
        ck_assert_int_eq(third.place, CROWD_RESERVED);
        ck_assert_int_eq(enter("10.0.0.4").place, CROWD_FULL);
        http_crowd_leave(crowd, third);
        third = enter("10.0.0.4");
        ck_assert_int_eq(third.place, CROWD_RESERVED);
        http_crowd_leave(crowd, second);
        second = enter("10.0.0.5");
        ck_assert_int_eq(second.place, CROWD_ORDINARY);
        http_crowd_leave(crowd, first);
        http_crowd_leave(crowd, second);
        http_crowd_leave(crowd, third);
        http_crowd_free(crowd);
}

/* How many of the same address get an ordinary place; all have left again at the end. */
static size_t share_of(const char *address, const char *twin) {
        CrowdTicket tickets[8];
        size_t n_ordinary = 0;

        for (size_t i = 0; i < 8; i++) {
                tickets[i] = enter(i % 2 ? twin : address);
                n_ordinary += tickets[i].place == CROWD_ORDINARY;
        }
        for (size_t i = 0; i < 8; i++)
                if (tickets[i].place != CROWD_FULL)
                        http_crowd_leave(crowd, tickets[i]);
        return n_ordinary;
}

TEST(counts_an_ipv4_address_and_an_ipv6_net_as_one) {
        begin(8, 3, 0);
        for (int round = 0; round < 2; round++) {
                ck_assert_uint_eq(share_of("10.0.0.1", "10.0.0.1"), 3);
                ck_assert_uint_eq(share_of("10.0.0.1", "::ffff:10.0.0.1"), 3);
                ck_assert_uint_eq(share_of("10.0.0.1", "10.0.0.2"), 6);
                ck_assert_uint_eq(share_of("2001:db8::1", "2001:db8::2:3:4:5"), 3);
                ck_assert_uint_eq(share_of("2001:db8::1", "2001:db8:0:1::1"), 6);
                ck_assert_uint_eq(share_of("::ffff:10.0.0.1", "::ffff:10.0.0.2"), 6);
        }
        http_crowd_free(crowd);
}

TEST(a_trusted_proxy_is_counted_among_all_alone) {
        begin(7, 3, 0);
        ck_assert_uint_eq(share_of("!10.0.0.9", "!10.0.0.9"), 7);
        ck_assert_uint_eq(share_of("!10.0.0.9", "10.0.0.9"), 7);
        http_crowd_free(crowd);
}

int main(void) {
        Suite *suite = suite_create("http crowd");
        TCase *tests = tcase_create("http crowd");

        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}

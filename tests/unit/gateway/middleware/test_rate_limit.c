#include "middleware/rate_limit.h"

#include <string.h>

#include "support.h"

#define SECOND INT64_C(1000000)
#define START (INT64_C(1000) * SECOND)

static GatewayRateLimit *limit;

static void setup(void) {
        limit = gateway_rate_limit_new(100);
}

static void teardown(void) {
        gateway_rate_limit_free(limit);
}

static GatewayQuota take(const char *key, int64_t now_us) {
        const GatewayRateKey customer = gateway_rate_key_customer(key);

        return gateway_rate_limit_take(limit, &customer, now_us);
}

static bool passes(const char *key, int64_t now_us) {
        return take(key, now_us).retry_after_ms == 0;
}

static void take_all(const char *key, int64_t now_us) {
        for (int i = 0; i < 100; i++)
                ck_assert_msg(passes(key, now_us), "refused number %d", i + 1);
}

TEST(lets_a_minutes_worth_pass_at_once_and_no_more) {
        take_all("CUST-1", START);
        GatewayQuota quota = take("CUST-1", START);
        ck_assert_int_eq(quota.retry_after_ms, 600);
        ck_assert_int_eq(quota.remaining, 0);
        ck_assert_int_eq(quota.limit, 100);
        ck_assert_int_eq(quota.reset_s, 1);
}

TEST(counts_down_what_remains) {
        ck_assert_int_eq(take("CUST-1", START).remaining, 99);
        GatewayQuota quota = take("CUST-1", START);
        ck_assert_int_eq(quota.remaining, 98);
        ck_assert_int_eq(quota.reset_s, 2);
        ck_assert_int_eq(take("CUST-1", START + 60 * SECOND).remaining, 99);
}

TEST(refills_evenly) {
        take_all("CUST-1", START);
        ck_assert(!passes("CUST-1", START + 599999));
        ck_assert(passes("CUST-1", START + 600000));
        ck_assert(!passes("CUST-1", START + 600000));
        take_all("CUST-1", START + 61 * SECOND);
}

TEST(a_refused_request_takes_nothing) {
        take_all("CUST-1", START);
        for (int i = 0; i < 1000; i++)
                ck_assert(!passes("CUST-1", START + i));
        ck_assert(passes("CUST-1", START + 600000));
}

static GatewayRateKey key_of_address(const char *text) {
        Address address;

        ck_assert(http_address_read(text, strlen(text), &address));
        return gateway_rate_key_address(&address);
}

static GatewayQuota take_as_address(const char *text) {
        const GatewayRateKey address = key_of_address(text);

        return gateway_rate_limit_take(limit, &address, START);
}

static bool address_passes(const char *text) {
        return take_as_address(text).retry_after_ms == 0;
}

TEST(the_addresses_of_one_network_of_ipv6_share_a_bucket) {
        const GatewayRateKey neighbour = key_of_address("2001:db8:0:1::abcd");

        for (int i = 0; i < 100; i++)
                ck_assert(address_passes(arena_printf(test_ctx()->arena, "2001:db8:0:1::%x", i + 1)));
        ck_assert(!address_passes("2001:db8:0:1:ffff:ffff:ffff:ffff"));
        gateway_rate_limit_give_back(limit, &neighbour);
        ck_assert(address_passes("2001:db8:0:1::ffff"));
        ck_assert(address_passes("2001:db8:0:2::1"));
}

TEST(each_address_of_ipv4_has_a_bucket) {
        for (int i = 0; i < 200; i++) {
                ck_assert(address_passes(arena_printf(test_ctx()->arena, "192.0.2.%d", i)));
                ck_assert(address_passes(arena_printf(test_ctx()->arena, "::ffff:192.0.2.%d", i)));
        }
        for (int i = 0; i < 200; i++)
                ck_assert(passes(arena_printf(test_ctx()->arena, "2001:db8:0:1::%x", i + 1), START));
}

TEST(customers_do_not_share_a_bucket) {
        take_all("CUST-1", START);
        ck_assert(!passes("CUST-1", START));
        take_all("CUST-2", START);
}

TEST(a_customer_who_is_called_like_an_address_has_another_bucket) {
        take_all("127.0.0.1", START);
        ck_assert(!passes("127.0.0.1", START));
        ck_assert_int_eq(take_as_address("127.0.0.1").remaining, 99);
}

static void give_back(const char *id) {
        const GatewayRateKey customer = gateway_rate_key_customer(id);

        gateway_rate_limit_give_back(limit, &customer);
}

TEST(what_is_given_back_can_be_taken_again) {
        take_all("CUST-1", START);
        give_back("CUST-1");
        ck_assert(passes("CUST-1", START));
        ck_assert(!passes("CUST-1", START));
        for (int i = 0; i < 3; i++)
                give_back("CUST-2");
        take_all("CUST-2", START);
        ck_assert(!passes("CUST-2", START));
}

TEST(remembers_the_busy_when_many_others_come) {
        take_all("CUST-1", START);
        for (int i = 0; i < 200000; i++) {
                Arena *arena = arena_new();

                ck_assert(passes(arena_printf(arena, "OTHER-%d", i), START));
                arena_free(arena);
        }
        ck_assert(!passes("CUST-1", START));
}

TEST(takes_keys_of_any_length) {
        char key[1000] = "";

        memset(key, 'k', sizeof(key) - 1);
        ck_assert_int_eq(take(key, START).remaining, 99);
        key[126] = 'x'; /* behind what a key holds */
        ck_assert_int_eq(take(key, START).remaining, 98);
        key[125] = 'x';
        ck_assert_int_eq(take(key, START).remaining, 99);
        ck_assert_int_eq(take("", START).remaining, 99);
}

TEST(works_at_both_ends_of_its_range) {
        gateway_rate_limit_free(limit);
        limit = gateway_rate_limit_new(1);
        ck_assert(passes("CUST-1", START));
        ck_assert_int_eq(take("CUST-1", START).retry_after_ms, 60000);
        gateway_rate_limit_free(limit);
        limit = gateway_rate_limit_new(1000000000);
        for (int i = 0; i < 1000; i++)
                ck_assert(passes("CUST-1", START));
        ck_assert_int_eq(take("CUST-1", START).remaining, 1000000000 - 1001);
}

int main(void) {
        Suite *suite = suite_create("rate limit");
        TCase *tests = tcase_create("rate limit");

        tcase_add_checked_fixture(tests, setup, teardown);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}

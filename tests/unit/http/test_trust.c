#include "http/trust_private.h"

#include <string.h>

#include "base/memory.h"
#include "support.h"

static Address address(const char *text) {
        Address address;

        ck_assert_msg(http_address_read(text, strlen(text), &address), "%s", text);
        return address;
}

static const char *text_of(const Address *address) {
        char text[INET6_ADDRSTRLEN];

        http_address_write(address, text);
        return arena_strdup(test_ctx()->arena, text);
}

/* ---- addresses ---- */

TEST(an_address_has_one_form) {
        static const char *const forms[][2] = {
                { "192.0.2.1", "192.0.2.1" },
                { "::ffff:192.0.2.1", "192.0.2.1" },
                { "::ffff:c000:201", "192.0.2.1" },
                { "2001:DB8:0:0::1", "2001:db8::1" },
                { "2001:0db8::0001", "2001:db8::1" },
        };

        for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
                Address read = address(forms[i][0]), same = address(forms[i][1]);

                ck_assert(http_address_equal(&read, &same));
                ck_assert_str_eq(text_of(&read), forms[i][1]);
        }
}

TEST(what_is_no_address_is_not_read) {
        static const char *const bad[] = {
                "", "proxy", "192.0.2", "192.0.2.256", "192.0.2.01", "192.0.2.1 ", "fe80::1%lo",
                "[2001:db8::1]", "1::2::3", "1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb",
        };
        Address read;

        for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
                ck_assert_msg(!http_address_read(bad[i], strlen(bad[i]), &read), "%s", bad[i]);
}

TEST(a_socket_of_either_kind_says_its_address) {
        struct sockaddr_in ipv4 = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(0xC0000201) };
        struct sockaddr_in6 ipv6 = { .sin6_family = AF_INET6 };
        Address both = address("192.0.2.1");

        memcpy(&ipv6.sin6_addr, both.bytes, sizeof(both.bytes));
        Address of_ipv4 = http_address_of((struct sockaddr *) &ipv4);
        Address of_ipv6 = http_address_of((struct sockaddr *) &ipv6);
        ck_assert(http_address_equal(&of_ipv4, &both));
        ck_assert(http_address_equal(&of_ipv6, &both));
}

/* ---- who is trusted ---- */

static const Trust *trust;

static bool trusts(const char *text) {
        struct sockaddr_in6 ipv6 = { .sin6_family = AF_INET6 };
        Address peer = address(text);

        memcpy(&ipv6.sin6_addr, peer.bytes, sizeof(peer.bytes));
        return http_trust_peer(trust, (struct sockaddr *) &ipv6).is_trusted;
}

static void trust_in(const char *list) {
        trust = http_trust_new(test_ctx()->arena, list);
        ck_assert_msg(trust != NULL, "%s", list);
}

TEST(an_address_is_trusted_itself_and_no_neighbour) {
        trust_in("10.0.0.9,\t2001:db8:9::1 , ");
        ck_assert(trusts("10.0.0.9") && trusts("::ffff:10.0.0.9") && trusts("2001:db8:9::1"));
        ck_assert(!trusts("10.0.0.8") && !trusts("10.0.0.10"));
        ck_assert(!trusts("2001:db8:9::2") && !trusts("2001:db8:9::"));
}

TEST(a_network_is_trusted_up_to_its_ends) {
        static const struct {
                const char *network, *first, *last, *before, *behind;
        } cases[] = {
                { "10.0.0.0/8", "10.0.0.0", "10.255.255.255", "9.255.255.255", "11.0.0.0" },
                { "192.0.2.128/25", "192.0.2.128", "192.0.2.255", "192.0.2.127", "192.0.3.0" },
                { "192.0.2.1/32", "192.0.2.1", "192.0.2.1", "192.0.2.0", "192.0.2.2" },
                { "::ffff:10.0.0.0/104", "10.0.0.0", "10.255.255.255", "9.255.255.255", "11.0.0.0" },
                { "2001:db8::/33", "2001:db8::", "2001:db8:7fff:ffff::1", "2001:db7::", "2001:db8:8000::" },
                { "2001:db8::1/128", "2001:db8::1", "2001:db8::1", "2001:db8::", "2001:db8::2" },
                { "0.0.0.0/0", "0.0.0.0", "255.255.255.255", "::1", "2001:db8::1" },
                { "::/0", "::", "ffff::ffff", "0.0.0.0", "255.255.255.255" },
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                trust_in(cases[i].network);
                ck_assert_msg(trusts(cases[i].first) && trusts(cases[i].last), "%s", cases[i].network);
                ck_assert_msg(!trusts(cases[i].before) && !trusts(cases[i].behind), "%s", cases[i].network);
        }
}

TEST(a_list_holds_addresses_and_networks_alone) {
        static const char *const bad[] = {
                "proxy", "10.0.0.1;10.0.0.2", "10.0.0.1,,x", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/8x",
                "10.0.0.0/-8", "10.0.0.1/8", "10.0.0.0/0008", "10.0.0.0/8/8", "/8", "2001:db8::/129",
                "2001:db8::1/64", "[2001:db8::1]", "10.0.0.1:80",
        };

        for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
                ck_assert_msg(!http_trust_new(test_ctx()->arena, bad[i]), "%s", bad[i]);
        trust_in(NULL);
        ck_assert(!trusts("127.0.0.1") && !trusts("::"));
        trust_in("");
        ck_assert(!trusts("127.0.0.1") && !trusts("::"));
}

/* ---- whom they name ---- */

/* Who asks, of a peer with those headers: "X-Forwarded-For" and perhaps another one behind. */
static const char *client_of(const char *peer, const char *first, const char *second) {
        HttpPair headers[] = { { "Host", "a" }, { "X-Forwarded-For", first }, { "Via", "x" },
                               { "x-forwarded-for", second } };
        HttpRequest request = { .headers = headers, .n_headers = second ? 4 : first ? 3 : 1 };
        Peer other_end = { address(peer), trusts(peer) };
        Address client = http_trust_client(trust, &other_end, &request);

        return text_of(&client);
}

#define ASSERT_CLIENT(peer, list, expected) ck_assert_str_eq(client_of(peer, list, NULL), expected)

TEST(the_last_who_is_not_trusted_asks) {
        trust_in("10.0.0.0/8, 2001:db8::1");
        ASSERT_CLIENT("10.0.0.1", "192.0.2.1", "192.0.2.1");
        ASSERT_CLIENT("10.0.0.1", "192.0.2.9, 192.0.2.1", "192.0.2.1");
        ASSERT_CLIENT("10.0.0.1", "192.0.2.9,192.0.2.1 ,10.0.0.2,\t10.0.0.3", "192.0.2.1");
        ASSERT_CLIENT("2001:db8::1", "2001:db8::2, 2001:DB8::1", "2001:db8::2");
        ASSERT_CLIENT("10.0.0.1", "::ffff:192.0.2.1, ::ffff:10.0.0.2", "192.0.2.1");
        ck_assert_str_eq(client_of("10.0.0.1", "192.0.2.1", "192.0.2.2, 10.0.0.2"), "192.0.2.2");
        ck_assert_str_eq(client_of("10.0.0.1", "192.0.2.8, 192.0.2.1", "10.0.0.3, 10.0.0.2"), "192.0.2.1");
}

TEST(a_port_does_not_belong_to_the_address) {
        trust_in("10.0.0.0/8, 2001:db8::1");
        ASSERT_CLIENT("10.0.0.1", "192.0.2.1:443", "192.0.2.1");
        ASSERT_CLIENT("10.0.0.1", "[2001:db8::2]:443", "2001:db8::2");
        ASSERT_CLIENT("10.0.0.1", "[2001:db8::2]", "2001:db8::2");
        ASSERT_CLIENT("10.0.0.1", "192.0.2.1, [2001:db8::1]:1, 10.0.0.2:1", "192.0.2.1");
}

TEST(nobody_is_believed_who_is_not_trusted) {
        trust_in("10.0.0.0/8");
        ASSERT_CLIENT("192.0.2.1", "192.0.2.9", "192.0.2.1");
        ASSERT_CLIENT("11.0.0.0", "192.0.2.9, 10.0.0.1", "11.0.0.0");
        trust_in(NULL);
        ASSERT_CLIENT("10.0.0.1", "192.0.2.9", "10.0.0.1");
}

TEST(where_a_trusted_one_names_nobody_it_asks_itself) {
        static const char *const bad[] = {
                "", " ", "unknown", "192.0.2.1,", "_hidden", "192.0.2.256", "192.0.2.1:", "192.0.2.1:x",
                "[192.0.2.1]", "[2001:db8::2", "2001:db8::2]", "[2001:db8::2]x", "[]", ":80",
                "192.0.2.1 192.0.2.2", "\"192.0.2.1\"",
        };

        trust_in("10.0.0.0/8");
        ASSERT_CLIENT("10.0.0.1", NULL, "10.0.0.1");
        for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
                ASSERT_CLIENT("10.0.0.1", bad[i], "10.0.0.1");
        ASSERT_CLIENT("10.0.0.1", "192.0.2.1, unknown, 10.0.0.2", "10.0.0.2");
        ASSERT_CLIENT("10.0.0.1", "garbage, 192.0.2.1, 10.0.0.2", "192.0.2.1");
        ASSERT_CLIENT("10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3");
}

int main(void) {
        Suite *suite = suite_create("http trust");
        TCase *tests = tcase_create("http trust");

        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}

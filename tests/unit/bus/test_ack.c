#include "bus/ack_private.h"

#include <string.h>

#include "base/memory.h"
#include "support.h"

static Ack read_text(const char *text) {
        return bus_ack_read(test_ctx()->arena, text, strlen(text));
}

TEST(a_stored_message_has_its_sequence) {
        Ack ack = read_text("{\"stream\":\"EVENTS\", \"seq\":4711}");

        ck_assert(ack.is_stored);
        ck_assert(!ack.is_refused);
        ck_assert_int_eq(ack.sequence, 4711);
}

TEST(a_duplicate_counts_as_stored_with_the_first_sequence) {
        Ack ack = read_text("{\"stream\":\"EVENTS\",\"seq\": 7,\"duplicate\": true}");

        ck_assert(ack.is_stored);
        ck_assert_int_eq(ack.sequence, 7);
}

TEST(an_error_about_the_message_refuses_it) {
        Ack ack = read_text(
                "{\"error\":{\"code\":400,\"err_code\":10054,\"description\":\"message size exceeds maximum "
                "allowed\"},\"stream\":\"EVENTS\",\"seq\":0}");

        ck_assert(!ack.is_stored);
        ck_assert(ack.is_refused);
        ck_assert_str_eq(ack.problem, "message size exceeds maximum allowed");
}

TEST(an_error_of_the_stream_does_not_refuse_the_message) {
        Ack ack = read_text(
                "{\"error\":{\"code\":503,\"err_code\":10077,\"description\":\"no space\"},\"stream\":\"E\","
                "\"seq\":0}");

        ck_assert(!ack.is_stored);
        ck_assert(!ack.is_refused);
        ck_assert_str_eq(ack.problem, "no space");
        ck_assert(!read_text("{\"error\":{\"code\":399}}").is_refused);
        ck_assert(read_text("{\"error\":{\"code\":499}}").is_refused);
}

TEST(what_is_not_an_acknowledgement_says_nothing) {
        static const char *const samples[] = { "",           "{}",           "{\"stream\":\"EVENTS\"}",
                                               "{\"seq\":}", "{\"seq\":-4}", "ok" };

        for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
                Ack ack = read_text(samples[i]);
                ck_assert(!ack.is_stored);
                ck_assert(!ack.is_refused);
                ck_assert_ptr_nonnull(ack.problem);
        }
}

TEST(a_subject_that_would_break_the_protocol_is_not_valid) {
        static const char *const bad[] = { "",           ".",   ".a",       "a.",       "a..b", "a b",
                                           "a\r\nPUB x", "a\t", "events.*", "events.>", "a\x7f" };

        for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
                ck_assert_msg(!bus_subject_is_valid(bad[i]), "accepted '%s'", bad[i]);
        ck_assert(bus_subject_is_valid("events.order.created"));
        ck_assert(bus_subject_is_valid("a"));
}

int main(void) {
        Suite *suite = suite_create("bus/ack");
        TCase *tcase = tcase_create("all");

        test_add(tcase);
        suite_add_tcase(suite, tcase);
        return test_main(suite);
}

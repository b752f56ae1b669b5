#include "base/log.h"

#include <string.h>

#include "base/str.h"
#include "support.h"

static const char *captured;

static void capture(void (*write_lines)(void)) {
        captured = test_stderr_of(write_lines);
}

static void write_one(void) {
        log_info("order placed", log_text("order", "ORD-1"), log_number("total", -5),
                 log_text("nothing", NULL));
}

TEST(writes_one_line_of_json) {
        log_init("order", LOG_INFO);
        capture(write_one);
        ck_assert_ptr_nonnull(
                strstr(captured, "Z\",\"level\":\"info\",\"service\":\"order\",\"message\":\"order placed\","
                                 "\"order\":\"ORD-1\",\"total\":-5,\"nothing\":\"\"}\n"));
        ck_assert(str_starts_with(captured, "{\"time\":\"20"));
        ck_assert_uint_eq(strlen("{\"time\":\"2024-08-10T14:30:00.123Z"),
                          (size_t) (strchr(captured, 'Z') - captured + 1));
}

TEST(drops_lines_below_the_level) {
        log_init("order", LOG_WARNING);
        capture(write_one);
        ck_assert_str_eq(captured, "");
}

static void write_nasty(void) {
        log_error("a\"b\\c\nd\x7F\x01", log_text("caf\xC3\xA9", "\xC3\xA9\r\n{\"level\":\"info\"}"));
}

TEST(a_text_cannot_forge_a_line) {
        log_init("order", LOG_INFO);
        capture(write_nasty);
        ck_assert_ptr_nonnull(strstr(captured, "\"message\":\"a\\\"b\\\\c\\u000ad\\u007f\\u0001\""));
        ck_assert_ptr_nonnull(strstr(captured, "\"\xC3\xA9\\u000d\\u000a{\\\"level\\\":\\\"info\\\"}\"}\n"));
        ck_assert_ptr_eq(strchr(captured, '\n'), captured + strlen(captured) - 1);
}

static void write_emails(void) {
        log_info("There is no customer a.b+c@d.example: x", log_text("customer", "a@b"),
                 log_text("path", "/api/a%40b.example/x"),
                 log_text("cause", "to <\xC3\xA4@d.example>, see @ a@ @b \"1 @> 2\""));
}

TEST(an_email_address_is_left_out) {
        log_init("order", LOG_INFO);
        capture(write_emails);
        ck_assert_ptr_nonnull(strstr(captured, "\"There is no customer (an e-mail address): x\""));
        ck_assert_ptr_nonnull(strstr(captured, "\"path\":\"/api/(an e-mail address)/x\""));
        ck_assert_ptr_nonnull(strstr(captured, "\"customer\":\"(an e-mail address)\""));
        ck_assert_ptr_nonnull(strstr(captured, "\"to <(an e-mail address)>, see @ a@ @b \\\"1 @> 2\\\"\""));
}

static char long_text[20000];

static void write_long(void) {
        log_info("long", log_text("text", long_text), log_text("after", "x"), log_number("number", 1));
}

TEST(a_line_that_is_too_long_is_cut_and_still_json) {
        log_init("order", LOG_INFO);
        memset(long_text, 'y', sizeof(long_text) - 1);
        capture(write_long);
        size_t n_bytes = strlen(captured);
        ck_assert_uint_le(n_bytes, 8192);
        ck_assert_uint_gt(n_bytes, 8000);
        ck_assert_str_eq(captured + n_bytes - 4, "y\"}\n");
        memset(long_text, '\n', sizeof(long_text) - 1);
        capture(write_long);
        ck_assert_uint_le(strlen(captured), 8192);
        ck_assert_str_eq(captured + strlen(captured) - 6, "00a\"}\n");
}

int main(void) {
        Suite *suite = suite_create("log");
        TCase *tests = tcase_create("log");

        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}

#include "app/config.h"

#include <stdlib.h>
#include <string.h>

#include "support.h"

typedef struct Settings {
        const char *dsn;
        int64_t timeout_ms;
        bool loud;
} Settings;

static Settings settings;
static const char *problem;

static const ConfigVariable variables[] = {
        { "T_DSN", CONFIG_TEXT, &settings.dsn, NULL, NULL, "Where the database is" },
        { "T_TIMEOUT", CONFIG_INT64, &settings.timeout_ms, "500", "ms", "How long to wait", 1, 60000 },
        { "T_LOUD", CONFIG_BOOL, &settings.loud, "false", NULL, "Whether to shout" },
};

static bool read_all(void) {
        problem = NULL;
        return config_read(variables, 3, &problem);
}

START_TEST(takes_the_defaults_of_what_is_not_set) {
        setenv("T_DSN", "host=db", 1);
        setenv("T_LOUD", "", 1);
        ck_assert(read_all());
        ck_assert_str_eq(settings.dsn, "host=db");
        ck_assert_int_eq(settings.timeout_ms, 500);
        ck_assert(!settings.loud);
}
END_TEST

START_TEST(reads_what_is_set) {
        setenv("T_DSN", "host=db", 1);
        setenv("T_TIMEOUT", "60000", 1);
        setenv("T_LOUD", "true", 1);
        ck_assert(read_all());
        ck_assert_int_eq(settings.timeout_ms, 60000);
        ck_assert(settings.loud);
        setenv("T_TIMEOUT", "1", 1);
        setenv("T_LOUD", "0", 1);
        ck_assert(read_all());
        ck_assert_int_eq(settings.timeout_ms, 1);
        ck_assert(!settings.loud);
}
END_TEST

START_TEST(says_which_variable_is_missing) {
        unsetenv("T_DSN");
        ck_assert(!read_all());
        ck_assert_str_eq(problem, "T_DSN must be set: Where the database is");
        setenv("T_DSN", "", 1);
        ck_assert(!read_all());
}
END_TEST

START_TEST(says_what_a_number_should_be) {
        static const char *const bad[] = { "0", "60001", "5s", "-1", "1.5", "99999999999999999999" };

        setenv("T_DSN", "host=db", 1);
        for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
                setenv("T_TIMEOUT", bad[i], 1);
                ck_assert_msg(!read_all(), "accepted %s", bad[i]);
                ck_assert(strstr(problem, bad[i]));
                ck_assert(strstr(problem, "should be a number of ms between 1 and 60000"));
        }
}
END_TEST

START_TEST(says_what_a_bool_should_be) {
        setenv("T_DSN", "host=db", 1);
        setenv("T_LOUD", "yes", 1);
        ck_assert(!read_all());
        ck_assert_str_eq(problem, "T_LOUD=yes: should be true or false");
}
END_TEST

START_TEST(prints_every_variable_with_its_default) {
        char *text;
        size_t n_bytes;
        FILE *out = open_memstream(&text, &n_bytes);

        config_print(out, "millrace-test", "Tests.", variables, 3);
        fclose(out);
        ck_assert_ptr_nonnull(strstr(text, "millrace-test: Tests."));
        ck_assert_ptr_nonnull(strstr(text, "T_DSN\n      Where the database is [must be set]\n"));
        ck_assert_ptr_nonnull(strstr(text, "T_TIMEOUT\n      How long to wait; ms, 1 to 60000 [500]\n"));
        ck_assert_ptr_nonnull(strstr(text, "T_LOUD\n      Whether to shout [false]\n"));
        free(text);
}
END_TEST

int main(void) {
        Suite *suite = suite_create("config");
        TCase *tests = tcase_create("config");

        tcase_add_test(tests, takes_the_defaults_of_what_is_not_set);
        tcase_add_test(tests, reads_what_is_set);
        tcase_add_test(tests, says_which_variable_is_missing);
        tcase_add_test(tests, says_what_a_number_should_be);
        tcase_add_test(tests, says_what_a_bool_should_be);
        tcase_add_test(tests, prints_every_variable_with_its_default);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}

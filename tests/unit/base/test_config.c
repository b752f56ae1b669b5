#include "base/config.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "support.h"

typedef struct Settings {
        const char *dsn;
        int64_t timeout_ms;
        bool loud;
} Settings;

static Settings settings;
static const char *problem;

static const ConfigVariable variables[] = {
        CONFIG_TEXT(Settings, dsn, "T_DSN", NULL, "Where the database is"),
        CONFIG_NUMBER(Settings, timeout_ms, "T_TIMEOUT", "500", "ms", 1, 60000, "How long to wait"),
        CONFIG_BOOL(Settings, loud, "T_LOUD", "false", "Whether to shout"),
};

static const ConfigTable table = CONFIG_TABLE(Settings, variables);

static bool read_all(void) {
        problem = NULL;
        return config_read(&table, &settings, &problem);
}

TEST(takes_the_defaults_of_what_is_not_set) {
        setenv("T_DSN", "host=db", 1);
        setenv("T_LOUD", "", 1);
        ck_assert(read_all());
        ck_assert_str_eq(settings.dsn, "host=db");
        ck_assert_int_eq(settings.timeout_ms, 500);
        ck_assert(!settings.loud);
}

TEST(reads_what_is_set) {
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

TEST(says_which_variable_is_missing) {
        unsetenv("T_DSN");
        ck_assert(!read_all());
        ck_assert_str_eq(problem, "T_DSN must be set: Where the database is");
        setenv("T_DSN", "", 1);
        ck_assert(!read_all());
}

TEST(says_what_a_number_should_be) {
        static const char *const bad[] = { "0", "60001", "5s", "-1", "1.5", "99999999999999999999" };

        setenv("T_DSN", "host=db", 1);
        for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
                setenv("T_TIMEOUT", bad[i], 1);
                ck_assert_msg(!read_all(), "accepted %s", bad[i]);
                ck_assert(strstr(problem, bad[i]));
                ck_assert(strstr(problem, "should be a number of ms between 1 and 60000"));
        }
}

TEST(says_what_a_bool_should_be) {
        setenv("T_DSN", "host=db", 1);
        setenv("T_LOUD", "yes", 1);
        ck_assert(!read_all());
        ck_assert_str_eq(problem, "T_LOUD=yes: should be true or false");
}

TEST(prints_every_variable_once_with_its_default) {
        char *text;
        size_t n_bytes;
        FILE *out = open_memstream(&text, &n_bytes);

        config_print(out, (const ConfigTable *[]) { &table, &table }, 2);
        fclose(out);
        ck_assert_str_eq(text, "  T_DSN\n      Where the database is [must be set]\n"
                               "  T_TIMEOUT\n      How long to wait; ms, 1 to 60000 [500]\n"
                               "  T_LOUD\n      Whether to shout [false]\n");
        free(text);
}

/* What the table's variable is that a name looks like; "" for none. */
static const char *meant(const char *name) {
        const char *found = config_meant((const ConfigTable *[]) { &table }, 1, name);

        return found ? found : "";
}

TEST(a_misspelt_variable_has_two_wrong_letters_at_most) {
        ck_assert_str_eq(meant("T_TIMEOUTS"), "T_TIMEOUT");
        ck_assert_str_eq(meant("T_TIMOUT"), "T_TIMEOUT");
        ck_assert_str_eq(meant("T_TIEMOUT"), "T_TIMEOUT");
        ck_assert_str_eq(meant("T_TIMEOUT_A"), "T_TIMEOUT");
        ck_assert_str_eq(meant("T_TIMEOUT_AB"), "");
        ck_assert_str_eq(meant("T_TIMEOUT"), "");
        ck_assert_str_eq(meant("T_DSN_OF_WHAT_HAS_A_LONGER_NAME_THAN_ANY_VARIABLE_THAT_THERE_IS_NOW"), "");
}

int main(void) {
        Suite *suite = suite_create("config");
        TCase *tests = tcase_create("config");

        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}

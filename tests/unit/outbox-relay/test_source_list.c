#include <string.h>

#include "base/memory.h"
#include "server/source_list.h"
#include "support.h"

TEST(reads_names_and_connection_strings_that_have_equal_signs_themselves) {
        SourceSpec *specs;
        size_t n;

        ck_assert_ok(relay_source_list_read(test_ctx()->arena,
                                            "order=host=a port=1;payment=postgresql://b/c?d=e", &specs, &n));
        ck_assert_uint_eq(n, 2);
        ck_assert_str_eq(specs[0].name, "order");
        ck_assert_str_eq(specs[0].dsn, "host=a port=1");
        ck_assert_str_eq(specs[1].name, "payment");
        ck_assert_str_eq(specs[1].dsn, "postgresql://b/c?d=e");
}

TEST(refuses_a_list_with_a_mistake_and_does_not_repeat_the_connection_string) {
        static const char *const bad[] = {
                "", ";", "order", "=host=secret", "order=", "a=host=secret;a=host=secret", "a=host=b;secret"
        };

        for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
                SourceSpec *specs;
                size_t n;
                const Error *error = relay_source_list_read(test_ctx()->arena, bad[i], &specs, &n);

                ck_assert_msg(error != NULL, "accepted '%s'", bad[i]);
                ck_assert_ptr_null(strstr(error->message, "secret"));
        }
}

int main(void) {
        Suite *suite = suite_create("outbox-relay/source_list");
        TCase *tcase = tcase_create("all");

        test_add(tcase);
        suite_add_tcase(suite, tcase);
        return test_main(suite);
}

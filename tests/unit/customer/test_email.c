#include <string.h>

#include "fake.h"

static const char *normal(const char *text) {
        const char *email;

        ck_assert_ok(customer_normalize_email(test_ctx(), text, &email));
        return email;
}

TEST(an_address_is_compared_in_lower_case) {
        ck_assert_str_eq(normal("Alex.O'Hara+shop@Example.COM"), "alex.o'hara+shop@example.com");
        ck_assert_str_eq(normal("a@b.c"), "a@b.c");
        ck_assert_str_eq(normal("a.!#$%&'*+-/=?^_`{|}~@1-2.xn--p1ai"), "a.!#$%&'*+-/=?^_`{|}~@1-2.xn--p1ai");
}

TEST(what_is_no_address_is_refused_by_its_field) {
        static const char *const bad[] = { "a",       "a@",      "@b.c",    "a@b",     "a@@b.c",
                                           "a@b@c.d", "a b@c.d", "a@.b.c",  "a@b.c.",  "a@b..c",
                                           "",        "a@b.c\n", "\xC3\xA4@b.c",
                                           ".a@b.c",  "a.@b.c",  "a..b@c.d", "a,b@c.d", "<a@b.c>",
                                           "a@-b.c",  "a@b-.c",  "a@b_c.d",  "a@[127.0.0.1]",
                                           "\"a\"@b.c", "a;b@c.d", "a@b,c.d", "a:b@c.d" };

        for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
                const char *email;
                const Error *error = ck_assert_reason(customer_normalize_email(test_ctx(), bad[i], &email),
                                                      REASON_INVALID_REQUEST);

                ck_assert_uint_eq(error->n_violations, 1);
                ck_assert_str_eq(error->violations[0].field, "email");
        }
}

TEST(what_stands_before_the_at_has_so_many_bytes_at_most) {
        char text[EMAIL_MAX_LOCAL_BYTES + 6] = "";
        const char *email;

        memset(text, 'a', EMAIL_MAX_LOCAL_BYTES);
        strcpy(text + EMAIL_MAX_LOCAL_BYTES, "@b.c");
        normal(text);
        memset(text, 'a', EMAIL_MAX_LOCAL_BYTES + 1);
        strcpy(text + EMAIL_MAX_LOCAL_BYTES + 1, "@b.c");
        ck_assert_reason(customer_normalize_email(test_ctx(), text, &email), REASON_INVALID_REQUEST);
}

TEST(a_label_of_its_domain_has_so_many_bytes_at_most) {
        char text[EMAIL_MAX_LABEL_BYTES + 6] = "a@";
        const char *email;

        memset(text + 2, 'b', EMAIL_MAX_LABEL_BYTES);
        strcpy(text + 2 + EMAIL_MAX_LABEL_BYTES, ".c");
        normal(text);
        memset(text + 2, 'b', EMAIL_MAX_LABEL_BYTES + 1);
        strcpy(text + 3 + EMAIL_MAX_LABEL_BYTES, ".c");
        ck_assert_reason(customer_normalize_email(test_ctx(), text, &email), REASON_INVALID_REQUEST);
}

int main(void) {
        Suite *suite = suite_create("customer/email");
        TCase *tests = tcase_create("email");

        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}

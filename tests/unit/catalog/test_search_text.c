#include "data/search_text.h"

#include <string.h>

#include "base/memory.h"
#include "support.h"

TEST(terms_are_quoted_and_sorted_by_what_they_are_for) {
        static const struct {
                const char *text, *query, *names, *left_out;
        } samples[] = {
                { "", "", "", NULL },
                { "radio", " \"radio\"", "radio", NULL },
                { "  small \t radio\n", " \"small\" \"radio\"", "small radio", NULL },
                { "SKU-D", " \"SKU-D\"", "SKU-D", NULL },
                { "radio -small", " \"radio\" -\"small\"", "radio", "\"small\"" },
                { "-a -b", " -\"a\" -\"b\"", "", "\"a\" or \"b\"" },
                { "--a", " -\"a\"", "", "\"a\"" },
                { "- a", " \"a\"", "a", NULL },
                { "\"small radio\" -\"big one\"", " \"small radio\" -\"big one\"", "small radio",
                  "\"big one\"" },
                { "a\"b", " \"a\" \"b\"", "a b", NULL },
                { "a -\"b c", " \"a\" -\"b c\"", "a", "\"b c\"" },
                { "\"\" -\"\" \"", "", "", NULL },
                { "a\xc2\xa0-\xe3\x80\x80-b", " \"a\" -\"b\"", "a", "\"b\"" },
                { "a or !(b & c):*", " \"a\" \"or\" \"!(b\" \"&\" \"c):*\"", "a or !(b & c):*", NULL },
        };

        for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
                SearchText search = catalog_search_text(test_ctx()->arena, samples[i].text);

                ck_assert_str_eq(search.query, samples[i].query);
                ck_assert_str_eq(search.names, samples[i].names);
                ck_assert_pstr_eq(search.left_out, samples[i].left_out);
        }
}

TEST(signs_without_a_word_are_nothing_however_many) {
        for (size_t n = 32; n <= 33; n++) {
                StrBuf dashes = { .arena = test_ctx()->arena }, apart = { .arena = test_ctx()->arena };

                for (size_t i = 0; i < n; i++) {
                        strbuf_add(&dashes, "-");
                        strbuf_add(&apart, "- ");
                }
                ck_assert_str_eq(catalog_search_text(test_ctx()->arena, strbuf_text(&dashes)).query, "");
                ck_assert_str_eq(catalog_search_text(test_ctx()->arena, strbuf_text(&apart)).query, "");
                strbuf_add(&dashes, "a");
                ck_assert_str_eq(catalog_search_text(test_ctx()->arena, strbuf_text(&dashes)).query,
                                 " -\"a\"");
        }
}

/* Whatever the bytes are, a quote of the query begins or ends a term, and a term has no quote. */
TEST(no_byte_gets_out_of_its_quotes) {
        for (int byte = 1; byte < 256; byte++) {
                const char text[] = { 'a', (char) byte, '-', (char) byte, 'b', '\0' };
                const char *query = catalog_search_text(test_ctx()->arena, text).query;
                size_t n_quotes = 0;

                for (const char *at = query; *at; at++) {
                        n_quotes += *at == '"';
                        ck_assert_msg(n_quotes % 2 == 1 || strchr(" -\"", *at), "%d: %s", byte, query);
                }
                ck_assert_uint_eq(n_quotes % 2, 0);
        }
}

int main(void) {
        Suite *suite = suite_create("catalog/search_text");
        TCase *tests = tcase_create("search_text");

        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}

#include <string.h>

#include "base/base64.h"
#include "base/str.h"
#include "biz/review/request.h"
#include "support.h"

static const char *sign(LinkSigner *self, Arena *arena, const char *text) {
        (void) self;
        return arena_printf(arena, "signed-%zu", strlen(text));
}

static bool is_signed(LinkSigner *self, Arena *arena, const char *text, const char *signature) {
        return str_equal(sign(self, arena, text), signature);
}

static LinkSigner signer = { sign, is_signed };

static const char *encode(const char *plain) {
        StrBuf text = { .arena = test_ctx()->arena };

        base64url_add(&text, (Bytes) { (const uint8_t *) plain, strlen(plain) });
        return strbuf_text(&text);
}

/* Signed, whatever it says. */
static const char *link_of(const char *plain) {
        Arena *arena = test_ctx()->arena;

        return arena_printf(arena, "%s.%s", encode(plain), sign(&signer, arena, plain));
}

static const Error *read_link(const char *text) {
        ReviewLink link;

        return review_link_read(&signer, test_ctx()->arena, text, &link);
}

TEST(a_link_comes_back_as_it_was_written) {
        const ReviewLink link = { "ORD-1", "PROD-1", 1234567 };
        const char *text = review_link_write(&signer, test_ctx()->arena, &link);
        ReviewLink is;

        ck_assert_str_eq(text, link_of("1\nORD-1\nPROD-1\n1234567"));
        ck_assert_ok(review_link_read(&signer, test_ctx()->arena, text, &is));
        ck_assert_str_eq(is.order_id, "ORD-1");
        ck_assert_str_eq(is.product_id, "PROD-1");
        ck_assert_int_eq(is.expires_at_us, 1234567);
}

TEST(the_longest_link_fits_into_its_field) {
        char id[65] = "";

        memset(id, 'X', 64);
        const ReviewLink link = { id, id, INT64_MAX };
        ck_assert_uint_le(strlen(review_link_write(&signer, test_ctx()->arena, &link)) + 43, 400);
}

TEST(what_is_not_signed_is_no_link) {
        const char *text = link_of("1\nORD-1\nPROD-1\n1234567");

        ck_assert_ok(read_link(text));
        ck_assert_reason(read_link(arena_printf(test_ctx()->arena, "%s0", text)), REASON_REVIEW_LINK_INVALID);
        ck_assert_reason(read_link(arena_printf(test_ctx()->arena, "%s.", encode("1\nORD-1\nPROD-1\n1"))),
                         REASON_REVIEW_LINK_INVALID);
        ck_assert_reason(read_link(encode("1\nORD-1\nPROD-1\n1234567")), REASON_REVIEW_LINK_INVALID);
}

TEST(what_is_no_text_is_no_link) {
        static const char *const texts[] = { "", ".", "..", "a", "=.signed-1", "_____.signed-3",
                                             "A.signed-0" };

        for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
                const Error *error = ck_assert_reason(read_link(texts[i]), REASON_REVIEW_LINK_INVALID);

                ck_assert_int_eq(error->code, ERROR_NOT_FOUND);
        }
}

TEST(another_form_is_no_link) {
        static const char *const plains[] = { "2\nORD-1\nPROD-1\n1", "1\nORD-1\nPROD-1",
                                              "1\nORD-1\nPROD-1\n1\n", "1\nORD-1\nPROD-1\nsoon", "1\n\n\n" };

        for (size_t i = 0; i < sizeof(plains) / sizeof(plains[0]); i++)
                ck_assert_reason(read_link(link_of(plains[i])), REASON_REVIEW_LINK_INVALID);
}

int main(void) {
        Suite *suite = suite_create("review/link");
        TCase *tests = tcase_create("link");

        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}

#include <string.h>

#include "base/base64.h"
#include "base/memory.h"
#include "json/rfc3339_private.h"
#include "support.h"

static const char *format(int64_t seconds, int32_t nanos) {
        StrBuf text = { .arena = test_ctx()->arena };

        json_rfc3339_add(&text, (Timestamp) { seconds, nanos });
        return strbuf_text(&text);
}

static void assert_time(const char *text, int64_t seconds, int32_t nanos) {
        Timestamp time;

        ck_assert_msg(json_rfc3339_read(text, strlen(text), &time), "refused %s", text);
        ck_assert_int_eq(time.seconds, seconds);
        ck_assert_int_eq(time.nanos, nanos);
}

TEST(writes_a_fraction_of_3_6_or_9_digits_when_there_is_one) {
        ck_assert_str_eq(format(1723300200, 0), "2024-08-10T14:30:00Z");
        ck_assert_str_eq(format(1723300215, 500000000), "2024-08-10T14:30:15.500Z");
        ck_assert_str_eq(format(1723300215, 1000), "2024-08-10T14:30:15.000001Z");
        ck_assert_str_eq(format(1723300215, 123456789), "2024-08-10T14:30:15.123456789Z");
        ck_assert_str_eq(format(0, 0), "1970-01-01T00:00:00Z");
        ck_assert_str_eq(format(-1, 0), "1969-12-31T23:59:59Z");
        ck_assert_str_eq(format(TIMESTAMP_MIN_SECONDS, 0), "0001-01-01T00:00:00Z");
        ck_assert_str_eq(format(TIMESTAMP_MAX_SECONDS, TIMESTAMP_MAX_NANOS),
                         "9999-12-31T23:59:59.999999999Z");
}

TEST(reads_times_with_any_offset_and_fraction) {
        assert_time("2024-08-10T14:30:00Z", 1723300200, 0);
        assert_time("2024-08-10T16:30:00+02:00", 1723300200, 0);
        assert_time("2024-08-10T09:00:00-05:30", 1723300200, 0);
        assert_time("2024-02-29T00:00:00.5Z", 1709164800, 500000000);
        assert_time("2024-02-29T00:00:00.000000001Z", 1709164800, 1);
        assert_time("0001-01-01T00:00:00Z", TIMESTAMP_MIN_SECONDS, 0);
        assert_time("9999-12-31T23:59:59Z", TIMESTAMP_MAX_SECONDS, 0);
}

TEST(refuses_texts_that_are_not_times) {
        static const char *const samples[] = {
                "", "2024", "2024-08-10", "2024-08-10T14:30:00", "2024-08-10 14:30:00Z",
                "2024-08-10t14:30:00z", "2024-02-30T00:00:00Z", "2023-02-29T00:00:00Z",
                "2024-13-01T00:00:00Z", "2024-00-01T00:00:00Z", "2024-01-00T00:00:00Z",
                "2024-01-01T24:00:00Z", "2024-01-01T00:60:00Z", "2024-01-01T00:00:60Z",
                "2024-01-01T00:00:00.Z", "2024-01-01T00:00:00.1234567890Z", "2024-01-01T00:00:00+24:00",
                "2024-01-01T00:00:00+01:60", "2024-01-01T00:00:00+0100", "2024-01-01T00:00:00ZZ",
                "0000-12-31T23:59:59Z", "0001-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01",
                "+024-01-01T00:00:00Z", "24-01-01T00:00:00Z",
        };

        for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
                Timestamp time = { .nanos = -1 };

                ck_assert_msg(!json_rfc3339_read(samples[i], strlen(samples[i]), &time), "accepted %s",
                              samples[i]);
                ck_assert_int_eq(time.nanos, -1);
        }
}

/* The examples of RFC 4648 section 10, and the two digits that are no letters or numbers. */
static const struct {
        const char *bytes, *text;
} encodings[] = {
        { "", "" }, { "f", "Zg==" }, { "fo", "Zm8=" }, { "foo", "Zm9v" }, { "foob", "Zm9vYg==" },
        { "fooba", "Zm9vYmE=" }, { "foobar", "Zm9vYmFy" }, { "\xFB\xFF", "+/8=" },
};

TEST(reads_and_writes_base64) {
        Arena *arena = test_ctx()->arena;

        for (size_t i = 0; i < ARRAY_SIZE(encodings); i++) {
                StrBuf text = { .arena = arena };
                size_t n_bytes = strlen(encodings[i].bytes);
                Bytes bytes;

                base64_add(&text, (Bytes) { (const uint8_t *) encodings[i].bytes, n_bytes });
                ck_assert_str_eq(strbuf_text(&text), encodings[i].text);
                ck_assert(base64_read(arena, text.text ? text.text : "", text.n_bytes, &bytes));
                ck_assert_uint_eq(bytes.n_bytes, n_bytes);
                ck_assert_mem_eq(bytes.data, encodings[i].bytes, n_bytes);
        }
}

TEST(refuses_base64_that_is_not_canonical) {
        static const char *const samples[] = { "Z", "Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "Z===", "====",
                                               "Zm=v", "Zm9v\n", "Zm9-", "Zg==Zg==", "Zm 9" };
        Bytes bytes = { .n_bytes = 42 };

        for (size_t i = 0; i < ARRAY_SIZE(samples); i++)
                ck_assert_msg(!base64_read(test_ctx()->arena, samples[i], strlen(samples[i]), &bytes),
                              "accepted %s", samples[i]);
        ck_assert_uint_eq(bytes.n_bytes, 42);
}

int main(void) {
        Suite *suite = suite_create("text");
        TCase *tests = tcase_create("text");

        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}

#include <stdlib.h>
#include <string.h>

#include "base/card.h"
#include "json/codec.h"
#include "order/v1/order.rpc.h"
#include "payload.h"
#include "sample.h"
#include "support.h"

#define NO_AMOUNT "must be an object like {\"minor\": 24999, \"currency\": \"USD\"}"

static const Error *read_bytes(const MessageInfo *info, const char *text, size_t n_bytes, void *ret_message) {
        /* An exact copy on the heap, so that AddressSanitizer sees a read behind its end. */
        char *copy = malloc(n_bytes > 0 ? n_bytes : 1);
        ProtobufCMessage *message = NULL;

        memcpy(copy, text, n_bytes);
        const Error *error = json_read_message(test_ctx()->arena, info, copy, n_bytes, &message);
        free(copy);
        ck_assert(error ? !message : !!message);
        *(ProtobufCMessage **) ret_message = message;
        return error;
}

static const Error *refusal(const char *text) {
        Sample__Sample *sample;

        return read_bytes(&sample_info, text, strlen(text), &sample);
}

static Sample__Sample *accepted(const char *text) {
        Sample__Sample *sample;

        ck_assert_ok(read_bytes(&sample_info, text, strlen(text), &sample));
        return sample;
}

static void assert_malformed(const char *text, const char *part) {
        const Error *error = ck_assert_reason(refusal(text), REASON_MALFORMED_JSON);

        ck_assert_int_eq(error->code, ERROR_INVALID_ARGUMENT);
        ck_assert_msg(strstr(error->message, part), "\"%s\" does not say \"%s\"", error->message, part);
}

/* The only violation of the text is of that field, and says so. */
static void assert_violation(const char *text, const char *field, const char *description) {
        const Error *error = refusal(text);

        ck_assert_str_eq(sample_violation(error, field), description);
        ck_assert_uint_eq(error->n_violations, 1);
}

TEST(reads_the_sample_request) {
        OrderV1PlaceOrderRequest *request;

        ck_assert_ok(read_bytes(&order_v1_place_order_request_info, place_order_json,
                                strlen(place_order_json), &request));
        ck_assert_str_eq(request->customer_id, "CUST-12345");
        ck_assert_uint_eq(request->n_items, 2);
        ck_assert_str_eq(request->items[0]->sku, "SKU-ABC-001");
        ck_assert_int_eq(request->items[0]->quantity, 2);
        ck_assert_str_eq(request->items[1]->requested_warehouse, "US-WEST-01");
        ck_assert_str_eq(request->shipping_address->zip_code, "94105");
        ck_assert_str_eq(request->billing_address->street, "123 Main St");
        ck_assert_str_eq(request->payment_method->token, "pm_1234567890");
        ck_assert_uint_eq(request->n_promotion_codes, 1);
        ck_assert_str_eq(request->promotion_codes[0], "SUMMER2024");
        ck_assert_str_eq(request->notes, "Please deliver after 5 PM");
        ck_assert_ok(proto_message_validate(test_ctx()->arena, &order_v1_place_order_request_info,
                                            &request->base));
}

TEST(knows_four_blanks_only) {
        accepted(" \t\r\n{ \t\r\n\"id\" : \"a\\fb\\u000b\" }\r\n");
        assert_malformed("{\f\"id\":\"a\"}", "form feed");
        assert_malformed("{\"id\":\v\"a\"}", "vertical tab");
        assert_malformed("{\"id\":\"a\"}\f", "form feed");
        assert_malformed("\v{\"id\":\"a\"}", "vertical tab");
        assert_malformed("{\"id\":\"a\fb\"}", "form feed");
        assert_malformed("\xEF\xBB\xBF{\"id\":\"a\"}", "");
        assert_malformed("{\xC2\xA0\"id\":\"a\"}", "");
}

TEST(reads_every_kind_of_field) {
        const Sample__Sample *sample = accepted(
                "{\"id\":\"S\",\"total\":-9223372036854775808,\"small\":\"-7\",\"count\":4294967295,"
                "\"large\":\"18446744073709551615\",\"flag\":true,\"blob\":\"AP8=\",\"colour\":\"DARK_BLUE\","
                "\"lines\":[{\"sku\":\"A\"},{\"quantity\":2,\"tags\":[\"x\",\"y\",\"z\"]}],\"mainLine\":{},"
                "\"createdAt\":\"2024-08-10T14:30:00.25Z\",\"numbers\":[1,\"2\",-3],"
                "\"colours\":[\"COLOUR_RED\","
                "\"UNSPECIFIED\"],\"flags\":[true,false],\"number\":0,\"marks\":[3000000000],\"change\":-1}");

        ck_assert_str_eq(sample->id, "S");
        ck_assert_int_eq(sample->total, INT64_MIN);
        ck_assert_int_eq(sample->small, -7);
        ck_assert_uint_eq(sample->count, UINT32_MAX);
        ck_assert_uint_eq(sample->large, UINT64_MAX);
        ck_assert(sample->flag);
        ck_assert_uint_eq(sample->blob.len, 2);
        ck_assert_mem_eq(sample->blob.data, "\x00\xFF", 2);
        ck_assert_int_eq(sample->colour, SAMPLE__COLOUR__COLOUR_DARK_BLUE);
        ck_assert_uint_eq(sample->n_lines, 2);
        ck_assert_uint_eq(sample->lines[1]->n_tags, 3);
        ck_assert_str_eq(sample->lines[1]->tags[2], "z");
        ck_assert_ptr_nonnull(sample->main_line);
        ck_assert_int_eq(sample->created_at->seconds, 1723300200);
        ck_assert_int_eq(sample->created_at->nanos, 250000000);
        ck_assert_uint_eq(sample->n_numbers, 3);
        ck_assert_int_eq(sample->numbers[2], -3);
        ck_assert_int_eq(sample->colours[0], SAMPLE__COLOUR__COLOUR_RED);
        ck_assert(sample->flags[0] && !sample->flags[1]);
        ck_assert_int_eq(sample->choice_case, SAMPLE__SAMPLE__CHOICE_NUMBER);
        ck_assert_uint_eq(sample->marks[0], 3000000000u);
        ck_assert_int_eq(sample->change, -1);
        ck_assert_str_eq(sample->note, "");
}

TEST(takes_null_for_absent_and_proto_names_for_json_names) {
        const Sample__Sample *sample =
                accepted("{\"id\":null,\"total\":null,\"lines\":null,\"mainLine\":null,"
                         "\"price\":null,\"text\":null,\"tracking_number\":\"T\"}");

        ck_assert_str_eq(sample->id, "");
        ck_assert_int_eq(sample->total, 0);
        ck_assert_uint_eq(sample->n_lines, 0);
        ck_assert_ptr_null(sample->main_line);
        ck_assert_int_eq(sample->choice_case, 0);
        ck_assert_str_eq(sample->tracking_number, "T");
}

TEST(decodes_escapes) {
        const Sample__Sample *sample =
                accepted("{\"\\u0069d\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\uD83D\\uDE80\\\\uD800\"}");

        ck_assert_str_eq(sample->id, "\"\\/\b\f\n\r\t\xC3\xA9\xF0\x9F\x9A\x80\\uD800");
}

TEST(refuses_what_is_not_one_json_object) {
        assert_malformed("", "not JSON");
        assert_malformed(" ", "not JSON");
        assert_malformed("{", "not JSON");
        assert_malformed("{} {}", "not JSON");
        assert_malformed("{}x", "not JSON");
        assert_malformed("{\"id\":\"a\",}", "not JSON");
        assert_malformed("{id:1}", "not JSON");
        assert_malformed("{'id':'a'}", "not JSON");
        assert_malformed("{\"id\":\"a\"/* b */}", "not JSON");
        assert_malformed("{\"total\":01}", "not JSON");
        assert_malformed("{\"total\":+1}", "not JSON");
        assert_malformed("{\"total\":.5}", "not JSON");
        assert_malformed("{\"total\":NaN}", "not JSON");
        assert_malformed("{\"id\":\"a\nb\"}", "not JSON");
        assert_malformed("{\"id\":\"\\x\"}", "not JSON");
        assert_malformed("{\"id\":\"\\u12\"}", "not JSON");
        assert_malformed("\xEF\xBB\xBF{}", "not JSON");
        assert_malformed("[]", "must be an object");
        assert_malformed("\"id\"", "must be an object");
        assert_malformed("null", "must be an object");
        assert_malformed("true", "must be an object");
        assert_malformed("1", "must be an object");
}

TEST(says_where_the_syntax_is_wrong) {
        assert_malformed("{\"id\":\"a\" \"b\"}", "near byte 12");
}

TEST(refuses_texts_that_are_not_utf8) {
        Sample__Sample *sample;

        assert_malformed("{\"id\":\"\xC0\x80\"}", "UTF-8");
        assert_malformed("{\"id\":\"\xED\xA0\x80\"}", "UTF-8");
        assert_malformed("{\"\xFF\":1}", "UTF-8");
        assert_malformed("{\"id\":\"a\\u0000b\"}", "\\u0000");
        assert_malformed("{\"id\":\"\\uD83D\"}", "surrogate");
        assert_malformed("{\"id\":\"\\uDE80\"}", "surrogate");
        assert_malformed("{\"id\":\"\\uDE80\\uD83D\"}", "surrogate");
        assert_malformed("{\"id\":\"\\uD83Dx\\uDE80\"}", "surrogate");
        assert_malformed("{\"id\":\"\\uD83D\\uD83D\"}", "surrogate");
        assert_malformed("{\"id\":\"\\\\\\u0000\"}", "\\u0000");
        ck_assert_reason(read_bytes(&sample_info, "{\"id\":\"a\0b\"}", 12, &sample), REASON_MALFORMED_JSON);
        ck_assert_reason(read_bytes(&sample_info, "{}\0", 3, &sample), REASON_MALFORMED_JSON);
        assert_malformed("\\", "not JSON");
        assert_malformed("{\"id\":\"\\uD83D\\u", "surrogate");
}

TEST(refuses_a_field_that_comes_twice) {
        assert_malformed("{\"id\":\"a\",\"id\":\"b\"}", "has id twice");
        assert_malformed("{\"trackingNumber\":null,\"tracking_number\":\"b\"}", "has trackingNumber twice");
        assert_malformed("{\"lines\":[{},{\"sku\":\"a\",\"quantity\":1,\"sku\":\"a\"}]}",
                         "has lines[1].sku twice");
        accepted("{\"lines\":[{\"sku\":\"a\"},{\"sku\":\"b\"}]}");
}

TEST(refuses_unknown_fields_with_their_path) {
        assert_violation("{\"colr\":1}", "colr", "is not a field of this request");
        assert_violation("{\"lines\":[{\"colour\":{\"a\":[1,{\"id\":2}]}}]}", "lines[0].colour",
                         "is not a field of this request");
        assert_violation("{\"iD\":1}", "iD", "is not a field of this request");
        assert_violation("{\"i\":1}", "i", "is not a field of this request");
        assert_violation("{\"\":1}", "", "is not a field of this request");
        assert_violation("{\"idx\":null}", "idx", "is not a field of this request");
        assert_violation("{\"4242 4242 4242 4242\":1}", CARD_HIDDEN, "is not a field of this request");
}

TEST(refuses_values_of_another_type) {
        assert_violation("{\"id\":1}", "id", "must be a text");
        assert_violation("{\"id\":[\"a\"]}", "id", "must be a text");
        assert_violation("{\"id\":{\"a\":1}}", "id", "must be a text");
        assert_violation("{\"total\":true}", "total", "must be a whole number");
        assert_violation("{\"total\":{}}", "total", "must be a whole number");
        assert_violation("{\"flag\":\"true\"}", "flag", "must be true or false");
        assert_violation("{\"flag\":1}", "flag", "must be true or false");
        assert_violation("{\"lines\":{}}", "lines", "must be a list");
        assert_violation("{\"lines\":\"a\"}", "lines", "must be a list");
        assert_violation("{\"lines\":[{},1]}", "lines[1]", "must be an object");
        assert_violation("{\"lines\":[[]]}", "lines[0]", "must be an object");
        assert_violation("{\"lines\":[null]}", "lines[0]", "must be an object");
        assert_violation("{\"numbers\":[1,[2]]}", "numbers[1]", "must be a whole number");
        assert_violation("{\"numbers\":[1,null]}", "numbers[1]", "must be a whole number");
        assert_violation("{\"mainLine\":[]}", "mainLine", "must be an object");
        assert_violation("{\"mainLine\":{\"tags\":[1]}}", "mainLine.tags[0]", "must be a text");
        assert_violation("{\"blob\":\"***\"}", "blob", "must be base64 text");
        assert_violation("{\"colour\":\"GREEN\"}", "colour", "must be one of RED, DARK_BLUE");
        assert_violation("{\"colour\":1}", "colour", "must be one of RED, DARK_BLUE");
        assert_violation("{\"colour\":\"COLOUR_\"}", "colour", "must be one of RED, DARK_BLUE");
        assert_violation("{\"createdAt\":\"now\"}", "createdAt", "must be a time like 2024-08-10T14:30:00Z");
        assert_violation("{\"createdAt\":{\"seconds\":1}}", "createdAt",
                         "must be a time like 2024-08-10T14:30:00Z");
        assert_violation("{\"price\":1.5}", "price", NO_AMOUNT);
        assert_violation("{\"price\":\"1.50 USD\"}", "price", NO_AMOUNT);
        assert_violation("{\"price\":{}}", "price", NO_AMOUNT);
        assert_violation("{\"price\":{\"minor\":1}}", "price", NO_AMOUNT);
        assert_violation("{\"price\":{\"currency\":\"USD\"}}", "price", NO_AMOUNT);
        assert_violation("{\"price\":{\"minor\":null,\"currency\":\"USD\"}}", "price.minor",
                         "must be a whole number");
        assert_violation("{\"price\":{\"minor\":1.5,\"currency\":\"USD\"}}", "price.minor",
                         "must be a whole number");
        assert_violation("{\"mainLine\":{\"price\":{\"minor\":1}}}", "mainLine.price", NO_AMOUNT);
        assert_violation("{\"text\":\"a\",\"number\":1}", "number", "cannot be set together with text");
        assert_violation("{\"number\":1,\"line\":{\"sku\":\"a\"}}", "line",
                         "cannot be set together with number");
}

TEST(takes_only_whole_numbers_that_fit) {
        ck_assert_int_eq(accepted("{\"total\":10000000000}")->total, INT64_C(10000000000));
        ck_assert_int_eq(accepted("{\"total\":9223372036854775807}")->total, INT64_MAX);
        ck_assert_int_eq(accepted("{\"small\":-2147483648}")->small, INT32_MIN);
        ck_assert_int_eq(accepted("{\"total\":-0}")->total, 0);
        assert_violation("{\"total\":1.5}", "total", "must be a whole number");
        assert_violation("{\"total\":1.0}", "total", "must be a whole number");
        assert_violation("{\"total\":1e3}", "total", "must be a whole number");
        assert_violation("{\"total\":\"1x\"}", "total", "must be a whole number");
        assert_violation("{\"total\":\"\"}", "total", "must be a whole number");
        assert_violation("{\"total\":\"-\"}", "total", "must be a whole number");
        assert_violation("{\"total\":\" 1\"}", "total", "must be a whole number");
        assert_violation("{\"total\":9223372036854775808}", "total",
                         "must be between -9223372036854775808 and 9223372036854775807");
        assert_violation("{\"total\":-9223372036854775809}", "total",
                         "must be between -9223372036854775808 and 9223372036854775807");
        assert_violation("{\"small\":2147483648}", "small", "must be between -2147483648 and 2147483647");
        assert_violation("{\"count\":4294967296}", "count", "must be between 0 and 4294967295");
        assert_violation("{\"count\":-1}", "count", "must be between 0 and 4294967295");
        assert_violation("{\"large\":18446744073709551616}", "large",
                         "must be between 0 and 18446744073709551615");
        assert_violation("{\"large\":340282366920938463463374607431768211461}", "large",
                         "must be between 0 and 18446744073709551615");
}

TEST(tells_of_all_wrong_fields_at_once) {
        const Error *error =
                refusal("{\"id\":1,\"what\":[],\"lines\":[{\"sku\":2},{\"quantity\":\"x\"}],\"flag\":0}");

        ck_assert_uint_eq(error->n_violations, 5);
        ck_assert_str_eq(sample_violation(error, "lines[0].sku"), "must be a text");
        ck_assert_str_eq(sample_violation(error, "lines[1].quantity"), "must be a whole number");
        ck_assert_str_eq(sample_violation(error, "flag"), "must be true or false");
}

/* The member with n objects or lists around null. */
static const char *nested(const char *before, const char *open, const char *close, size_t n) {
        StrBuf text = { .arena = test_ctx()->arena };

        strbuf_add(&text, before);
        for (size_t i = 0; i < n; i++)
                strbuf_add(&text, open);
        strbuf_add(&text, "null");
        for (size_t i = 0; i < n; i++)
                strbuf_add(&text, close);
        strbuf_add(&text, "}");
        return strbuf_text(&text);
}

TEST(limits_the_depth_on_both_sides) {
        accepted(nested("{\"node\":", "{\"child\":", "}", JSON_MAX_DEPTH - 1));
        assert_malformed(nested("{\"node\":", "{\"child\":", "}", JSON_MAX_DEPTH),
                         "nested more than 16 levels deep");
        assert_malformed(nested("{\"node\":", "{\"child\":", "}", 20000), "nested more than 16 levels deep");
        /* The limit holds inside of what is skipped, too. */
        assert_violation(nested("{\"x\":", "[", "]", JSON_MAX_DEPTH - 1), "x",
                         "is not a field of this request");
        assert_malformed(nested("{\"x\":", "[", "]", JSON_MAX_DEPTH), "nested more than 16 levels deep");
        assert_malformed(nested("{\"id\":", "[", "]", JSON_MAX_DEPTH), "nested more than 16 levels deep");
}

/* A list of n numbers in the field: n + 1 nodes. */
static const char *list_of(const char *field, size_t n) {
        StrBuf text = { .arena = test_ctx()->arena };

        strbuf_addf(&text, "{\"%s\":[", field);
        for (size_t i = 0; i < n; i++)
                strbuf_add(&text, i > 0 ? ",1" : "1");
        strbuf_add(&text, "]}");
        return strbuf_text(&text);
}

TEST(limits_members_and_items_on_both_sides) {
        ck_assert_uint_eq(accepted(list_of("numbers", JSON_MAX_NODES - 1))->n_numbers, JSON_MAX_NODES - 1);
        assert_malformed(list_of("numbers", JSON_MAX_NODES), "more than 4000 members and items");
        assert_malformed(list_of("what", JSON_MAX_NODES), "more than 4000 members and items");
}

static const char *with_key_of(size_t n_bytes) {
        Arena *arena = test_ctx()->arena;
        char *key = arena_alloc(arena, n_bytes + 1);

        memset(key, 'k', n_bytes);
        return arena_printf(arena, "{\"%s\":1}", key);
}

TEST(limits_keys_on_both_sides) {
        ck_assert_reason(refusal(with_key_of(JSON_MAX_KEY_BYTES)), REASON_INVALID_REQUEST);
        assert_malformed(with_key_of(JSON_MAX_KEY_BYTES + 1), "a key of more than 64 bytes");
}

TEST(limits_the_text_on_both_sides) {
        StrBuf text = { .arena = test_ctx()->arena };

        strbuf_add(&text, "{}");
        while (text.n_bytes < MESSAGE_MAX_BYTES)
                strbuf_add_char(&text, ' ');
        accepted(text.text);
        strbuf_add_char(&text, ' ');
        assert_malformed(text.text, "more than 262144 bytes");
}

TEST(tells_of_a_limited_number_of_violations) {
        const Error *error = refusal(list_of("codes", 1000));

        ck_assert_uint_eq(error->n_violations, MESSAGE_MAX_VIOLATIONS);
        ck_assert_str_eq(error->message, "codes[0] must be a text (and 999 more)");
}

TEST(reads_a_body_that_is_one_field) {
        Arena *arena = test_ctx()->arena;
        Sample__Sample *sample = (Sample__Sample *) proto_message_new(arena, &sample_info);
        const char *text = "{\"sku\":\"A\",\"tags\":[\"x\"]}", *wrong = "{\"tags\":[1]}";

        ck_assert_ok(json_read_field(arena, &sample_info, &sample->base, "main_line", text, strlen(text)));
        ck_assert_str_eq(sample->main_line->sku, "A");
        ck_assert_ok(json_read_field(arena, &sample_info, &sample->base, "line", text, strlen(text)));
        ck_assert_int_eq(sample->choice_case, SAMPLE__SAMPLE__CHOICE_LINE);
        const Error *error =
                json_read_field(arena, &sample_info, &sample->base, "main_line", wrong, strlen(wrong));
        ck_assert_str_eq(sample_violation(error, "mainLine.tags[0]"), "must be a text");
        ck_assert_str_eq(sample->main_line->sku, "A");
}

static const Error *set(Sample__Sample *sample, const char *field, const char *text) {
        return json_set_scalar(test_ctx()->arena, &sample_info, &sample->base, field, text);
}

TEST(sets_scalars_from_the_texts_of_a_url) {
        Arena *arena = test_ctx()->arena;
        Sample__Sample *sample = (Sample__Sample *) proto_message_new(arena, &sample_info);

        ck_assert_ok(json_set_scalar(arena, &sample_info, &sample->base, "id", "caf\xC3\xA9"));
        ck_assert_ok(set(sample, "total", "-12"));
        ck_assert_ok(set(sample, "flag", "true"));
        ck_assert_ok(set(sample, "colour", "RED"));
        ck_assert_ok(set(sample, "created_at", "2024-08-10T14:30:00Z"));
        ck_assert_ok(set(sample, "trackingNumber", "T"));
        ck_assert_str_eq(sample->id, "caf\xC3\xA9");
        ck_assert_int_eq(sample->total, -12);
        ck_assert(sample->flag);
        ck_assert_int_eq(sample->colour, SAMPLE__COLOUR__COLOUR_RED);
        ck_assert_int_eq(sample->created_at->seconds, 1723300200);
        ck_assert_str_eq(sample->tracking_number, "T");
        for (size_t i = 0; i < 5; i++)
                ck_assert_ok(set(sample, "codes", (const char *[]) { "a", "b", "c", "d", "e" }[i]));
        ck_assert_uint_eq(sample->n_codes, 5);
        ck_assert_str_eq(sample->codes[0], "a");
        ck_assert_str_eq(sample->codes[4], "e");
}

TEST(refuses_texts_of_a_url_that_do_not_fit_their_field) {
        Sample__Sample *sample = (Sample__Sample *) proto_message_new(test_ctx()->arena, &sample_info);

        ck_assert_str_eq(sample_violation(set(sample, "what", "1"), "what"),
                         "is not a field of this request");
        ck_assert_str_eq(sample_violation(set(sample, "total", "1.5"), "total"), "must be a whole number");
        ck_assert_str_eq(sample_violation(set(sample, "flag", "yes"), "flag"), "must be true or false");
        ck_assert_str_eq(sample_violation(set(sample, "mainLine", "{}"), "mainLine"), "must be an object");
        ck_assert_str_eq(sample_violation(set(sample, "price", "1"), "price"), NO_AMOUNT);
        ck_assert_str_eq(sample_violation(set(sample, "tracking_number", "\xFF"), "trackingNumber"),
                         "must be UTF-8 text");
        ck_assert_str_eq(sample->tracking_number, "");
}

TEST(reads_an_amount_with_its_currency) {
        Sample__Sample *sample = accepted("{\"price\":{\"currency\":\"USD\",\"minor\":0},"
                                          "\"lines\":[{\"price\":{\"minor\":-5,\"currency\":\"EUR\"}}]}");

        ck_assert_int_eq(sample->price->minor, 0);
        ck_assert_str_eq(sample->price->currency, "USD");
        ck_assert_int_eq(sample->lines[0]->price->minor, -5);
        ck_assert_str_eq(sample->lines[0]->price->currency, "EUR");
        ck_assert_ptr_null(accepted("{\"price\":null}")->price);
}

TEST(reads_an_event_with_fields_that_it_does_not_know) {
        const char *text = "{\"id\":\"a\",\"new\":{\"x\":[1,2]},\"price\":12.50,"
                           "\"lines\":[{\"price\":1,\"sku\":\"b\"}]}";
        const char *wrong = "{\"id\":1,\"new\":2}";
        ProtobufCMessage *message = NULL;

        ck_assert_ok(json_read_event(test_ctx()->arena, &sample_info, text, strlen(text), &message));
        ck_assert_ptr_null(((Sample__Sample *) message)->price);
        ck_assert_str_eq(((Sample__Sample *) message)->lines[0]->sku, "b");
        const Error *error = json_read_event(test_ctx()->arena, &sample_info, wrong, strlen(wrong), &message);
        ck_assert_str_eq(sample_violation(error, "id"), "must be a text");
        ck_assert_uint_eq(error->n_violations, 1);
}

int main(void) {
        Suite *suite = suite_create("read");
        TCase *tests = tcase_create("read");

        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}

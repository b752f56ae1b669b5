#include <string.h>

#include "base/memory.h"
#include "sample.h"
#include "support.h"

#define NO_TIME "must be a time from 1970-01-01T00:00:01Z to the end of 9999"

static const Error *validate(const Sample__Sample *sample) {
        return proto_message_validate(test_ctx()->arena, &sample_info, &sample->base);
}

/* The only violation of the sample is of that field, and says so. */
static void assert_only_violation(const Sample__Sample *sample, const char *field, const char *description) {
        const Error *error = validate(sample);

        ck_assert_str_eq(sample_violation(error, field), description);
        ck_assert_uint_eq(error->n_violations, 1);
        ck_assert_int_eq(error->code, ERROR_INVALID_ARGUMENT);
}

static Sample__Sample *valid(void) {
        return sample_valid(test_ctx()->arena);
}

static char *text_of(size_t n_bytes) {
        char *text = arena_alloc(test_ctx()->arena, n_bytes + 1);

        memset(text, 'x', n_bytes);
        return text;
}

TEST(accepts_a_message_that_keeps_every_rule) {
        ck_assert_ok(validate(valid()));
}

TEST(tells_of_every_wrong_field_with_its_path) {
        Sample__Sample *sample = valid();

        sample->id = "";
        sample->lines[0]->sku = "";
        sample->lines[1]->quantity = 0;
        sample->main_line->quantity = 10000;
        const Error *error = validate(sample);
        ck_assert_uint_eq(error->n_violations, 4);
        ck_assert_str_eq(sample_violation(error, "id"), "is required");
        ck_assert_str_eq(sample_violation(error, "lines[0].sku"), "is required");
        ck_assert_str_eq(sample_violation(error, "lines[1].quantity"), "must be between 1 and 9999, got 0");
        ck_assert_str_eq(sample_violation(error, "mainLine.quantity"),
                         "must be between 1 and 9999, got 10000");
        ck_assert_str_eq(error->message, "id is required (and 3 more)");
}

TEST(requires_messages_and_lists) {
        Sample__Sample *sample = valid();

        sample->main_line = NULL;
        sample->n_lines = 0;
        const Error *error = validate(sample);
        ck_assert_uint_eq(error->n_violations, 2);
        ck_assert_str_eq(sample_violation(error, "mainLine"), "is required");
        ck_assert_str_eq(sample_violation(error, "lines"), "is required");
}

TEST(limits_texts_on_both_sides) {
        Sample__Sample *sample = valid();

        sample->id = text_of(64);
        sample->note = text_of(MESSAGE_MAX_STRING_BYTES);
        ck_assert_ok(validate(sample));
        sample->id = text_of(65);
        assert_only_violation(sample, "id", "has 65 bytes, at most 64 are allowed");
        sample->id = text_of(1);
        sample->note = text_of(MESSAGE_MAX_STRING_BYTES + 1);
        assert_only_violation(sample, "note", "has 4097 bytes, at most 4096 are allowed");
}

TEST(refuses_a_blank_where_a_text_is_required) {
        Sample__Sample *sample = valid();

        sample->note = " ";
        sample->id = " a";
        ck_assert_ok(validate(sample));
        sample->id = " \t";
        assert_only_violation(sample, "id", "must not be blank");
        sample->id = "\xC2\xA0\xE3\x80\x80";
        assert_only_violation(sample, "id", "must not be blank");
        sample->id = "a";
        sample->lines[0]->sku = "\n";
        assert_only_violation(sample, "lines[0].sku", "must not be blank");
}

TEST(refuses_card_numbers_but_in_ids) {
        Sample__Sample *sample = valid();

        sample->id = "4242424242424242";
        sample->tracking_number = "4242424242424241";
        ck_assert_ok(validate(sample));
        sample->note = "my card is 4242 4242 4242 4242";
        assert_only_violation(sample, "note", "looks like a card number");
        ck_assert_ptr_null(strstr(validate(sample)->message, "4242"));
        sample->note = "";
        sample->choice_case = SAMPLE__SAMPLE__CHOICE_TEXT;
        sample->text = "4242424242424242";
        assert_only_violation(sample, "text", "looks like a card number");
}

/* One field that nobody knows, put into a message. */
static void add_unknown(ProtobufCMessage *message, uint32_t number) {
        ProtobufCMessageUnknownField *field = ARENA_NEW(test_ctx()->arena, ProtobufCMessageUnknownField);

        *field = (ProtobufCMessageUnknownField) { .tag = number, .len = 1, .data = (uint8_t *) "\1" };
        message->unknown_fields = field;
        message->n_unknown_fields = 1;
}

static const Error *refuse_unknown(const Sample__Sample *sample) {
        return proto_message_refuse_unknown(test_ctx()->arena, &sample_info, &sample->base);
}

TEST(finds_fields_that_are_not_known_on_every_level) {
        static const char text[] = "is not a field of this request";
        Sample__Sample *sample = valid();

        ck_assert_ok(refuse_unknown(sample));
        add_unknown(&sample->base, 99);
        add_unknown(&sample->lines[1]->base, 17);
        add_unknown(&sample->main_line->base, 536870911);
        sample->price = (Sample__Amount *) proto_message_new(test_ctx()->arena, &amount_info);
        add_unknown(&sample->price->base, 3);
        const Error *error = refuse_unknown(sample);
        ck_assert_uint_eq(error->n_violations, 4);
        ck_assert_str_eq(sample_violation(error, "99"), text);
        ck_assert_str_eq(sample_violation(error, "lines[1].17"), text);
        ck_assert_str_eq(sample_violation(error, "mainLine.536870911"), text);
        ck_assert_str_eq(sample_violation(error, "price.3"), text);
}

TEST(limits_bytes_and_each_text_of_a_list) {
        Sample__Sample *sample = valid();

        sample->blob = (ProtobufCBinaryData) { .data = (uint8_t *) "12345", .len = 4 };
        sample->codes = (const char *[]) { "a", "1234" };
        sample->n_codes = 2;
        ck_assert_ok(validate(sample));
        sample->blob.len = 5;
        assert_only_violation(sample, "blob", "has 5 bytes, at most 4 are allowed");
        sample->blob.len = 0;
        sample->codes[1] = "12345";
        assert_only_violation(sample, "codes[1]", "has 5 bytes, at most 4 are allowed");
}

TEST(limits_lists_and_does_not_look_into_one_that_is_too_long) {
        Sample__Sample *sample = valid();

        sample->n_lines = 100;
        sample->lines = ARENA_ARRAY(test_ctx()->arena, Sample__Line *, 400);
        for (size_t i = 0; i < 400; i++)
                sample->lines[i] = sample_line(test_ctx()->arena, "A", 1);
        ck_assert_ok(validate(sample));
        sample->n_lines = 400;
        sample->lines[0]->quantity = 0;
        assert_only_violation(sample, "lines", "has 400 items, at most 100 are allowed");
        sample->n_lines = 101;
        assert_only_violation(sample, "lines", "has 101 items, at most 100 are allowed");
}

TEST(checks_the_range_of_every_integer_type) {
        Sample__Sample *sample = valid();

        sample->small = -5;
        sample->count = 10;
        sample->large = INT64_MAX;
        ck_assert_ok(validate(sample));
        sample->small = -6;
        assert_only_violation(sample, "small", "must be between -5 and 5, got -6");
        sample->small = 0;
        sample->count = UINT32_MAX;
        assert_only_violation(sample, "count", "must be between 0 and 10, got 4294967295");
        sample->count = 0;
        sample->large = (uint64_t) INT64_MAX + 1;
        assert_only_violation(sample, "large", "must be between 0 and 9223372036854775807");
        sample->large = 0;
        sample->numbers = (int64_t[]) { 4242424242422, -999999999999, 4242424242424242 };
        sample->n_numbers = 3;
        const Error *error = ck_assert_reason(validate(sample), REASON_INVALID_REQUEST);
        ck_assert_str_eq(sample_violation(error, "numbers[0]"), "must be between 0 and 100");
        ck_assert_str_eq(sample_violation(error, "numbers[1]"),
                         "must be between 0 and 100, got -999999999999");
        ck_assert_str_eq(sample_violation(error, "numbers[2]"), "must be between 0 and 100");
        sample->numbers = (int64_t[]) { 0, 100, 101 };
        sample->n_numbers = 3;
        assert_only_violation(sample, "numbers[2]", "must be between 0 and 100, got 101");
}

TEST(checks_a_oneof_only_at_the_member_that_is_set) {
        Sample__Sample *sample = valid();

        ck_assert_ok(validate(sample));
        sample->choice_case = SAMPLE__SAMPLE__CHOICE_NUMBER;
        sample->number = 3;
        assert_only_violation(sample, "number", "must be between 1 and 2, got 3");
        sample->choice_case = SAMPLE__SAMPLE__CHOICE_LINE;
        sample->line = sample_line(test_ctx()->arena, "A", 0);
        assert_only_violation(sample, "line.quantity", "must be between 1 and 9999, got 0");
}

TEST(allows_only_the_texts_of_the_rule) {
        Sample__Sample *sample = valid();

        sample->kind = "large";
        ck_assert_ok(validate(sample));
        sample->kind = "Large";
        assert_only_violation(sample, "kind", "must be one of small, large");
        sample->kind = "larg";
        assert_only_violation(sample, "kind", "must be one of small, large");
}

TEST(refuses_enum_values_without_a_name) {
        Sample__Sample *sample = valid();

        sample->colour = (Sample__Colour) 7;
        assert_only_violation(sample, "colour", "must be one of RED, DARK_BLUE, got 7");
        sample->colour = SAMPLE__COLOUR__COLOUR_RED;
        sample->colours = (Sample__Colour[]) { SAMPLE__COLOUR__COLOUR_RED, (Sample__Colour) -1 };
        sample->n_colours = 2;
        assert_only_violation(sample, "colours[1]", "must be one of RED, DARK_BLUE, got -1");
}

TEST(refuses_amounts_and_times_that_cannot_be_shown) {
        Arena *arena = test_ctx()->arena;
        Sample__Sample *sample = valid();

        sample->price = (Sample__Amount *) proto_message_new(arena, &amount_info);
        assert_only_violation(sample, "price", "must have the code of a known currency");
        sample->price->currency = "USD";
        sample->created_at = (Sample__Moment *) proto_message_new(arena, &moment_info);
        sample->created_at->seconds = 1;
        sample->created_at->nanos = 999999999;
        ck_assert_ok(validate(sample));
        sample->created_at->nanos++;
        assert_only_violation(sample, "createdAt", NO_TIME);
        sample->created_at->nanos = 0;
        sample->created_at->seconds = INT64_C(253402300800);
        assert_only_violation(sample, "createdAt", NO_TIME);
        sample->created_at->seconds--;
        ck_assert_ok(validate(sample));
}

/* Services would take the first for a time that is absent. */
TEST(refuses_times_before_the_first_second_of_1970_is_over) {
        Sample__Sample *sample = valid();

        sample->created_at = (Sample__Moment *) proto_message_new(test_ctx()->arena, &moment_info);
        assert_only_violation(sample, "createdAt", NO_TIME);
        sample->created_at->nanos = 999999999;
        assert_only_violation(sample, "createdAt", NO_TIME);
        sample->created_at->nanos = 0;
        sample->created_at->seconds = -1;
        assert_only_violation(sample, "createdAt", NO_TIME);
        sample->created_at->seconds = 1;
        ck_assert_ok(validate(sample));
}

TEST(a_new_id_is_of_visible_ascii_characters) {
        static const char *const refused[] = { "", " ", "a b", " a", "a ", "a\tb", "a\x7f", "\xe2\x80\x8b",
                                               "a\xe2\x80\x8b", "a\xc2\xa0", "\xd0\x90" };
        static const char *taken[] = { "!", "~", "SKU-ABC-001", "a/b:c.d_e@f", "4242424242424242" };
        Sample__Sample *sample = valid();

        sample->new_ids = taken;
        sample->n_new_ids = ARRAY_SIZE(taken);
        ck_assert_ok(validate(sample));
        sample->n_new_ids = 1;
        for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
                sample->new_ids = (const char *[]) { refused[i] };
                assert_only_violation(sample, "newIds[0]",
                                      "must be of visible ASCII characters alone, without blanks");
        }
}

TEST(stops_at_the_depth_limit) {
        Arena *arena = test_ctx()->arena;
        Sample__Sample *sample = valid();
        Sample__Node *node = sample->node = (Sample__Node *) proto_message_new(arena, &node_info);

        for (size_t depth = 2; depth < MESSAGE_MAX_DEPTH; depth++)
                node = node->child = (Sample__Node *) proto_message_new(arena, &node_info);
        ck_assert_ok(validate(sample));
        node->child = node;
        const Error *error = validate(sample);
        ck_assert_uint_eq(error->n_violations, 1);
        ck_assert_str_eq(error->violations[0].description, "is nested more than 16 levels deep");
        ck_assert_uint_eq(strlen(error->violations[0].field),
                          strlen("node") + (MESSAGE_MAX_DEPTH - 1) * strlen(".child"));
}

TEST(tells_of_a_limited_number_of_violations) {
        Sample__Sample *sample = valid();

        sample->numbers = ARENA_ARRAY(test_ctx()->arena, int64_t, 1000);
        sample->n_numbers = 1000;
        for (size_t i = 0; i < 1000; i++)
                sample->numbers[i] = i < MESSAGE_MAX_VIOLATIONS ? -1 : 0;
        ck_assert_uint_eq(validate(sample)->n_violations, MESSAGE_MAX_VIOLATIONS);
        sample->numbers[999] = -1;
        const Error *error = validate(sample);
        ck_assert_uint_eq(error->n_violations, MESSAGE_MAX_VIOLATIONS);
        ck_assert_str_eq(error->message, "numbers[0] must be between 0 and 100, got -1 (and 100 more)");
}

int main(void) {
        Suite *suite = suite_create("validate");
        TCase *tests = tcase_create("validate");

        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}

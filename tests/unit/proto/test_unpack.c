#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "sample.h"
#include "support.h"

#define TAG(number, wire_type) ((number) << 3 | (wire_type))
#define LONG_TAG(number, wire_type)                                                                          \
        ((TAG(number, wire_type) & 0x7F) | 0x80), TAG(number, wire_type) >> 7 /* from 16 */
enum { VARINT = 0, FIXED64 = 1, LENGTH = 2, GROUP = 3, FIXED32 = 5 };

/* Bytes of a message, written by hand at their end. */
static void add_varint(StrBuf *bytes, uint64_t number) {
        for (; number >= 0x80; number >>= 7)
                strbuf_add_char(bytes, (char) (number | 0x80));
        strbuf_add_char(bytes, (char) number);
}

static void add_bytes_field(StrBuf *bytes, unsigned number, const void *value, size_t n_bytes) {
        add_varint(bytes, TAG(number, LENGTH));
        add_varint(bytes, n_bytes);
        strbuf_add_bytes(bytes, value, n_bytes);
}

static const Error *unpack(Arena *arena, const MessageInfo *info, const void *bytes, size_t n_bytes) {
        /* An exact copy on the heap, so that AddressSanitizer sees a read behind its end. */
        uint8_t *copy = malloc(n_bytes > 0 ? n_bytes : 1);
        ProtobufCMessage *message = NULL;

        memcpy(copy, bytes, n_bytes);
        const Error *error = proto_message_unpack(arena, info, (Bytes) { copy, n_bytes }, &message);
        free(copy);
        ck_assert(error ? !message : !!message);
        return error;
}

static void assert_refused(const MessageInfo *info, const void *bytes, size_t n_bytes, const char *part) {
        const Error *error = unpack(test_ctx()->arena, info, bytes, n_bytes);

        ck_assert_reason(error, REASON_INVALID_REQUEST);
        ck_assert_int_eq(error->code, ERROR_INVALID_ARGUMENT);
        ck_assert_msg(strstr(error->message, part), "\"%s\" does not say \"%s\"", error->message, part);
}

#define assert_bytes_refused(part, ...)                                                                      \
        assert_refused(&sample_info, (uint8_t[]) { __VA_ARGS__ }, sizeof((uint8_t[]) { __VA_ARGS__ }), part)

/* A chain of nodes, each the child of the one before. */
static StrBuf nested_nodes(Arena *arena, size_t n_levels) {
        StrBuf bytes = { .arena = arena };

        for (size_t i = 1; i < n_levels; i++) {
                StrBuf outer = { .arena = arena };

                add_bytes_field(&outer, 1, strbuf_text(&bytes), bytes.n_bytes);
                bytes = outer;
        }
        return bytes;
}

TEST(unpacks_what_was_packed) {
        Arena *arena = test_ctx()->arena;
        Sample__Sample *sample = sample_valid(arena);
        ProtobufCMessage *message;

        sample->numbers = (int64_t[]) { 1, -1, INT64_MAX };
        sample->n_numbers = 3;
        sample->choice_case = SAMPLE__SAMPLE__CHOICE_LINE;
        sample->line = sample_line(arena, "D", 7);
        sample->change = -3;
        Bytes bytes = proto_message_pack(arena, &sample->base);
        ck_assert_ok(proto_message_unpack(arena, &sample_info, bytes, &message));
        const Sample__Sample *copy = (const Sample__Sample *) message;
        ck_assert_str_eq(copy->id, "S-1");
        ck_assert_uint_eq(copy->n_lines, 2);
        ck_assert_str_eq(copy->lines[1]->sku, "B");
        ck_assert_int_eq(copy->numbers[2], INT64_MAX);
        ck_assert_int_eq(copy->line->quantity, 7);
        ck_assert_int_eq(copy->change, -3);
        ck_assert_str_eq(copy->note, "");
}

TEST(unpacks_no_bytes_as_an_empty_message) {
        Arena *arena = test_ctx()->arena;
        ProtobufCMessage *message;

        ck_assert_ok(proto_message_unpack(arena, &sample_info, (Bytes) { 0 }, &message));
        ck_assert_str_eq(((Sample__Sample *) message)->id, "");
        ck_assert_uint_eq(proto_message_pack(arena, message).n_bytes, 0);
}

TEST(keeps_fields_that_it_does_not_know) {
        Arena *arena = test_ctx()->arena;
        StrBuf bytes = { .arena = arena };
        ProtobufCMessage *message;

        add_bytes_field(&bytes, 1000, "\xFF\x00\xC0", 3);
        add_varint(&bytes, TAG(1001, VARINT));
        add_varint(&bytes, UINT64_MAX);
        add_varint(&bytes, TAG(1002, FIXED32));
        strbuf_add_bytes(&bytes, "abcd", 4);
        add_varint(&bytes, TAG(1003, FIXED64));
        strbuf_add_bytes(&bytes, "abcdefgh", 8);
        ck_assert_ok(proto_message_unpack(arena, &sample_info,
                                          (Bytes) { (uint8_t *) bytes.text, bytes.n_bytes }, &message));
        ck_assert_uint_eq(message->n_unknown_fields, 4);
        Bytes again = proto_message_pack(arena, message);
        ck_assert_mem_eq(again.data, bytes.text, bytes.n_bytes);
}

TEST(unpacks_down_to_the_depth_limit_and_no_deeper) {
        Arena *arena = test_ctx()->arena;
        StrBuf deepest = nested_nodes(arena, MESSAGE_MAX_DEPTH);
        StrBuf too_deep = nested_nodes(arena, MESSAGE_MAX_DEPTH + 1);

        ck_assert_ok(unpack(arena, &node_info, deepest.text, deepest.n_bytes));
        assert_refused(&node_info, too_deep.text, too_deep.n_bytes, "nested too deeply");
}

TEST(survives_a_nesting_bomb) {
        StrBuf bomb = nested_nodes(test_ctx()->arena, 10000);

        ck_assert_uint_gt(bomb.n_bytes, 30000);
        assert_refused(&node_info, bomb.text, bomb.n_bytes, "nested too deeply");
}

TEST(refuses_bytes_that_end_too_early) {
        Arena *arena = test_ctx()->arena;
        Sample__Sample *sample = sample_valid(arena);
        Bytes bytes = proto_message_pack(arena, &sample->base);

        assert_bytes_refused("longer than what is left", TAG(1, LENGTH), 5, 'a', 'b');
        assert_bytes_refused("length does not end", TAG(1, LENGTH));
        assert_bytes_refused("length does not end", TAG(1, LENGTH), 0x80);
        assert_bytes_refused("tag does not end", 0x80);
        assert_bytes_refused("number does not end", TAG(2, VARINT), 0xFF);
        assert_bytes_refused("longer than what is left", LONG_TAG(23, FIXED32), 1, 2, 3);
        assert_bytes_refused("longer than what is left", TAG(9, LENGTH), 4, TAG(1, LENGTH), 9, 'a', 'b');
        /* Wherever it is cut, it is either refused or ends with a field. */
        for (size_t n = 0; n < bytes.n_bytes; n++) {
                const Error *error = unpack(arena, &sample_info, bytes.data, n);

                ck_assert(!error || error_is(error, REASON_INVALID_REQUEST));
        }
}

TEST(refuses_lengths_that_overflow) {
        assert_bytes_refused("longer than what is left", TAG(1, LENGTH), 0xFF, 0xFF, 0xFF, 0xFF, 0x0F);
        assert_bytes_refused("longer than what is left", TAG(1, LENGTH), 0xFB, 0xFF, 0xFF, 0xFF, 0x7F);
        assert_bytes_refused("length does not end", TAG(1, LENGTH), 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01);
        assert_bytes_refused("length does not end", TAG(1, LENGTH), 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
                             0xFF, 0xFF, 0x01);
}

TEST(refuses_overlong_numbers_and_field_numbers_out_of_range) {
        assert_bytes_refused("number does not end", TAG(2, VARINT), 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
                             0xFF, 0xFF, 0xFF, 0x01);
        assert_bytes_refused("number does not end", TAG(2, VARINT), 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
                             0xFF, 0xFF, 0x02);
        assert_bytes_refused("tag does not end", 0x80, 0x80, 0x80, 0x80, 0x80, 0x01);
        assert_bytes_refused("field number", TAG(0, VARINT), 1);
        assert_bytes_refused("field number", 0xF8, 0xFF, 0xFF, 0xFF, 0x7F, 1);
}

static const Error *unpack_number(unsigned number, uint64_t value, bool is_packed) {
        StrBuf packed = { .arena = test_ctx()->arena }, bytes = packed;

        add_varint(&packed, value);
        if (is_packed)
                add_bytes_field(&bytes, number, packed.text, packed.n_bytes);
        else {
                add_varint(&bytes, TAG(number, VARINT));
                add_varint(&bytes, value);
        }
        return unpack(bytes.arena, &sample_info, bytes.text, bytes.n_bytes);
}

TEST(refuses_numbers_that_their_field_cannot_hold) {
        static const struct {
                unsigned number;
                bool is_packed;
                uint64_t first, last, above, below; /* that fit, and what does not on either side */
        } fields[] = {
                { 3, false, (uint64_t) INT32_MIN, INT32_MAX, INT64_C(0x80000000), (uint64_t) INT32_MIN - 1 },
                { 4, false, 0, UINT32_MAX, UINT64_C(0x100000000), UINT64_MAX },
                { 8, false, (uint64_t) INT32_MIN, INT32_MAX, UINT64_C(0x100000001), (uint64_t) INT64_MIN },
                { 14, true, (uint64_t) INT32_MIN, INT32_MAX, UINT64_C(0x100000001), (uint64_t) INT64_MIN },
                { 14, false, 0, 2, UINT64_C(0x100000001), (uint64_t) INT64_MIN },
        };

        for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
                unsigned number = fields[i].number;

                ck_assert_ok(unpack_number(number, fields[i].first, fields[i].is_packed));
                ck_assert_ok(unpack_number(number, fields[i].last, fields[i].is_packed));
                ck_assert_reason(unpack_number(number, fields[i].above, fields[i].is_packed),
                                 REASON_INVALID_REQUEST);
                ck_assert_reason(unpack_number(number, fields[i].below, fields[i].is_packed),
                                 REASON_INVALID_REQUEST);
        }
}

TEST(refuses_groups_and_wrong_wire_types) {
        assert_bytes_refused("groups", TAG(1, GROUP));
        assert_bytes_refused("groups", TAG(1, 4));
        assert_bytes_refused("groups", TAG(1, 6));
        assert_bytes_refused("id of sample.Sample has another wire type", TAG(1, VARINT), 1);
        assert_bytes_refused("total of sample.Sample has another wire type", TAG(2, LENGTH), 1, 1);
        assert_bytes_refused("flag of sample.Sample has another wire type", TAG(6, FIXED32), 0, 0, 0, 0);
        assert_bytes_refused("lines of sample.Sample has another wire type", TAG(9, VARINT), 1);
}

TEST(refuses_texts_that_are_not_utf8_at_any_depth) {
        assert_bytes_refused("id of sample.Sample must be UTF-8", TAG(1, LENGTH), 2, 0xC0, 0x80);
        assert_bytes_refused("UTF-8", TAG(1, LENGTH), 3, 0xED, 0xA0, 0x80);
        assert_bytes_refused("UTF-8", TAG(1, LENGTH), 3, 'a', 0, 'b');
        assert_bytes_refused("UTF-8", TAG(1, LENGTH), 1, 0xFF);
        assert_bytes_refused("sku of sample.Line must be UTF-8", TAG(9, LENGTH), 3, TAG(1, LENGTH), 1, 0x80);
        assert_bytes_refused("tags of sample.Line must be UTF-8", TAG(9, LENGTH), 6, TAG(4, LENGTH), 1, 'x',
                             TAG(4, LENGTH), 1, 0xFE);
        ck_assert_ok(unpack(test_ctx()->arena, &sample_info, "\x0A\x04\xF0\x9F\x9A\x80", 6));
}

/* protobuf-c would merge the two, and lose the numbers of the first. */
TEST(refuses_a_message_field_that_comes_twice) {
        assert_bytes_refused("main_line of sample.Sample comes twice", TAG(10, LENGTH), 0, TAG(10, LENGTH),
                             0);
        ck_assert_ok(unpack(test_ctx()->arena, &sample_info,
                            (uint8_t[]) { TAG(9, LENGTH), 0, TAG(9, LENGTH), 0 }, 4));
}

TEST(takes_the_last_of_scalars_and_oneof_members_that_come_twice) {
        Arena *arena = test_ctx()->arena;
        StrBuf bytes = { .arena = arena };
        ProtobufCMessage *message;

        add_bytes_field(&bytes, 1, "a", 1);
        add_bytes_field(&bytes, 1, "bc", 2);
        add_bytes_field(&bytes, 16, "text", 4);
        add_varint(&bytes, TAG(17, VARINT));
        add_varint(&bytes, 5);
        ck_assert_ok(proto_message_unpack(arena, &sample_info,
                                          (Bytes) { (uint8_t *) bytes.text, bytes.n_bytes }, &message));
        Sample__Sample *sample = (Sample__Sample *) message;
        ck_assert_str_eq(sample->id, "bc");
        ck_assert_int_eq(sample->choice_case, SAMPLE__SAMPLE__CHOICE_NUMBER);
        ck_assert_int_eq(sample->number, 5);
}

TEST(unpacks_lists_packed_and_not_packed) {
        Arena *arena = test_ctx()->arena;
        StrBuf bytes = { .arena = arena };
        ProtobufCMessage *message;

        add_bytes_field(&bytes, 13, "\x01\x02", 2);
        add_varint(&bytes, TAG(13, VARINT));
        add_varint(&bytes, 300);
        add_bytes_field(&bytes, 15, "\x00\x01", 2);
        add_bytes_field(&bytes, 23, "\x01\x00\x00\x00\x02\x00\x00\x00", 8);
        ck_assert_ok(proto_message_unpack(arena, &sample_info,
                                          (Bytes) { (uint8_t *) bytes.text, bytes.n_bytes }, &message));
        Sample__Sample *sample = (Sample__Sample *) message;
        ck_assert_uint_eq(sample->n_numbers, 3);
        ck_assert_int_eq(sample->numbers[1], 2);
        ck_assert_int_eq(sample->numbers[2], 300);
        ck_assert_uint_eq(sample->n_flags, 2);
        ck_assert(sample->flags[1]);
        ck_assert_uint_eq(sample->n_marks, 2);
        ck_assert_uint_eq(sample->marks[1], 2);
}

TEST(refuses_packed_lists_that_are_not_well_formed) {
        assert_bytes_refused("number does not end", TAG(13, LENGTH), 2, 0x01, 0x80);
        assert_bytes_refused("flags of sample.Sample must be 0 or 1", TAG(15, LENGTH), 1, 2);
        assert_bytes_refused("flags of sample.Sample must be 0 or 1", TAG(15, LENGTH), 2, 0x80, 0x01);
        assert_bytes_refused("longer than what is left", LONG_TAG(23, LENGTH), 3, 1, 2, 3);
}

TEST(takes_a_message_of_the_size_limit_and_none_larger) {
        Arena *arena = test_ctx()->arena;
        StrBuf bytes = { .arena = arena };
        size_t header_bytes = 4;
        char *text = arena_alloc(arena, MESSAGE_MAX_BYTES);

        memset(text, 'a', MESSAGE_MAX_BYTES);
        add_bytes_field(&bytes, 1, text, MESSAGE_MAX_BYTES - header_bytes);
        ck_assert_uint_eq(bytes.n_bytes, MESSAGE_MAX_BYTES);
        ck_assert_ok(unpack(arena, &sample_info, bytes.text, bytes.n_bytes));
        strbuf_add_bytes(&bytes, "\x10\x01", 2);
        assert_refused(&sample_info, bytes.text, bytes.n_bytes, "more than 262144 bytes");
}

/* The memory that n empty items of the field take, or SIZE_MAX when they are refused. */
static size_t memory_of(unsigned number, size_t n, Arena *arena) {
        StrBuf bytes = { .arena = arena };

        for (size_t i = 0; i < n; i++)
                add_bytes_field(&bytes, number, "", 0);
        ck_assert_uint_le(bytes.n_bytes, MESSAGE_MAX_BYTES);
        size_t before_bytes = arena_used_bytes(arena);
        const Error *error = unpack(arena, &sample_info, bytes.text, bytes.n_bytes);
        size_t used_bytes = arena_used_bytes(arena) - before_bytes;
        ck_assert_uint_lt(used_bytes, MESSAGE_BUDGET_BYTES + 4096);
        return error ? SIZE_MAX : used_bytes;
}

TEST(keeps_its_memory_budget_whatever_is_repeated) {
        Arena *arena = test_ctx()->arena;

        ck_assert_uint_lt(memory_of(9, 1000, arena), MESSAGE_BUDGET_BYTES);
        ck_assert_uint_eq(memory_of(9, MESSAGE_MAX_BYTES / 2, arena), SIZE_MAX);
        ck_assert_uint_eq(memory_of(22, MESSAGE_MAX_BYTES / 3, arena), SIZE_MAX);
        ck_assert_uint_eq(memory_of(1000, MESSAGE_MAX_BYTES / 3, arena), SIZE_MAX);
        ck_assert_uint_eq(memory_of(1, MESSAGE_MAX_BYTES / 2, arena), SIZE_MAX);
        /* Packed numbers grow eight-fold at most. */
        StrBuf bytes = { .arena = arena };
        char *ones = arena_alloc(arena, MESSAGE_MAX_BYTES / 2);
        add_bytes_field(&bytes, 13, ones, MESSAGE_MAX_BYTES / 2);
        ck_assert_ok(unpack(arena, &sample_info, bytes.text, bytes.n_bytes));
}

int main(void) {
        Suite *suite = suite_create("unpack");
        TCase *tests = tcase_create("unpack");

        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}

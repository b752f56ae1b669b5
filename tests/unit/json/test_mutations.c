/* Seeded mutations of valid JSON and bytes: nothing crashes, and what is accepted survives a round trip. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "json/codec.h"
#include "order/v1/order.rpc.h"
#include "payload.h"
#include "sample.h"
#include "support.h"

#define N_MUTATIONS 20000
#define MAX_EDITS 4
#define TIMEOUT_S 120

/* A message with its JSON, on which the mutations work. */
typedef struct Subject {
        const MessageInfo *info;
        const char *json;
} Subject;

static const char sample_json[] =
        "{\"id\":\"S\\u00e9\\uD83D\\uDE80\",\"total\":-12,\"small\":\"7\",\"count\":1,\"large\":2,"
        "\"flag\":true,\"blob\":\"AP8=\",\"colour\":\"RED\","
        "\"lines\":[{\"sku\":\"A\",\"quantity\":1,\"tags\":[\"x\",\"y\"]},{}],"
        "\"mainLine\":{\"sku\":\"B\"},\"createdAt\":\"2024-08-10T14:30:00.25Z\",\"numbers\":[1,2],"
        "\"colours\":[\"RED\"],\"flags\":[true],\"line\":{\"quantity\":3},\"note\":null,"
        "\"node\":{\"child\":{\"child\":{\"name\":\"deep\"}}},\"marks\":[7],\"change\":-1,"
        "\"kind\":\"small\"}";

static const Subject subjects[] = {
        { &order_v1_place_order_request_info, place_order_json },
        { &sample_info, sample_json },
};

static uint64_t xorshift(uint64_t *state) {
        *state ^= *state << 13;
        *state ^= *state >> 7;
        *state ^= *state << 17;
        return *state;
}

static size_t pick(uint64_t *state, size_t n) {
        return xorshift(state) % n;
}

/* Bytes that mean something in JSON or at the edges of a varint. */
static const char telling[] = "{}[]\",:\\u0eE+-.19tfn \x00\x01\x0A\x7F\x80\xC0\xED\xFF";

static void edit(uint64_t *state, uint8_t *bytes, size_t *n_bytes) {
        size_t at = pick(state, *n_bytes), length = 1 + pick(state, 8);

        if (length > *n_bytes - at)
                length = *n_bytes - at;
        switch (pick(state, 5)) {
        case 0:
                bytes[at] ^= (uint8_t) (1u << pick(state, 8));
                break;
        case 1:
                bytes[at] = (uint8_t) telling[pick(state, sizeof(telling) - 1)];
                break;
        case 2: /* removes */
                memmove(bytes + at, bytes + at + length, *n_bytes - at - length);
                *n_bytes -= length;
                break;
        case 3: /* doubles */
                memmove(bytes + at + length, bytes + at, *n_bytes - at);
                *n_bytes += length;
                break;
        default: /* copies from elsewhere */
                memmove(bytes + at, bytes + pick(state, *n_bytes - length + 1), length);
        }
}

/* An exact copy on the heap, so that AddressSanitizer sees a read behind its end; the caller frees it. */
static uint8_t *mutate(uint64_t *state, Bytes original, size_t *ret_n_bytes) {
        uint8_t *bytes = malloc(original.n_bytes + MAX_EDITS * 8);
        size_t n_bytes = original.n_bytes;

        memcpy(bytes, original.data, n_bytes);
        for (size_t n_edits = 1 + pick(state, MAX_EDITS); n_edits > 0 && n_bytes > 0; n_edits--)
                edit(state, bytes, &n_bytes);
        *ret_n_bytes = n_bytes;
        return realloc(bytes, n_bytes > 0 ? n_bytes : 1);
}

/* Only the reasons of the contract, each with its message. */
static void assert_documented(const Error *error) {
        ck_assert(error_is(error, REASON_INVALID_REQUEST) || error_is(error, REASON_MALFORMED_JSON));
        ck_assert_int_eq(error->code, ERROR_INVALID_ARGUMENT);
        ck_assert(error->message[0] != '\0');
        ck_assert_uint_le(error->n_violations, MESSAGE_MAX_VIOLATIONS);
}

static void assert_same(Arena *arena, const ProtobufCMessage *a, const ProtobufCMessage *b, uint64_t seed) {
        Bytes left = proto_message_pack(arena, a), right = proto_message_pack(arena, b);

        ck_assert_msg(left.n_bytes == right.n_bytes && memcmp(left.data, right.data, left.n_bytes) == 0,
                      "not the same after a round trip; seed %" PRIu64, seed);
}

static bool try_json(Arena *arena, const MessageInfo *info, const char *text, size_t n_bytes, uint64_t seed) {
        ProtobufCMessage *first, *second, *third;
        StrBuf out = { .arena = arena };
        const Error *error = json_read_message(arena, info, text, n_bytes, &first);

        if (error) {
                assert_documented(error);
                return false;
        }
        json_add_message(&out, info, first);
        ck_assert_ok(json_read_message(arena, info, out.text, out.n_bytes, &second));
        assert_same(arena, first, second, seed);
        ck_assert_ok(proto_message_unpack(arena, info, proto_message_pack(arena, first), &third));
        assert_same(arena, first, third, seed);
        error = proto_message_validate(arena, info, first);
        if (error)
                assert_documented(error);
        return true;
}

/* JSON of any message that unpacks is written without a fault, whatever it holds. */
static bool try_bytes(Arena *arena, const MessageInfo *info, Bytes bytes, uint64_t seed) {
        ProtobufCMessage *first, *second;
        StrBuf out = { .arena = arena };
        const Error *error = proto_message_unpack(arena, info, bytes, &first);

        if (error) {
                assert_documented(error);
                return false;
        }
        ck_assert_ok(proto_message_unpack(arena, info, proto_message_pack(arena, first), &second));
        assert_same(arena, first, second, seed);
        json_add_message(&out, info, first);
        ck_assert(str_is_utf8(out.text, out.n_bytes));
        error = proto_message_validate(arena, info, first);
        if (error)
                assert_documented(error);
        return true;
}

static Bytes packed(Arena *arena, const Subject *subject) {
        ProtobufCMessage *message;

        ck_assert_ok(json_read_message(arena, subject->info, subject->json, strlen(subject->json), &message));
        return proto_message_pack(arena, message);
}

START_TEST(mutated_json_is_refused_or_survives_a_round_trip) {
        const Subject *subject = &subjects[_i];
        Bytes original = { (const uint8_t *) subject->json, strlen(subject->json) };
        Arena *arena = arena_new();
        size_t n_accepted = 0;

        for (uint64_t seed = 1; seed <= N_MUTATIONS; seed++) {
                uint64_t state = seed * UINT64_C(0x9E3779B97F4A7C15);
                size_t n_bytes;
                uint8_t *bytes = mutate(&state, original, &n_bytes);

                n_accepted += try_json(arena, subject->info, (const char *) bytes, n_bytes, seed);
                free(bytes);
                arena_reset(arena);
        }
        arena_free(arena);
        ck_assert_uint_gt(n_accepted, N_MUTATIONS / 100);
        ck_assert_uint_lt(n_accepted, N_MUTATIONS / 2);
}
END_TEST

START_TEST(mutated_bytes_are_refused_or_survive_a_round_trip) {
        const Subject *subject = &subjects[_i];
        Arena *arena = arena_new();
        Bytes original = packed(test_ctx()->arena, subject);
        size_t n_accepted = 0;

        for (uint64_t seed = 1; seed <= N_MUTATIONS; seed++) {
                uint64_t state = seed * UINT64_C(0x9E3779B97F4A7C15);
                size_t n_bytes;
                uint8_t *bytes = mutate(&state, original, &n_bytes);

                n_accepted += try_bytes(arena, subject->info, (Bytes) { bytes, n_bytes }, seed);
                free(bytes);
                arena_reset(arena);
        }
        arena_free(arena);
        ck_assert_uint_gt(n_accepted, N_MUTATIONS / 100);
        ck_assert_uint_lt(n_accepted, N_MUTATIONS);
}
END_TEST

int main(void) {
        Suite *suite = suite_create("mutations");
        TCase *tests = tcase_create("mutations");
        int n_subjects = ARRAY_SIZE(subjects);

        tcase_set_timeout(tests, TIMEOUT_S);
        tcase_add_loop_test(tests, mutated_json_is_refused_or_survives_a_round_trip, 0, n_subjects);
        tcase_add_loop_test(tests, mutated_bytes_are_refused_or_survive_a_round_trip, 0, n_subjects);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}

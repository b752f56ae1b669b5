#include "rpc/status_private.h"

#include <string.h>

#include "base/memory.h"
#include "support.h"

static const Error *round_trip(const Error *error) {
        Arena *arena = test_ctx()->arena;
        const RpcStatus status = rpc_status_of(arena, error);

        return rpc_status_error(arena, &status);
}

static Error *out_of_stock(Arena *arena) {
        return error_new(arena, ERROR_FAILED_PRECONDITION, "PRODUCT_OUT_OF_STOCK",
                         "Only 2 of SKU-1 are left");
}

TEST(success_stays_success) {
        ck_assert_int_eq(rpc_status_of(test_ctx()->arena, NULL).code, STATUS_OK);
        ck_assert_ptr_null(round_trip(NULL));
}

TEST(an_error_comes_back_as_it_was) {
        Arena *arena = test_ctx()->arena;
        Error *error = out_of_stock(arena);
        const ErrorValue values[] = { error_text("sku", "SKU-1"),
                                      { "available", NULL, INT64_MIN },
                                      error_text("note", "") };

        error_add_record(arena, error, values, 3);
        error_add_record(arena, error, values, 1);
        error_add_violation(arena, error, "items[0].quantity", "should be at most 2");
        error->retry_after_ms = 60001;
        const Error *back = ck_assert_reason(round_trip(error), "PRODUCT_OUT_OF_STOCK");
        ck_assert_int_eq(back->code, ERROR_FAILED_PRECONDITION);
        ck_assert_str_eq(back->message, error->message);
        ck_assert_int_eq(back->retry_after_ms, 60001);
        ck_assert_uint_eq(back->n_records, 2);
        ck_assert_uint_eq(back->records[0].n_values, 3);
        ck_assert_str_eq(back->records[0].values[0].text, "SKU-1");
        ck_assert_ptr_null(back->records[0].values[1].text);
        ck_assert_int_eq(back->records[0].values[1].number, INT64_MIN);
        ck_assert_str_eq(back->records[0].values[2].key, "note");
        ck_assert_str_eq(back->records[0].values[2].text, "");
        ck_assert_uint_eq(back->n_violations, 1);
        ck_assert_str_eq(back->violations[0].field, "items[0].quantity");
        ck_assert_str_eq(back->violations[0].description, "should be at most 2");
}

TEST(an_internal_error_shows_nothing) {
        Arena *arena = test_ctx()->arena;
        const Error *error = error_internal(arena, out_of_stock(arena), "password is 1234");
        const RpcStatus status = rpc_status_of(arena, error);

        ck_assert_int_eq(status.code, ERROR_INTERNAL);
        ck_assert_str_eq(status.message, "internal");
        ck_assert_uint_eq(status.details.n_bytes, 0);
        const Error *back = round_trip(error);
        ck_assert_ptr_null(back->reason);
        ck_assert_int_eq(back->code, ERROR_INTERNAL);
}

TEST(details_stay_within_what_clients_accept) {
        Arena *arena = test_ctx()->arena;
        Error *error = out_of_stock(arena);

        for (int i = 0; i < 1000; i++)
                error_add_violation(arena, error, arena_printf(arena, "items[%d].quantity", i),
                                    "should be at least 1");
        ck_assert_uint_le(rpc_status_of(arena, error).details.n_bytes, STATUS_MAX_DETAILS_BYTES);
        const Error *back = ck_assert_reason(round_trip(error), "PRODUCT_OUT_OF_STOCK");
        ck_assert_uint_gt(back->n_violations, 50);
        ck_assert_str_eq(back->violations[0].field, "items[0].quantity");
}

TEST(a_long_message_is_cut_between_characters) {
        Arena *arena = test_ctx()->arena;
        StrBuf text = { .arena = arena };

        strbuf_add_char(&text, 'x');
        while (text.n_bytes < 3000)
                strbuf_add(&text, "\xC3\xA9");
        const Error *back = round_trip(error_new(arena, ERROR_NOT_FOUND, "X", "%s", strbuf_text(&text)));
        ck_assert_uint_eq(strlen(back->message), STATUS_MAX_MESSAGE_BYTES - 1);
        ck_assert(str_is_utf8(back->message, strlen(back->message)));
}

TEST(the_code_decides_when_there_are_no_details) {
        static const struct {
                ErrorCode code;
                const char *reason;
        } cases[] = {
                { ERROR_UNAVAILABLE, REASON_UNAVAILABLE },
                { ERROR_DEADLINE_EXCEEDED, REASON_DEADLINE_EXCEEDED },
                { ERROR_CANCELLED, REASON_CANCELLED },
                { ERROR_RESOURCE_EXHAUSTED, REASON_OVERLOADED },
                { ERROR_UNAUTHENTICATED, REASON_UNAUTHENTICATED },
                { ERROR_PERMISSION_DENIED, REASON_PERMISSION_DENIED },
        };
        Arena *arena = test_ctx()->arena;

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                const RpcStatus status = { .code = (int) cases[i].code, .message = "from gRPC" };

                ck_assert_int_eq(ck_assert_reason(rpc_status_error(arena, &status), cases[i].reason)->code,
                                 cases[i].code);
        }
}

TEST(what_no_caller_can_act_upon_is_internal) {
        static const int codes[] = {
                ERROR_UNKNOWN, ERROR_UNIMPLEMENTED, ERROR_INTERNAL, ERROR_DATA_LOSS, 17, 99, -1
        };
        Arena *arena = test_ctx()->arena;

        for (size_t i = 0; i < ARRAY_SIZE(codes); i++) {
                const Error *error =
                        rpc_status_error(arena, &(RpcStatus) { .code = codes[i], .message = "odd" });

                ck_assert_ptr_null(error->reason);
                ck_assert_int_eq(error->code, ERROR_INTERNAL);
        }
}

TEST(unreadable_details_are_left_out) {
        const RpcStatus status = { .code = ERROR_UNAVAILABLE,
                                   .message = "x",
                                   .details = { (const uint8_t *) "\xFF\xFF", 2 } };

        ck_assert_reason(rpc_status_error(test_ctx()->arena, &status), REASON_UNAVAILABLE);
}

int main(void) {
        Suite *suite = suite_create("status");
        TCase *tests = tcase_create("status");

        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}

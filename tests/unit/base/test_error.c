#include "base/error.h"

#include <string.h>

#include "base/log.h"
#include "support.h"

TEST(remembers_what_where_and_why) {
        Arena *arena = test_ctx()->arena;
        const Error *below = error_internal(arena, NULL, "connection refused");
        const Error *error =
                error_wrap(arena, ERROR_UNAVAILABLE, REASON_UNAVAILABLE, below, "No %s", "database");

        ck_assert_int_eq(error->code, ERROR_UNAVAILABLE);
        ck_assert_str_eq(error->message, "No database");
        ck_assert_ptr_eq(error->cause, below);
        ck_assert_ptr_null(below->reason);
        ck_assert_int_eq(below->code, ERROR_INTERNAL);
        ck_assert_ptr_nonnull(strstr(error->file, "test_error.c"));
        ck_assert(error_is(error, REASON_UNAVAILABLE));
        ck_assert(!error_is(below, REASON_UNAVAILABLE));
        ck_assert(!error_is(NULL, REASON_UNAVAILABLE));
}

static const Error *make_detailed(Arena *arena) {
        Error *error = error_new(arena, ERROR_FAILED_PRECONDITION, "PRODUCT_OUT_OF_STOCK", "Out of stock");

        for (int i = 0; i < 2; i++) {
                ErrorValue values[] = { error_text("sku", "SKU-1"), error_number("available", i) };

                error_add_record(arena, error, values, 2);
        }
        error_add_violation(arena, error, "items[0].quantity", "should be at least 1");
        error_add_violation(arena, error, "items", "should not be empty");
        error->retry_after_ms = 1500;
        error->cause = error_internal(arena, NULL, "below");
        return error;
}

TEST(a_copy_outlives_its_original) {
        Arena *arena = arena_new();
        const Error *copy = error_copy(test_ctx()->arena, make_detailed(arena));

        arena_free(arena);
        ck_assert_str_eq(copy->reason, "PRODUCT_OUT_OF_STOCK");
        ck_assert_uint_eq(copy->n_records, 2);
        ck_assert_str_eq(copy->records[1].values[0].text, "SKU-1");
        ck_assert_ptr_null(copy->records[1].values[1].text);
        ck_assert_int_eq(copy->records[1].values[1].number, 1);
        ck_assert_uint_eq(copy->n_violations, 2);
        ck_assert_str_eq(copy->violations[0].field, "items[0].quantity");
        ck_assert_str_eq(copy->violations[1].description, "should not be empty");
        ck_assert_int_eq(copy->retry_after_ms, 1500);
        ck_assert_str_eq(copy->cause->message, "below");
}

TEST(many_records_and_violations_take_memory_by_their_number) {
        Arena *arena = test_ctx()->arena;
        Error *error = error_new(arena, ERROR_INVALID_ARGUMENT, "INVALID_REQUEST", "x");
        ErrorValue value = { .key = "n" };

        for (size_t i = 0; i < 4000; i++) {
                value.number = (int64_t) i;
                error_add_violation(arena, error, "items", "is wrong");
                error_add_record(arena, error, &value, 1);
        }
        ck_assert_uint_lt(arena_used_bytes(arena), 1024 * 1024);
        ck_assert_uint_eq(error->n_violations, 4000);
        ck_assert_int_eq(error->records[3999].values[0].number, 3999);
}

TEST(a_copy_takes_further_records_and_violations) {
        Arena *arena = test_ctx()->arena;
        Error *error = error_new(arena, ERROR_INVALID_ARGUMENT, "INVALID_REQUEST", "x");

        for (int64_t i = 0; i < 3; i++) {
                ERROR_ADD_RECORD(arena, error, error_number("n", i));
                error_add_violation(arena, error, "items", "is wrong");
        }
        Error *copy = (Error *) error_copy(arena, error);
        ERROR_ADD_RECORD(arena, copy, error_number("n", 3));
        error_add_violation(arena, copy, "notes", "is wrong");
        ck_assert_uint_eq(error->n_records, 3);
        ck_assert_int_eq(copy->records[2].values[0].number, 2);
        ck_assert_int_eq(copy->records[3].values[0].number, 3);
        ck_assert_str_eq(copy->violations[3].field, "notes");
}

TEST(tells_passing_failures_from_lasting_ones) {
        Arena *arena = test_ctx()->arena;

        ck_assert(error_is_transient(error_new(arena, ERROR_UNAVAILABLE, REASON_UNAVAILABLE, "x")));
        ck_assert(error_is_transient(error_new(arena, ERROR_RESOURCE_EXHAUSTED, REASON_OVERLOADED, "x")));
        ck_assert(!error_is_transient(error_new(arena, ERROR_NOT_FOUND, "ORDER_NOT_FOUND", "x")));
        ck_assert(!error_is_transient(error_internal(arena, NULL, "x")));
        ck_assert(!error_is_transient(NULL));
}

TEST(only_what_was_made_final_is_final) {
        Arena *arena = test_ctx()->arena;
        Error *final = error_internal(arena, NULL, "x");

        final->is_final = true;
        ck_assert(error_is_final(final));
        ck_assert(error_is_final(error_internal(arena, final, "above")));
        ck_assert(error_is_final(error_copy(arena, final)));
        ck_assert(!error_is_final(error_wrap(arena, ERROR_NOT_FOUND, "ORDER_NOT_FOUND", final, "x")));
        ck_assert(!error_is_final(error_internal(arena, NULL, "x")));
        ck_assert(!error_is_final(error_new(arena, ERROR_UNAVAILABLE, REASON_UNAVAILABLE, "x")));
        ck_assert(!error_is_final(NULL));
}

TEST(names_codes_as_grpc_does) {
        ck_assert_str_eq(error_code_name(ERROR_FAILED_PRECONDITION), "FAILED_PRECONDITION");
        ck_assert_str_eq(error_code_name(ERROR_UNAUTHENTICATED), "UNAUTHENTICATED");
        ck_assert_str_eq(error_code_name((ErrorCode) 0), "UNKNOWN");
        ck_assert_str_eq(error_code_name((ErrorCode) 99), "UNKNOWN");
        ck_assert_str_eq(error_code_name((ErrorCode) -1), "UNKNOWN");
}

TEST(the_log_shows_the_chain_of_causes) {
        Arena *arena = test_ctx()->arena;
        const Error *below = error_internal(arena, NULL, "connection refused");
        const Error *error = error_wrap(arena, ERROR_UNAVAILABLE, REASON_UNAVAILABLE, below, "No database");
        LogField field = log_cause(arena, error);

        ck_assert_str_eq(field.key, "cause");
        ck_assert_ptr_nonnull(strstr(field.text, "UNAVAILABLE: No database ("));
        ck_assert_ptr_nonnull(strstr(field.text, "; because connection refused ("));
        ck_assert_ptr_nonnull(strstr(field.text, "test_error.c:"));
}

TEST(an_invalid_field_is_named_in_the_message_and_in_a_violation) {
        Error *error = error_invalid(test_ctx()->arena, "quantity", "must be %d to %d", 1, 9);

        ck_assert_int_eq(error->code, ERROR_INVALID_ARGUMENT);
        ck_assert(error_is(error, REASON_INVALID_REQUEST));
        ck_assert_str_eq(error->message, "quantity must be 1 to 9");
        ck_assert_uint_eq(error->n_violations, 1);
        ck_assert_str_eq(error->violations[0].field, "quantity");
        ck_assert_str_eq(error->violations[0].description, "must be 1 to 9");
}

TEST(a_text_of_the_details_is_never_a_number) {
        ck_assert_str_eq(error_text("sku", NULL).text, "");
        ck_assert_ptr_null(error_number("n", 7).text);
        ck_assert_int_eq(error_number("n", 7).number, 7);
}

int main(void) {
        Suite *suite = suite_create("error");
        TCase *tests = tcase_create("error");

        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}

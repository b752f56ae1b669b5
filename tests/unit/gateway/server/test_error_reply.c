#include "server/error_reply.h"

#include <string.h>

#include "base/memory.h"
#include "base/str.h"
#include "http/writer_private.h"
#include "services.h"
#include "support.h"

static Arena *arena;
static HttpResponse response;

static const char *reply(const Error *error) {
        response = (HttpResponse) { .arena = arena };
        gateway_reply_error(&response, error, true);
        return arena_strndup(arena, (const char *) response.body.data, response.body.n_bytes);
}

static const char *header(const char *name) {
        for (size_t i = 0; i < response.n_headers; i++)
                if (str_equal(response.headers[i].name, name))
                        return response.headers[i].value;
        return "";
}

static void setup(void) {
        arena = test_ctx()->arena;
}

TEST(one_record_is_the_details_as_000_shows_them) {
        Error *error = error_new(arena, ERROR_FAILED_PRECONDITION, "PRODUCT_OUT_OF_STOCK",
                                 "Product SKU-ABC-001 is out of stock in warehouse US-WEST-01");
        const ErrorValue values[] = { error_text("productId", "PROD-67890"),
                                      error_text("sku", "SKU-ABC-001"),
                                      error_number("requestedQuantity", 2),
                                      error_number("availableQuantity", 0) };

        error_add_record(arena, error, values, 4);
        ck_assert_str_eq(
                reply(error),
                "{\"error\":\"PRODUCT_OUT_OF_STOCK\","
                "\"message\":\"Product SKU-ABC-001 is out of stock in warehouse US-WEST-01\","
                "\"details\":{\"productId\":\"PROD-67890\",\"sku\":\"SKU-ABC-001\",\"requestedQuantity\":2,"
                "\"availableQuantity\":0}}");
        ck_assert_int_eq(response.status, 400);
        ck_assert_str_eq(response.content_type, "application/json");
}

TEST(several_records_are_items) {
        Error *error = error_new(arena, ERROR_FAILED_PRECONDITION, "SHORT", "Two are short");

        ERROR_ADD_RECORD(arena, error, error_text("sku", "A"));
        ERROR_ADD_RECORD(arena, error, error_number("left", -1));
        ck_assert_str_eq(reply(error), "{\"error\":\"SHORT\",\"message\":\"Two are short\","
                                       "\"details\":{\"items\":[{\"sku\":\"A\"},{\"left\":-1}]}}");
}

TEST(violations_name_their_fields) {
        Error *error = error_new(arena, ERROR_INVALID_ARGUMENT, "INVALID_REQUEST", "Say \"please\"");

        error_add_violation(arena, error, "items[0].quantity", "must be 1 to 9999");
        error_add_violation(arena, error, "notes", "is too long");
        ck_assert_str_eq(reply(error),
                         "{\"error\":\"INVALID_REQUEST\",\"message\":\"Say "
                         "\\\"please\\\"\",\"details\":{\"violations\":["
                         "{\"field\":\"items[0].quantity\",\"description\":\"must be 1 to 9999\"},"
                         "{\"field\":\"notes\",\"description\":\"is too long\"}]}}");
        ERROR_ADD_RECORD(arena, error, error_number("limit", 9999));
        ck_assert(str_starts_with(reply(error),
                                  "{\"error\":\"INVALID_REQUEST\",\"message\":\"Say \\\"please\\\"\","
                                  "\"details\":{\"limit\":9999,\"violations\":[{\"field\":\"items"));
}

TEST(an_internal_error_says_nothing_of_itself) {
        Error *error = error_internal(arena, NULL, "relation orders does not exist");

        ERROR_ADD_RECORD(arena, error, error_text("dsn", "secret"));
        ck_assert_str_eq(reply(error), "{\"error\":\"INTERNAL\",\"message\":\"internal\",\"details\":{}}");
        ck_assert_int_eq(response.status, 500);
}

TEST(each_code_has_its_status) {
        static const int statuses[] = {
                [ERROR_CANCELLED] = 499,
                [ERROR_UNKNOWN] = 500,
                [ERROR_INVALID_ARGUMENT] = 400,
                [ERROR_DEADLINE_EXCEEDED] = 503,
                [ERROR_NOT_FOUND] = 404,
                [ERROR_ALREADY_EXISTS] = 409,
                [ERROR_PERMISSION_DENIED] = 403,
                [ERROR_RESOURCE_EXHAUSTED] = 503,
                [ERROR_FAILED_PRECONDITION] = 400,
                [ERROR_ABORTED] = 409,
                [ERROR_OUT_OF_RANGE] = 400,
                [ERROR_UNIMPLEMENTED] = 501,
                [ERROR_INTERNAL] = 500,
                [ERROR_UNAVAILABLE] = 503,
                [ERROR_DATA_LOSS] = 500,
                [ERROR_UNAUTHENTICATED] = 401,
        };

        for (ErrorCode code = ERROR_CANCELLED; code <= ERROR_UNAUTHENTICATED; code++)
                ck_assert_int_eq(gateway_error_status(error_new(arena, code, "SOME", "Some")),
                                 statuses[code]);
        ck_assert_int_eq(gateway_error_status(error_new(arena, (ErrorCode) 77, "SOME", "Some")), 500);
}

TEST(some_reasons_have_one_of_their_own) {
        static const struct {
                const char *reason;
                int status;
        } cases[] = {
                { "METHOD_NOT_ALLOWED", 405 },
                { "IDEMPOTENCY_IN_FLIGHT", 409 },
                { "LENGTH_REQUIRED", 411 },
                { "BODY_TOO_LARGE", 413 },
                { "URI_TOO_LONG", 414 },
                { "UNSUPPORTED_MEDIA_TYPE", 415 },
                { "EXPECTATION_FAILED", 417 },
                { "IDEMPOTENCY_KEY_REUSED", 422 },
                { "RATE_LIMITED", 429 },
                { "TOO_MANY_CALLS", 429 },
                { "TOO_MANY_UNPAID_ORDERS", 429 },
                { "TOO_MANY_DECLINES", 429 },
                { "HEADERS_TOO_LARGE", 431 },
                { "HTTP_VERSION_NOT_SUPPORTED", 505 },
                { "ORDER_NOT_FOUND", 404 },
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                const Error *error = error_new(arena, ERROR_NOT_FOUND, cases[i].reason, "x");

                ck_assert_int_eq(gateway_error_status(error), cases[i].status);
        }
}

static void assert_has_phrase(const Error *error) {
        reply(error);
        Bytes head = http_answer_head(&response, "", false);
        const char *line = arena_strndup(arena, (const char *) head.data, head.n_bytes);

        ck_assert_msg(!strstr(line, "Unknown"), "%d has no phrase", response.status);
}

TEST(the_status_line_of_every_error_says_what_it_is) {
        for (ErrorCode code = ERROR_CANCELLED; code <= ERROR_UNAUTHENTICATED; code++)
                assert_has_phrase(error_new(arena, code, "SOME", "Some"));
        for (const RpcReason *const *table = protos_reasons; *table; table++)
                for (const RpcReason *known = *table; known->name; known++)
                        assert_has_phrase(error_new(arena, ERROR_NOT_FOUND, known->name, "Some"));
}

TEST(says_when_to_try_again_in_whole_seconds) {
        Error *error = error_new(arena, ERROR_UNAVAILABLE, "UNAVAILABLE", "Away");

        reply(error);
        ck_assert_str_eq(header("Retry-After"), "1");
        error->retry_after_ms = 2001;
        reply(error);
        ck_assert_str_eq(header("Retry-After"), "3");
        reply(error_new(arena, ERROR_NOT_FOUND, "ORDER_NOT_FOUND", "No"));
        ck_assert_str_eq(header("Retry-After"), "");
}

TEST(what_may_be_done_twice_has_no_time_but_its_own) {
        Error *error = error_new(arena, ERROR_UNAVAILABLE, "UNAVAILABLE", "Away");

        response = (HttpResponse) { .arena = arena };
        gateway_reply_error(&response, error, false);
        ck_assert_str_eq(header("Retry-After"), "");
        error->retry_after_ms = 2001;
        gateway_reply_error(&response, error, false);
        ck_assert_str_eq(header("Retry-After"), "3");
}

int main(void) {
        Suite *suite = suite_create("error reply");
        TCase *tests = tcase_create("error reply");

        tcase_add_checked_fixture(tests, setup, NULL);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}

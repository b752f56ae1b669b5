#include "base/trace.h"

#include <string.h>

#include "base/memory.h"
#include "support.h"

#define PARENT "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

TEST(reads_a_traceparent) {
        Trace trace = { .request_id = "r" };

        ck_assert(trace_parse(PARENT, &trace));
        ck_assert_str_eq(trace.trace_id, "0af7651916cd43dd8448eb211c80319c");
        ck_assert_str_eq(trace.span_id, "b7ad6b7169203331");
        ck_assert_str_eq(trace.request_id, "r");
}

TEST(refuses_what_is_no_traceparent) {
        static const char *const bad[] = {
                "",
                "00",
                PARENT "0",
                "01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                "00-0AF7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                "00-00000000000000000000000000000000-b7ad6b7169203331-01",
                "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
                "00-0af7651916cd43dd8448eb211c80319c_b7ad6b7169203331-01",
                "00-0af7651916cd43dd8448eb211c8031-c-b7ad6b7169203331-01",
        };
        Trace trace = { 0 };

        for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
                ck_assert_msg(!trace_parse(bad[i], &trace), "accepted %s", bad[i]);
        ck_assert_str_eq(trace.trace_id, "");
}

TEST(a_child_has_the_trace_and_a_span_of_its_own) {
        Arena *arena = test_ctx()->arena;
        Trace trace = { 0 }, child = { 0 };

        ck_assert_str_eq(trace_child(arena, &trace), "");
        ck_assert(trace_parse(PARENT, &trace));
        ck_assert(trace_parse(trace_child(arena, &trace), &child));
        ck_assert_str_eq(child.trace_id, trace.trace_id);
        ck_assert_str_ne(child.span_id, trace.span_id);
}

TEST(makes_what_is_missing) {
        Arena *arena = test_ctx()->arena;
        Trace trace = { 0 }, known = { .request_id = "r" };

        trace_complete(arena, &trace);
        ck_assert_uint_eq(strlen(trace.trace_id), 32);
        ck_assert_uint_eq(strlen(trace.span_id), 16);
        ck_assert_str_eq(trace.request_id, trace.trace_id);
        ck_assert(trace_parse(PARENT, &known));
        trace_complete(arena, &known);
        ck_assert_str_eq(known.span_id, "b7ad6b7169203331");
        ck_assert_str_eq(known.request_id, "r");
}

int main(void) {
        Suite *suite = suite_create("trace");
        TCase *tests = tcase_create("trace");

        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}

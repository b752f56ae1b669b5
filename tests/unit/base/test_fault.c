#include "base/fault.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "support.h"

static void set(const char *list) {
        const char *problem;

        setenv("MILLRACE_FAULTS_ENABLED", "1", 1);
        setenv("MILLRACE_FAULT", list, 1);
        ck_assert(fault_init(&problem));
}

TEST(does_nothing_unless_told) {
        const char *problem;

        unsetenv("MILLRACE_FAULT");
        ck_assert(fault_init(&problem));
        ck_assert_ok(fault_point(test_ctx(), "order.after_payment"));
}

TEST(refuses_faults_that_are_not_enabled) {
        const char *problem;

        unsetenv("MILLRACE_FAULTS_ENABLED");
        setenv("MILLRACE_FAULT", "order.after_payment=error", 1);
        ck_assert(!fault_init(&problem));
        ck_assert_str_eq(problem,
                         "MILLRACE_FAULT=order.after_payment=error: refused, because MILLRACE_FAULTS_ENABLED "
                         "is not 1");
        ck_assert_ok(fault_point(test_ctx(), "order.after_payment"));
}

TEST(refuses_a_file_of_faults_that_are_not_enabled) {
        const char *problem;

        unsetenv("MILLRACE_FAULTS_ENABLED");
        unsetenv("MILLRACE_FAULT");
        setenv("MILLRACE_FAULT_FILE", "/tmp/fault", 1);
        ck_assert(!fault_init(&problem));
        ck_assert_str_eq(problem,
                         "MILLRACE_FAULT_FILE=/tmp/fault: refused, because MILLRACE_FAULTS_ENABLED is not 1");
}

TEST(refuses_what_it_cannot_read) {
        static const char *const lists[] = { "x",          "=kill",          "x=",       "x=burn",
                                             "x=kill@0",   "x=kill@a",       "x=stall:", "x=stall:-1",
                                             "x=stall:1s", "x=stall:600001", "x=kill,y", "," };
        const char *problem;

        setenv("MILLRACE_FAULTS_ENABLED", "1", 1);
        for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
                problem = NULL;
                setenv("MILLRACE_FAULT", lists[i], 1);
                ck_assert_msg(!fault_init(&problem), "accepted %s", lists[i]);
                ck_assert_ptr_nonnull(strstr(problem, "point=kill"));
        }
}

TEST(fails_with_unavailable_each_time) {
        Ctx *ctx = test_ctx();

        set("a.point=error");
        ck_assert_ok(fault_point(ctx, "another.point"));
        ck_assert_reason(fault_point(ctx, "a.point"), REASON_UNAVAILABLE);
        ck_assert_reason(fault_point(ctx, "a.point"), REASON_UNAVAILABLE);
}

TEST(acts_only_at_the_count_it_was_given) {
        Ctx *ctx = test_ctx();

        set("other=error@1,a.point=error@3");
        ck_assert_ok(fault_point(ctx, "a.point"));
        ck_assert_ok(fault_point(ctx, "a.point"));
        ck_assert_reason(fault_point(ctx, "a.point"), REASON_UNAVAILABLE);
        ck_assert_ok(fault_point(ctx, "a.point"));
        ck_assert_reason(fault_point(ctx, "other"), REASON_UNAVAILABLE);
}

TEST(stalls_for_the_time_given) {
        int64_t begin_us = clock_monotonic_us();

        set("a.point=stall:30");
        ck_assert_ok(fault_point(test_ctx(), "a.point"));
        ck_assert_int_ge(clock_monotonic_us() - begin_us, 30000);
}

START_TEST(kills_its_own_process) {
        set("a.point=kill@2");
        ck_assert_ok(fault_point(test_ctx(), "a.point"));
        ck_assert_ok(fault_point(test_ctx(), "a.point"));
        ck_abort_msg("still alive");
}
END_TEST

static void write_file(const char *path, const char *text) {
        FILE *file = fopen(path, "w");

        ck_assert_ptr_nonnull(file);
        ck_assert_int_ge(fputs(text, file), 0);
        ck_assert_int_eq(fclose(file), 0);
}

START_TEST(kills_its_process_at_the_point_that_a_file_names_by_then) {
        char folder[] = "/tmp/millrace-test-XXXXXX";
        char path[sizeof(folder) + sizeof("/fault")];
        const char *problem;

        ck_assert_ptr_nonnull(mkdtemp(folder));
        snprintf(path, sizeof(path), "%s/fault", folder);
        unsetenv("MILLRACE_FAULT");
        setenv("MILLRACE_FAULTS_ENABLED", "1", 1);
        setenv("MILLRACE_FAULT_FILE", path, 1);
        ck_assert(fault_init(&problem));
        ck_assert_ok(fault_point(test_ctx(), "a.point"));
        write_file(path, "a.point");
        ck_assert_ok(fault_point(test_ctx(), "a.poin"));
        ck_assert_ok(fault_point(test_ctx(), "a.points"));
        ck_assert_ok(fault_point(test_ctx(), "another.point"));
        ck_assert_ok(fault_point(test_ctx(), "a.point"));
        ck_abort_msg("still alive");
}
END_TEST

int main(void) {
        Suite *suite = suite_create("fault");
        TCase *tests = tcase_create("fault");

        test_add(tests);
        tcase_add_test_raise_signal(tests, kills_its_own_process, SIGKILL);
        tcase_add_test_raise_signal(tests, kills_its_process_at_the_point_that_a_file_names_by_then, SIGKILL);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}

#include "base/metrics.h"

#include <pthread.h>
#include <string.h>

#include "support.h"

static const char *written(void) {
        StrBuf out = { .arena = test_ctx()->arena };

        metrics_write(&out);
        return strbuf_text(&out);
}

#define ck_assert_writes(text) ck_assert_msg(strstr(written(), (text)), "no %s in\n%s", (text), written())

TEST(counts_per_set_of_labels) {
        Metric *metric = metric_counter("requests_total", "Requests.");

        metric_add(metric, 1, METRIC_LABELS({ "method", "A" }, { "code", "OK" }));
        metric_add(metric, 2, METRIC_LABELS({ "method", "A" }, { "code", "OK" }));
        metric_add(metric, 5, METRIC_LABELS({ "method", "B" }, { "code", "OK" }));
        ck_assert_writes("# HELP requests_total Requests.\n# TYPE requests_total counter\n");
        ck_assert_writes("requests_total{method=\"A\",code=\"OK\"} 3\n");
        ck_assert_writes("requests_total{method=\"B\",code=\"OK\"} 5\n");
}

TEST(a_gauge_shows_its_last_value) {
        Metric *metric = metric_gauge("lag", "Lag.");

        metric_set(metric, 7, METRIC_NO_LABELS);
        metric_set(metric, -3, METRIC_NO_LABELS);
        ck_assert_writes("# TYPE lag gauge\nlag -3\n");
}

TEST(a_gauge_of_ms_shows_seconds) {
        Metric *metric = metric_gauge_ms("age_seconds", "Age.");

        metric_set(metric, 61007, METRIC_NO_LABELS);
        ck_assert_writes("# TYPE age_seconds gauge\nage_seconds 61.007\n");
}

TEST(a_histogram_counts_upwards_and_shows_seconds) {
        Metric *metric = metric_histogram_us("duration_seconds", "Time.");

        metric_observe_us(metric, 100, METRIC_LABELS({ "m", "x" }));
        metric_observe_us(metric, 101, METRIC_LABELS({ "m", "x" }));
        metric_observe_us(metric, 61000000, METRIC_LABELS({ "m", "x" }));
        ck_assert_writes("duration_seconds_bucket{m=\"x\",le=\"0.0001\"} 1\n");
        ck_assert_writes("duration_seconds_bucket{m=\"x\",le=\"0.00025\"} 2\n");
        ck_assert_writes("duration_seconds_bucket{m=\"x\",le=\"60\"} 2\n");
        ck_assert_writes("duration_seconds_bucket{m=\"x\",le=\"+Inf\"} 3\n");
        ck_assert_writes("duration_seconds_sum{m=\"x\"} 61.000201\n");
        ck_assert_writes("duration_seconds_count{m=\"x\"} 3\n");
}

TEST(escapes_what_labels_hold) {
        metric_add(metric_counter("c", "C."), 1, METRIC_LABELS({ "l", "a\"b\\c\nd" }));
        ck_assert_writes("c{l=\"a\\\"b\\\\c\\nd\"} 1\n");
}

TEST(one_name_is_one_metric) {
        ck_assert_ptr_eq(metric_counter("c", "C."), metric_counter("c", "C."));
}

TEST(too_many_series_are_counted_together) {
        Metric *metric = metric_counter("c", "C.");

        for (int i = 0; i < 1500; i++)
                metric_add(metric, 1, METRIC_LABELS({ "l", arena_printf(test_ctx()->arena, "%d", i) }));
        ck_assert_writes("c{l=\"999\"} 1\n");
        ck_assert_writes("c{l=\"other\"} 500\n");
        ck_assert_ptr_null(strstr(written(), "c{l=\"1000\"}"));
}

static void *count_a_lot(void *arg) {
        for (int i = 0; i < 10000; i++)
                metric_add(arg, 1, METRIC_LABELS({ "l", i % 2 ? "odd" : "even" }));
        return NULL;
}

TEST(loses_nothing_between_threads) {
        Metric *metric = metric_counter("c", "C.");
        pthread_t threads[8];

        for (int i = 0; i < 8; i++)
                pthread_create(&threads[i], NULL, count_a_lot, metric);
        for (int i = 0; i < 8; i++)
                pthread_join(threads[i], NULL);
        ck_assert_writes("c{l=\"odd\"} 40000\n");
        ck_assert_writes("c{l=\"even\"} 40000\n");
}

int main(void) {
        Suite *suite = suite_create("metrics");
        TCase *tests = tcase_create("metrics");

        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}

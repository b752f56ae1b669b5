/* Prometheus metrics: counters, gauges and histograms in one process-wide registry. Thread-safe and cheap. */
#pragma once

#include <stdint.h>

#include "base/str.h"

typedef struct Metric Metric;

/*
 * Names are as Prometheus wants them and begin with millrace_: a counter's ends with _total, a unit
 * (seconds, bytes) stands in it, its type does not. Labels are at most three name="value" pairs, given when
 * the metric is used. Called once per name, at start.
 */
Metric *metric_counter(const char *name, const char *help);
Metric *metric_gauge(const char *name, const char *help);

/* A gauge that is set in ms and shown in seconds, the unit of Prometheus. */
Metric *metric_gauge_ms(const char *name, const char *help);

/* Buckets from 100 us to 60 s, shown in seconds. */
Metric *metric_histogram_us(const char *name, const char *help);

/* One name="value" of a series. */
typedef struct MetricLabel {
        const char *name;
        const char *value;
} MetricLabel;

#define METRIC_NO_LABELS NULL, 0
#define METRIC_LABELS(...)                                                                                   \
        (const MetricLabel[]) { __VA_ARGS__ },                                                               \
                sizeof((const MetricLabel[]) { __VA_ARGS__ }) / sizeof(MetricLabel)

void metric_add(Metric *metric, int64_t amount, const MetricLabel *labels, size_t n_labels);
void metric_set(Metric *metric, int64_t value, const MetricLabel *labels, size_t n_labels);
void metric_observe_us(Metric *metric, int64_t duration_us, const MetricLabel *labels, size_t n_labels);

/* Appends every metric in the Prometheus text format. */
void metrics_write(StrBuf *out);

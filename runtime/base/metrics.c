#include "base/metrics.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/memory.h"

#define N_BUCKETS 64    /* of the table that finds a series */
#define MAX_LABELS 3
#define MAX_SERIES 1000 /* per metric; what comes later is counted together as "other" */

/* Upper bounds of a histogram, and how Prometheus wants to see them. */
static const struct {
        int64_t us;
        const char *seconds;
} bounds[] = {
        { 100, "0.0001" },  { 250, "0.00025" }, { 500, "0.0005" },  { 1000, "0.001" },  { 2500, "0.0025" },
        { 5000, "0.005" },  { 10000, "0.01" },  { 25000, "0.025" }, { 50000, "0.05" },  { 100000, "0.1" },
        { 250000, "0.25" }, { 500000, "0.5" },  { 1000000, "1" },   { 2500000, "2.5" }, { 5000000, "5" },
        { 10000000, "10" }, { 30000000, "30" }, { 60000000, "60" },
};

#define N_BOUNDS ARRAY_SIZE(bounds)

typedef enum MetricType { METRIC_COUNTER, METRIC_GAUGE, METRIC_GAUGE_MS, METRIC_HISTOGRAM } MetricType;

static const char *const type_names[] = { "counter", "gauge", "gauge", "histogram" };

/* One combination of labels. Never freed, so that it is found without a lock. */
typedef struct Series {
        struct Series *next;
        MetricLabel labels[MAX_LABELS];
        size_t n_labels;
        atomic_llong value; /* of a histogram: the sum, in us */
        atomic_llong n_below[N_BOUNDS + 1]; /* between this bound and the one before */
} Series;

struct Metric {
        struct Metric *next;
        const char *name;
        const char *help;
        MetricType type;
        pthread_mutex_t growing;
        size_t n_series;
        _Atomic(Series *) table[N_BUCKETS];
};

static pthread_mutex_t registry_lock = PTHREAD_MUTEX_INITIALIZER;
static Metric *first_metric;

static Metric *metric_new(MetricType type, const char *name, const char *help) {
        Metric *metric = MEMORY_NEW(Metric);

        metric->name = name;
        metric->help = help;
        metric->type = type;
        pthread_mutex_init(&metric->growing, NULL);
        return metric;
}

/* Two parts of one process that name the same metric share it. */
static Metric *metric_register(MetricType type, const char *name, const char *help) {
        Metric **link;

        pthread_mutex_lock(&registry_lock);
        for (link = &first_metric; *link && !str_equal((*link)->name, name); link = &(*link)->next)
                continue;
        if (!*link)
                *link = metric_new(type, name, help);
        Metric *metric = *link;
        pthread_mutex_unlock(&registry_lock);
        if (metric->type != type)
                abort();
        return metric;
}

Metric *metric_counter(const char *name, const char *help) {
        return metric_register(METRIC_COUNTER, name, help);
}

Metric *metric_gauge(const char *name, const char *help) {
        return metric_register(METRIC_GAUGE, name, help);
}

Metric *metric_gauge_ms(const char *name, const char *help) {
        return metric_register(METRIC_GAUGE_MS, name, help);
}

Metric *metric_histogram_us(const char *name, const char *help) {
        return metric_register(METRIC_HISTOGRAM, name, help);
}

/* Of the values; the names of a metric's labels are always the same. */
static size_t bucket_of(const MetricLabel *labels, size_t n_labels) {
        uint64_t hash = HASH_START;

        for (size_t i = 0; i < n_labels; i++)
                hash = hash_bytes(hash, labels[i].value, strlen(labels[i].value) + 1);
        return (hash ^ hash >> 32) % N_BUCKETS;
}

static bool has_labels(const Series *series, const MetricLabel *labels, size_t n_labels) {
        if (series->n_labels != n_labels)
                return false;
        for (size_t i = 0; i < n_labels; i++)
                if (!str_equal(series->labels[i].value, labels[i].value))
                        return false;
        return true;
}

static Series *series_find(Metric *metric, size_t bucket, const MetricLabel *labels, size_t n_labels) {
        Series *series = atomic_load_explicit(&metric->table[bucket], memory_order_acquire);

        while (series && !has_labels(series, labels, n_labels))
                series = series->next;
        return series;
}

static Series *series_new(const MetricLabel *labels, size_t n_labels) {
        Series *series = MEMORY_NEW(Series);

        series->n_labels = n_labels;
        for (size_t i = 0; i < n_labels; i++)
                series->labels[i] =
                        (MetricLabel) { memory_strdup(labels[i].name), memory_strdup(labels[i].value) };
        return series;
}

static Series *series_add(Metric *metric, size_t bucket, const MetricLabel *labels, size_t n_labels) {
        pthread_mutex_lock(&metric->growing);
        Series *series = series_find(metric, bucket, labels, n_labels);
        if (!series) {
                series = series_new(labels, n_labels);
                series->next = atomic_load_explicit(&metric->table[bucket], memory_order_relaxed);
                atomic_store_explicit(&metric->table[bucket], series, memory_order_release);
                metric->n_series++;
        }
        pthread_mutex_unlock(&metric->growing);
        return series;
}

static bool is_full(Metric *metric) {
        pthread_mutex_lock(&metric->growing);
        bool full = metric->n_series >= MAX_SERIES;
        pthread_mutex_unlock(&metric->growing);
        return full;
}

static Series *series_of(Metric *metric, const MetricLabel *labels, size_t n_labels) {
        MetricLabel others[MAX_LABELS];

        if (n_labels > MAX_LABELS)
                abort();
        size_t bucket = bucket_of(labels, n_labels);
        Series *series = series_find(metric, bucket, labels, n_labels);
        if (series)
                return series;
        if (!is_full(metric))
                return series_add(metric, bucket, labels, n_labels);
        for (size_t i = 0; i < n_labels; i++)
                others[i] = (MetricLabel) { labels[i].name, "other" };
        return series_add(metric, bucket_of(others, n_labels), others, n_labels);
}

void metric_add(Metric *metric, int64_t amount, const MetricLabel *labels, size_t n_labels) {
        atomic_fetch_add_explicit(&series_of(metric, labels, n_labels)->value, amount, memory_order_relaxed);
}

void metric_set(Metric *metric, int64_t value, const MetricLabel *labels, size_t n_labels) {
        atomic_store_explicit(&series_of(metric, labels, n_labels)->value, value, memory_order_relaxed);
}

void metric_observe_us(Metric *metric, int64_t duration_us, const MetricLabel *labels, size_t n_labels) {
        Series *series = series_of(metric, labels, n_labels);
        size_t i = 0;

        while (i < N_BOUNDS && duration_us > bounds[i].us)
                i++;
        atomic_fetch_add_explicit(&series->n_below[i], 1, memory_order_relaxed);
        atomic_fetch_add_explicit(&series->value, duration_us, memory_order_relaxed);
}

static void add_escaped(StrBuf *out, const char *text) {
        for (; *text; text++)
                if (*text == '\n')
                        strbuf_add(out, "\\n");
                else if (*text == '"' || *text == '\\')
                        strbuf_add_bytes(out, (const char[]) { '\\', *text }, 2);
                else
                        strbuf_add_char(out, *text);
}

static void add_label(StrBuf *out, const char *separator, const char *name, const char *value) {
        strbuf_add(out, separator);
        strbuf_add(out, name);
        strbuf_add(out, "=\"");
        add_escaped(out, value);
        strbuf_add_char(out, '"');
}

/* `name_suffix{labels,le="bound"} ` */
static void add_series_name(StrBuf *out, const Metric *metric, const char *suffix, const Series *series,
                            const char *bound) {
        strbuf_add(out, metric->name);
        strbuf_add(out, suffix);
        for (size_t i = 0; i < series->n_labels; i++)
                add_label(out, i == 0 ? "{" : ",", series->labels[i].name, series->labels[i].value);
        if (bound)
                add_label(out, series->n_labels == 0 ? "{" : ",", "le", bound);
        strbuf_add(out, series->n_labels > 0 || bound ? "} " : " ");
}

static void add_histogram(StrBuf *out, const Metric *metric, Series *series) {
        long long n = 0;

        for (size_t i = 0; i <= N_BOUNDS; i++) {
                n += atomic_load_explicit(&series->n_below[i], memory_order_relaxed);
                add_series_name(out, metric, "_bucket", series, i < N_BOUNDS ? bounds[i].seconds : "+Inf");
                strbuf_addf(out, "%lld\n", n);
        }
        long long sum_us = atomic_load_explicit(&series->value, memory_order_relaxed);
        add_series_name(out, metric, "_sum", series, NULL);
        strbuf_addf(out, "%lld.%06lld\n", sum_us / 1000000, sum_us % 1000000);
        add_series_name(out, metric, "_count", series, NULL);
        strbuf_addf(out, "%lld\n", n);
}

static void add_series(StrBuf *out, const Metric *metric, Series *series) {
        if (metric->type == METRIC_HISTOGRAM) {
                add_histogram(out, metric, series);
                return;
        }
        long long value = atomic_load_explicit(&series->value, memory_order_relaxed);
        add_series_name(out, metric, "", series, NULL);
        if (metric->type == METRIC_GAUGE_MS)
                strbuf_addf(out, "%lld.%03lld\n", value / 1000, value % 1000);
        else
                strbuf_addf(out, "%lld\n", value);
}

static void add_metric(StrBuf *out, Metric *metric) {
        strbuf_addf(out, "# HELP %s ", metric->name);
        add_escaped(out, metric->help);
        strbuf_addf(out, "\n# TYPE %s %s\n", metric->name, type_names[metric->type]);
        for (size_t i = 0; i < N_BUCKETS; i++)
                for (Series *series = atomic_load(&metric->table[i]); series; series = series->next)
                        add_series(out, metric, series);
}

void metrics_write(StrBuf *out) {
        pthread_mutex_lock(&registry_lock);
        for (Metric *metric = first_metric; metric; metric = metric->next)
                add_metric(out, metric);
        pthread_mutex_unlock(&registry_lock);
}

/* Latencies in buckets of at most 1.6 % width, so that p99.9 of millions costs no memory. */
#pragma once

#include <stdint.h>

#define HISTOGRAM_SUB_BITS 6
#define HISTOGRAM_BUCKETS (64 << HISTOGRAM_SUB_BITS)

typedef struct Histogram {
        uint64_t counts[HISTOGRAM_BUCKETS];
        uint64_t n;
        int64_t max_us;
} Histogram;

void histogram_add(Histogram *histogram, int64_t us);
void histogram_merge(Histogram *into, const Histogram *from);

/* The latency that permille of 1000 do not exceed, in microseconds; 0 when nothing was added. */
int64_t histogram_quantile_us(const Histogram *histogram, int permille);

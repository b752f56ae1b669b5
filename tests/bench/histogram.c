#include "histogram.h"

#define SUB_COUNT (1 << HISTOGRAM_SUB_BITS)

/* Linear up to SUB_COUNT, then SUB_COUNT buckets per power of two. */
static unsigned bucket_of(uint64_t us) {
        if (us < SUB_COUNT)
                return (unsigned) us;
        unsigned shift = 63 - (unsigned) __builtin_clzll(us) - HISTOGRAM_SUB_BITS;
        return ((shift + 1) << HISTOGRAM_SUB_BITS) + (unsigned) (us >> shift) - SUB_COUNT;
}

static int64_t upper_us(unsigned bucket) {
        if (bucket < SUB_COUNT)
                return bucket;
        unsigned shift = (bucket >> HISTOGRAM_SUB_BITS) - 1;
        return (int64_t) (((uint64_t) (bucket & (SUB_COUNT - 1)) + SUB_COUNT + 1) << shift) - 1;
}

void histogram_add(Histogram *histogram, int64_t us) {
        histogram->counts[bucket_of(us > 0 ? (uint64_t) us : 0)]++;
        histogram->n++;
        if (us > histogram->max_us)
                histogram->max_us = us;
}

void histogram_merge(Histogram *into, const Histogram *from) {
        for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++)
                into->counts[i] += from->counts[i];
        into->n += from->n;
        if (from->max_us > into->max_us)
                into->max_us = from->max_us;
}

int64_t histogram_quantile_us(const Histogram *histogram, int permille) {
        uint64_t wanted = (histogram->n * (uint64_t) permille + 999) / 1000, seen = 0;

        for (unsigned i = 0; i < HISTOGRAM_BUCKETS && histogram->n > 0; i++) {
                seen += histogram->counts[i];
                if (seen >= wanted)
                        return upper_us(i) < histogram->max_us ? upper_us(i) : histogram->max_us;
        }
        return 0;
}

/* One database that is drained: a thread with its pool, its partitions, and its place on the bus. */
#pragma once

#include "base/metrics.h"
#include "bus/publisher.h"
#include "server/doorbell.h"
#include "server/server.h"
#include "server/source_list.h"

typedef struct RelayMetrics {
        Metric *published;
        Metric *refused;
        Metric *dead;
        Metric *pending;
        Metric *oldest_age;
        Metric *partitions;
} RelayMetrics;

typedef struct RelaySource RelaySource;

/* Starts its thread; config, bus, doorbell, metrics and the texts of spec outlive it. */
RelaySource *relay_source_start(const SourceSpec *spec, const RelayConfig *config, Bus *bus,
                                Doorbell *doorbell, const RelayMetrics *metrics);

/* After relay_doorbell_end: waits for the batch at hand, and gives the partitions back. */
void relay_source_stop(RelaySource *source);

/* errors: UNAVAILABLE while its database is away; the bus being away is no reason, events wait */
const Error *relay_source_ready(RelaySource *source, Ctx *ctx) MUST_CHECK;

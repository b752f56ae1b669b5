/*
 * Inside the bus: how a handler gets its events, and how those that came before their predecessor are helped:
 * that one is read from the stream, or is known to be gone from it.
 */
#pragma once

#include <nats/nats.h>

#include "base/metrics.h"
#include "bus/consumer.h"

typedef struct EarlyHelper {
        jsCtx *js;
        const BusConsumerConfig *config;
        Metric *gone; /* events whose predecessor the stream no longer has */
} EarlyHelper;

EarlyHelper bus_early_helper(jsCtx *js, const BusConsumerConfig *config);

/*
 * Calls the handler, and again for what it finds early, behind what that waits for; messages that are read
 * for it live in ctx's arena.
 */
void bus_early_hand_over(const EarlyHelper *helper, Ctx *ctx, BusDelivery *deliveries, size_t n);

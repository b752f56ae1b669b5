/* Inside the bus: how far a consumer is behind. */
#pragma once

#include <nats/nats.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * The age of the first event that the durable has not acknowledged, by the clocks of server and process; 0:
 * there is none. False when the server does not say.
 */
bool bus_lag_look(jsCtx *js, const char *durable, int64_t *ret_age_ms);

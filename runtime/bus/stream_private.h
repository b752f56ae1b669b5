/* Inside the bus: the one stream, made when it is missing and brought to this program's settings. */
#pragma once

#include <nats/nats.h>
#include <stdbool.h>
#include <stdint.h>

#include "bus/bus.h"

/* Else than NATS_OK with a sentence (the thread's, until its next call) when the stream cannot be had. */
natsStatus bus_stream_ensure(jsCtx *js, const BusConfig *wanted, const char **ret_problem);

/*
 * Asks the server; else than NATS_OK with a sentence (the thread's, until its next call) when there is no
 * stream or no answer.
 */
natsStatus bus_stream_look(jsCtx *js, BusStreamState *ret_state, const char **ret_problem);

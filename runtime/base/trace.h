/* W3C trace context: how a call is found again in the logs of every process that it went through. */
#pragma once

#include <stdbool.h>

#include "base/ctx.h"

/* "00-<32 hex digits>-<16 hex digits>-01" */
#define TRACE_PARENT_BYTES 55

/*
 * Reads a traceparent header; false when it is none, or its ids are all zero. The request id is left alone.
 */
bool trace_parse(const char *traceparent, Trace *ret_trace) __attribute__((warn_unused_result));

/* The traceparent of this very step, in arena; NULL when there is none. */
const char *trace_parent(Arena *arena, const Trace *trace);

/* The traceparent of a step of this trace, with its own span id; "" without a trace. Lives in arena. */
const char *trace_child(Arena *arena, const Trace *trace);

/* Makes the ids that are missing; a request id is made from the trace id. */
void trace_complete(Arena *arena, Trace *trace);

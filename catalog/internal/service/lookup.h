/*
 * What is told of each look-up: the trace event data_lookup, as a line of the log and a counter, and which
 * parts an answer had to do without.
 *
 * source     001 Event Types, Status Tracking; 000 New Monitoring Points
 */
#pragma once

#include "biz/catalog/complete.h"

/* Registers its metrics. Called once, at start. */
void catalog_lookup_init(void);

/* Tells of a look-up by the name of its method, and how it went; returns error. */
const Error *catalog_lookup_note(Ctx *ctx, const char *method, const Error *error) MUST_CHECK;

/* Tells of the parts that products had to do without; with_stock: their stock was asked for. */
void catalog_lookup_note_degraded(Ctx *ctx, const CompleteProduct *complete, size_t n, bool with_stock);

/*
 * Descriptors: a process takes as many as it may, and does not start with too few, since one that has none
 * left can neither take connections nor open files.
 */
#pragma once

#include "base/error.h"

/* For all but HTTP connections: database sessions, gRPC connections, the broker, files, and some to spare. */
#define DESCRIPTORS_RESERVE 256

/* Raises the limit as far as the system allows. */
void app_descriptors_raise(void);

/*
 * Says whether the limit leaves the reserve beside so many connections.
 *
 * errors     internal ones; the message says what is needed
 */
const Error *app_descriptors_check(Arena *arena, size_t n_connections) MUST_CHECK;

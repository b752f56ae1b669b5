/* Times as RFC 3339 text: UTC with Z out, any offset in. */
#pragma once

#include "base/str.h"
#include "proto/known.h"

/* Appends "2024-08-10T14:30:00Z"; a fraction shows as 3, 6 or 9 digits, and only when there is one. */
void json_rfc3339_add(StrBuf *out, Timestamp time);

/* Reads a whole text; false when it is no such time, or outside of the years 1 to 9999 in UTC. */
bool json_rfc3339_read(const char *text, size_t n_bytes, Timestamp *ret_time)
        __attribute__((warn_unused_result));

/* MILLRACE_RELAY_SOURCES: the databases to drain, "order=DSN;warehouse=DSN". */
#pragma once

#include "base/error.h"

typedef struct SourceSpec {
        const char *name; /* in logs and metrics */
        const char *dsn;
} SourceSpec;

/* errors: internal, with what is wrong in words; never with a DSN, which may hold a password */
const Error *relay_source_list_read(Arena *arena, const char *text, SourceSpec **ret_specs,
                                    size_t *ret_n) MUST_CHECK;

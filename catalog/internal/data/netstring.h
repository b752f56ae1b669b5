/* Lists of texts in one column, as the function as_netstring of the database writes them: "5:black3:red". */
#pragma once

#include "base/error.h"

/*
 * ret_items    in arena
 * errors       internal, for what as_netstring cannot have written
 */
const Error *catalog_netstrings_read(Arena *arena, const char *text, const char *const **ret_items,
                                     size_t *ret_n) MUST_CHECK;

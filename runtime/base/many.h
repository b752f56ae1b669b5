/* Work on many items at once, and on each alone when one of them spoils it for all. */
#pragma once

#include <stddef.h>

#include "base/ctx.h"

/* Does the work for the items from first on, for all n or for none. */
typedef const Error *(*ManyWork)(void *arg, Ctx *ctx, size_t first, size_t n);

/*
 * Does the work for n items at once; when that fails for a reason that trying again later does not mend, for
 * each alone, so that nobody gets another's error.
 *
 * ret_errors   n items: NULL where the work is done
 */
void many_run(Ctx *ctx, ManyWork work, void *arg, size_t n, const Error **ret_errors);

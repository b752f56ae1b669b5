/*
 * Named points where a test can make the process die, fail or wait: MILLRACE_FAULT=order.after_payment=kill
 *
 * The value is a list "point=action[,point=action...]"; actions: `kill` (SIGKILL to itself), `error` (the
 * caller sees UNAVAILABLE), `stall:MS`. A point may carry a count, `point=kill@3`: the third time.
 *
 * MILLRACE_FAULT_FILE=path names a file in which the name of a point may be written while the process runs:
 * the process dies where it reaches that point. Both are refused at start unless MILLRACE_FAULTS_ENABLED=1.
 */
#pragma once

#include "base/ctx.h"

/*
 * Reads the environment; called once, before any thread. Returns false, with a sentence in *ret_problem
 * (static storage), when faults are set but not enabled, or malformed.
 */
bool fault_init(const char **ret_problem);

/* Does what it was told about this point, usually nothing. errors: UNAVAILABLE when told so. */
const Error *fault_point(Ctx *ctx, const char *point) MUST_CHECK;

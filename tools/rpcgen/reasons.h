/* The reasons of errors: the values of a package's enum Reason, and what an RPC lists of them. */
#pragma once

#include "model.h"
#include "service.h"

#define VALUE_PREFIX "REASON_" /* of the enum's values */

/* NULL when the file has no enum Reason. */
const EnumEntry *reasons_of(const Model *model, const FileEntry *file);

/*
 * Checks an RPC's list, and strips the packages of others' reasons, which the test of all protos looks up.
 *
 * errors     INVALID_PROTO: a name without a package that the file's enum Reason does not have
 */
const Error *reasons_read_errors(const Model *model, const FileEntry *file, const MethodRules *rules,
                                 MethodEntry *method) MUST_CHECK;

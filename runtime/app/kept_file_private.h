/* A small file that a process writes for its own next start. */
#pragma once

#include "base/error.h"

/*
 * Replaces the file whole, or leaves it as it was. For nobody but its owner.
 *
 * errors     internal, with the path and why
 */
const Error *app_kept_file_write(Arena *arena, const char *path, const char *text) MUST_CHECK;

/* Files that hold a key or a password. What is wrong with one is told, and never taken for no secret. */
#pragma once

#include "base/error.h"

#define SECRET_MAX_BYTES (16 * 1024)

/*
 * Reads a whole file that holds a secret. Blanks and line ends at its end are left out.
 *
 * ret_text   in arena
 * errors     internal ones, whose message names the file and what to do: it cannot be read, is no file, is
 *            readable or writable by everybody, is empty, holds a NUL, or is larger than SECRET_MAX_BYTES
 */
const Error *secret_file_read(Arena *arena, const char *path, const char **ret_text) MUST_CHECK;

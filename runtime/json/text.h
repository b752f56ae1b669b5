/* What yajl does not check in a JSON text: overlong UTF-8, broken surrogates, NUL. */
#pragma once

#include <stddef.h>

/* NULL, or what is wrong: bytes that are not UTF-8, or an escape for NUL or for half of a surrogate pair. */
const char *json_text_problem(const char *text, size_t n_bytes);

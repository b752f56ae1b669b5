/* Standard base64 with padding (RFC 4648 section 4), for bytes in JSON. */
#pragma once

#include "base/str.h"

void base64_add(StrBuf *out, Bytes bytes);

/* Decodes a whole text into arena; false when it is not canonical base64. */
bool base64_read(Arena *arena, const char *text, size_t n_bytes, Bytes *ret_bytes)
        __attribute__((warn_unused_result));

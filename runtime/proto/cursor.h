/* Where a list goes on, as an opaque text for the client: the time and the id of the last item shown. */
#pragma once

#include "base/error.h"

/* Base64url, since it is part of a URL; in arena. */
const char *proto_cursor_write(Arena *arena, int64_t time_us, const char *id);

/*
 * ret_id       in arena
 * errors       INVALID_REQUEST for a text that proto_cursor_write cannot have written, its field "cursor"
 */
const Error *proto_cursor_read(Arena *arena, const char *cursor, int64_t *ret_time_us,
                               const char **ret_id) MUST_CHECK;

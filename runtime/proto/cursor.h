/* Where a list of orders goes on, as an opaque text for the client. */
#pragma once

#include "biz/order/ports.h"

/* Base64url; lives in arena. */
const char *order_cursor_write(Arena *arena, const Order *last);

/* errors: INVALID_REQUEST for a text that order_cursor_write cannot have written, its field "cursor" */
const Error *order_cursor_read(Ctx *ctx, const char *cursor, OrderPosition *ret_position) MUST_CHECK;

/* The tables that rpcgen would write for sample.proto, with rules of every kind. */
#pragma once

#include "proto/message.h"
#include "sample.pb-c.h"

extern const MessageInfo sample_info, line_info, node_info, amount_info, moment_info, ratio_info;

/* A line, and a sample that keeps every rule; in arena. */
Sample__Line *sample_line(Arena *arena, const char *sku, int64_t quantity);
Sample__Sample *sample_valid(Arena *arena);

/* The description of the violation of that path, or fails. */
const char *sample_violation(const Error *error, const char *field);

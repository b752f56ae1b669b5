/* Inside the bus: what JetStream answers to a published message. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

typedef struct Ack {
        bool is_stored; /* a duplicate counts: the stream has it, at sequence */
        int64_t sequence;
        bool is_refused;     /* by a rule about the message itself (4xx), not by a stream in trouble (5xx) */
        const char *problem; /* in arena, when not stored */
} Ack;

/* Reads {"stream":"EVENTS","seq":7,"duplicate":true} or {"error":{"code":400,"description":"..."}}. */
Ack bus_ack_read(Arena *arena, const char *text, size_t n_bytes);

/* True for dot-separated tokens without blanks, controls or wildcards; all else breaks the protocol. */
bool bus_subject_is_valid(const char *subject);

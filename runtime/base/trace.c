#include "base/trace.h"

#include <string.h>

#include "base/str.h"
#include "base/uuid.h"

static bool is_id(const char *digits, size_t n) {
        return strspn(digits, "0123456789abcdef") >= n && strspn(digits, "0") < n;
}

bool trace_parse(const char *traceparent, Trace *ret_trace) {
        if (strlen(traceparent) != TRACE_PARENT_BYTES || !str_starts_with(traceparent, "00-") ||
            traceparent[35] != '-' || traceparent[52] != '-')
                return false;
        if (!is_id(traceparent + 3, 32) || !is_id(traceparent + 36, 16))
                return false;
        memcpy(ret_trace->trace_id, traceparent + 3, 32);
        ret_trace->trace_id[32] = '\0';
        memcpy(ret_trace->span_id, traceparent + 36, 16);
        ret_trace->span_id[16] = '\0';
        return true;
}

const char *trace_parent(Arena *arena, const Trace *trace) {
        if (!trace->trace_id[0] || !trace->span_id[0])
                return NULL;
        return arena_printf(arena, "00-%s-%s-01", trace->trace_id, trace->span_id);
}

const char *trace_child(Arena *arena, const Trace *trace) {
        Trace child = *trace;

        uuid_random_hex(child.span_id, 16);
        return str_or_empty(trace_parent(arena, &child));
}

void trace_complete(Arena *arena, Trace *trace) {
        if (!trace->trace_id[0]) {
                uuid_random_hex(trace->trace_id, 32);
                trace->span_id[0] = '\0';
        }
        if (!trace->span_id[0])
                uuid_random_hex(trace->span_id, 16);
        if (!trace->request_id)
                trace->request_id = arena_strdup(arena, trace->trace_id);
}

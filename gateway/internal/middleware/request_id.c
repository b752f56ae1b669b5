#include "middleware/request_id.h"

#include <string.h>

#include "base/trace.h"

static bool is_sane(const char *id) {
        size_t n = strspn(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.:");

        return !id[n] && n >= REQUEST_ID_MIN_BYTES && n <= REQUEST_ID_MAX_BYTES;
}

Trace gateway_request_id(const HttpRequest *request, HttpResponse *response) {
        const char *id = http_request_header(request, "X-Request-Id");
        const char *parent = http_request_header(request, "traceparent");
        Trace trace;

        if (!parent || !trace_parse(parent, &trace))
                trace = (Trace) { 0 };
        trace.request_id = id && is_sane(id) ? id : NULL;
        trace_complete(request->arena, &trace);
        http_response_header(response, "X-Request-Id", trace.request_id);
        return trace;
}

#include "middleware/cors.h"

#include <string.h>

#define NO_CONTENT 204

static bool is_listed(const char *list, const char *origin) {
        size_t n_origin = strlen(origin);

        while (*list) {
                list += strspn(list, ", ");
                size_t n = strcspn(list, ", ");

                if ((n == 1 && *list == '*') || (n == n_origin && n > 0 && strncmp(list, origin, n) == 0))
                        return true;
                list += n;
        }
        return false;
}

static void allow_preflight(HttpResponse *response) {
        http_response_header(response, "Access-Control-Allow-Methods", "GET, POST, PUT, PATCH, DELETE");
        http_response_header(response, "Access-Control-Allow-Headers",
                             "Authorization, Content-Type, Idempotency-Key, X-Request-Id, traceparent");
        http_response_header(response, "Access-Control-Max-Age", "600");
}

bool gateway_cors(const char *origins, const HttpRequest *request, HttpResponse *response) {
        const char *origin = http_request_header(request, "Origin");
        bool is_preflight = origin && str_equal(request->verb, "OPTIONS") &&
                            http_request_header(request, "Access-Control-Request-Method");

        if (!origin)
                return false;
        http_response_header(response, "Vary", "Origin");
        if (is_listed(origins, origin)) {
                http_response_header(response, "Access-Control-Allow-Origin", origin);
                http_response_header(response, "Access-Control-Expose-Headers",
                                     "X-Request-Id, Idempotent-Replayed, Location, Retry-After, "
                                     "RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset");
                if (is_preflight)
                        allow_preflight(response);
        }
        if (is_preflight)
                response->status = NO_CONTENT;
        return is_preflight;
}

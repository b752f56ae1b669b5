#include "http/head_private.h"

#include <string.h>
#include <strings.h>

#include "base/memory.h"
#include "http/uri.h"

#define BAD_REQUEST 400
#define LENGTH_REQUIRED 411
#define BODY_TOO_LARGE 413
#define EXPECTATION_FAILED 417

typedef enum Singleton { HOST, CONTENT_LENGTH, EXPECT, OTHERS } Singleton;

/* Headers with one value: of two, two readers could take different ones. */
static const char *const singletons[] = {
        [HOST] = "Host",
        [CONTENT_LENGTH] = "Content-Length",
        [EXPECT] = "Expect",
        [OTHERS] = "Access-Control-Request-Method",
        "Authorization",
        "Content-Type",
        "Cookie",
        "Date",
        "From",
        "Idempotency-Key",
        "If-Match",
        "Max-Forwards",
        "Origin",
        "Proxy-Authorization",
        "Referer",
        "Traceparent",
        "User-Agent",
        "X-Request-Id",
};

#define N_SINGLETONS ARRAY_SIZE(singletons)

/* The head as it is judged. */
typedef struct Judgement {
        HttpRequest *request;
        const char *target;
        bool is_http_1_0;
        const char *values[N_SINGLETONS]; /* NULL: not there */
        HeadTerms terms;
} Judgement;

void http_head_note(Head *head, const ParserEvent *event) {
        if (event->kind == PARSER_LINE) {
                head->method = event->first;
                head->target = event->second;
                head->is_http_1_0 = event->is_http_1_0;
        } else if (event->kind == PARSER_HEADER) {
                head->headers[head->n_headers++] = (HeadHeader) { event->first, event->second };
        }
}

bool http_head_omits_body(const Head *head, const char *bytes) {
        return head->method.n_bytes == 4 && memcmp(bytes + head->method.at, "HEAD", 4) == 0;
}

/* ---- the copy ---- */

/* Each piece is followed by a byte that separates it from the next, so the end of its text fits there. */
static const char *terminate(char *copy, Span span) {
        copy[span.at + span.n_bytes] = '\0';
        return copy + span.at;
}

static const char *copy_head(const Head *head, const char *bytes, size_t n_bytes, HttpRequest *request) {
        char *copy = arena_memdup(request->arena, bytes, n_bytes);
        HttpPair *pairs = ARENA_ARRAY(request->arena, HttpPair, head->n_headers);

        for (size_t i = 0; i < head->n_headers; i++)
                pairs[i] = (HttpPair) { terminate(copy, head->headers[i].name),
                                       terminate(copy, head->headers[i].value) };
        request->headers = pairs;
        request->n_headers = head->n_headers;
        request->verb = terminate(copy, head->method);
        return terminate(copy, head->target);
}

/* ---- the judgement ---- */

static bool refuse(Judgement *judgement, int status, const char *problem) {
        judgement->terms.status = status;
        judgement->terms.problem = problem;
        judgement->terms.closes = true;
        return false;
}

static bool note_singleton(Judgement *judgement, const HttpPair *header) {
        for (size_t i = 0; i < N_SINGLETONS; i++) {
                if (strcasecmp(singletons[i], header->name) != 0)
                        continue;
                if (judgement->values[i])
                        return refuse(judgement, BAD_REQUEST,
                                      "A header is there twice that may be only once");
                judgement->values[i] = header->value;
        }
        return true;
}

static bool check_singletons(Judgement *judgement) {
        const HttpRequest *request = judgement->request;

        for (size_t i = 0; i < request->n_headers; i++)
                if (!note_singleton(judgement, &request->headers[i]))
                        return false;
        return true;
}

/* RFC 3986: a name, an IPv4 address, or an IPv6 address in brackets; then perhaps a port. */
static bool is_host(const char *host) {
        static const char digits[] = "0123456789",
                          name[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-._~",
                          address[] = "0123456789abcdefABCDEF:.";
        bool is_bracketed = *host == '[';
        size_t n = strspn(host + is_bracketed, is_bracketed ? address : name);
        const char *end = host + is_bracketed + n;

        if (n == 0 || (is_bracketed && *end++ != ']'))
                return false;
        return !*end || (*end == ':' && !end[1 + strspn(end + 1, digits)]);
}

static bool check_host(Judgement *judgement) {
        const char *host = judgement->values[HOST];

        if (!host && !judgement->is_http_1_0)
                return refuse(judgement, BAD_REQUEST, "The request needs exactly one Host");
        if (host && !is_host(host))
                return refuse(judgement, BAD_REQUEST, "The request's Host is malformed");
        return true;
}

/* Beyond the limit it does not matter by how much. */
static size_t bounded_number(const char *digits) {
        size_t n = 0;

        for (; *digits && n <= HTTP_MAX_BODY_BYTES; digits++)
                n = n * 10 + (size_t) (*digits - '0');
        return n;
}

static bool check_framing(Judgement *judgement) {
        const char *length = judgement->values[CONTENT_LENGTH];
        bool has_encoding = http_request_header(judgement->request, "Transfer-Encoding") != NULL;

        if (length && has_encoding)
                return refuse(judgement, BAD_REQUEST, "The body's length is given twice");
        if (has_encoding)
                return refuse(judgement, LENGTH_REQUIRED, "A body needs a Content-Length");
        if (!length)
                return true;
        if (!*length || length[strspn(length, "0123456789")])
                return refuse(judgement, BAD_REQUEST, "Content-Length is not a number");
        judgement->terms.n_body_bytes = bounded_number(length);
        if (judgement->terms.n_body_bytes > HTTP_MAX_BODY_BYTES)
                return refuse(judgement, BODY_TOO_LARGE, "The body is too large");
        return true;
}

static bool check_expectation(Judgement *judgement) {
        const char *expectation = judgement->values[EXPECT];

        if (!expectation || judgement->is_http_1_0)
                return true;
        if (strcasecmp(expectation, "100-continue") != 0)
                return refuse(judgement, EXPECTATION_FAILED, "The only Expect is 100-continue");
        judgement->terms.expects_continue = true;
        return true;
}

/* "http://host/path" -> "/path", when that is the Host; NULL when it is not. */
static const char *without_authority(const char *target, const char *host) {
        size_t n_scheme = strncasecmp(target, "http://", 7) == 0    ? 7
                          : strncasecmp(target, "https://", 8) == 0 ? 8
                                                                    : 0;

        if (!host || n_scheme == 0 || strncasecmp(target + n_scheme, host, strlen(host)) != 0)
                return NULL;
        const char *path = target + n_scheme + strlen(host);
        return *path == '/' ? path : *path ? NULL : "/";
}

static bool check_target(Judgement *judgement) {
        HttpRequest *request = judgement->request;
        const char *target = judgement->target;

        if (*target != '/')
                target = without_authority(target, judgement->values[HOST]);
        if (!target)
                return refuse(judgement, BAD_REQUEST, "The target is neither a path nor at the Host");
        if (strpbrk(target, "[]")) /* which stand in a Host alone */
                return refuse(judgement, BAD_REQUEST, "The target holds a character that it may not");
        size_t n_path_bytes = strcspn(target, "?");
        const char *query = target + n_path_bytes;
        request->path = arena_strndup(request->arena, target, n_path_bytes);
        if (!http_uri_is_path(request->arena, request->path))
                return refuse(judgement, BAD_REQUEST, "The path is not plain percent-encoded UTF-8");
        request->raw_query = arena_strdup(request->arena, *query ? query + 1 : "");
        if (!http_uri_parse_query(request->arena, request->raw_query, &request->query, &request->n_query))
                return refuse(judgement, BAD_REQUEST, "The query is malformed or has too many parameters");
        return true;
}

/* Connection is a list: "keep-alive, close". */
static bool asks_to_close(const HttpRequest *request) {
        for (size_t i = 0; i < request->n_headers; i++) {
                if (strcasecmp(request->headers[i].name, "Connection") != 0)
                        continue;
                for (const char *word = request->headers[i].value; *word;) {
                        size_t n = strcspn(word, ", \t");

                        if (n == 5 && strncasecmp(word, "close", n) == 0)
                                return true;
                        word += n ? n : 1;
                }
        }
        return false;
}

HeadTerms http_head_finish(const Head *head, const char *bytes, size_t n_bytes, HttpRequest *request) {
        static bool (*const checks[])(Judgement * judgement) = { check_singletons, check_host, check_framing,
                                                                 check_expectation, check_target };
        Judgement judgement = { .request = request, .is_http_1_0 = head->is_http_1_0 };

        judgement.target = copy_head(head, bytes, n_bytes, request);
        judgement.terms.closes = head->is_http_1_0 || asks_to_close(request);
        for (size_t i = 0; i < ARRAY_SIZE(checks); i++)
                if (!checks[i](&judgement))
                        break;
        return judgement.terms;
}

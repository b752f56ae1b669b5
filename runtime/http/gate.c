#include "http/gate.h"

#include <string.h>
#include <strings.h>

#define BAD_REQUEST 400
#define BODY_TOO_LARGE 413
#define URI_TOO_LONG 414
#define TOO_MANY_HEADERS 431

static int refuse(int status, const char *problem, const char **ret_problem) {
        *ret_problem = problem;
        return status;
}

/* RFC 9110 5.6.2. */
static bool is_token(const char *text) {
        static const char others[] = "!#$%&'*+-.^_`|~";

        if (!*text)
                return false;
        for (; *text; text++)
                if (!((*text >= '0' && *text <= '9') || (*text >= 'A' && *text <= 'Z') ||
                      (*text >= 'a' && *text <= 'z') || strchr(others, *text)))
                        return false;
        return true;
}

static bool is_header_value(const char *text) {
        for (; *text; text++)
                if (((unsigned char) *text < 0x20 && *text != '\t') || *text == 0x7F)
                        return false;
        return true;
}

static bool is_target(const char *text) {
        if (*text != '/')
                return false;
        for (; *text; text++)
                if (*text <= 0x20 || *text >= 0x7F || *text == '#')
                        return false;
        return true;
}

/* How often a header is there; the last one's value. */
static size_t find(const GateHead *head, const char *name, const char **ret_value) {
        size_t n = 0;

        for (size_t i = 0; i < head->n_headers; i++)
                if (strcasecmp(head->headers[i].name, name) == 0) {
                        *ret_value = head->headers[i].value;
                        n++;
                }
        return n;
}

static int check_line(const GateHead *head, const char **ret_problem) {
        if (!str_equal(head->version, "HTTP/1.1") && !str_equal(head->version, "HTTP/1.0"))
                return refuse(BAD_REQUEST, "Only HTTP/1.1 and HTTP/1.0 are spoken here", ret_problem);
        if (strlen(head->target) > HTTP_MAX_URI_BYTES)
                return refuse(URI_TOO_LONG, "The request's target is too long", ret_problem);
        if (!is_token(head->verb) || !is_target(head->target))
                return refuse(BAD_REQUEST, "The request line is malformed", ret_problem);
        return 0;
}

static int check_headers(const GateHead *head, const char **ret_problem) {
        if (head->n_headers > HTTP_MAX_HEADERS)
                return refuse(TOO_MANY_HEADERS, "The request has too many headers", ret_problem);
        for (size_t i = 0; i < head->n_headers; i++) {
                if (!is_token(head->headers[i].name))
                        return refuse(BAD_REQUEST, "A header's name is malformed", ret_problem);
                if (!is_header_value(head->headers[i].value))
                        return refuse(BAD_REQUEST, "A header's value holds a control character", ret_problem);
        }
        return 0;
}

static int check_host(const GateHead *head, const char **ret_problem) {
        const char *host = NULL;
        size_t n = find(head, "Host", &host);

        if (n > 1 || (n == 0 && str_equal(head->version, "HTTP/1.1")))
                return refuse(BAD_REQUEST, "The request needs exactly one Host", ret_problem);
        return 0;
}

static int check_length(const char *length, const char **ret_problem) {
        int64_t n_bytes;

        if (!*length || length[strspn(length, "0123456789")])
                return refuse(BAD_REQUEST, "Content-Length is not a number", ret_problem);
        if (!str_parse_int64(length, &n_bytes) || n_bytes > HTTP_MAX_BODY_BYTES)
                return refuse(BODY_TOO_LARGE, "The body is too large", ret_problem);
        return 0;
}

static int check_framing(const GateHead *head, const char **ret_problem) {
        const char *length = NULL, *encoding = NULL;
        size_t n_lengths = find(head, "Content-Length", &length);
        size_t n_encodings = find(head, "Transfer-Encoding", &encoding);

        if (n_lengths + n_encodings > 1)
                return refuse(BAD_REQUEST, "The body's length is given more than once", ret_problem);
        if (n_encodings == 1 &&
            (strcasecmp(encoding, "chunked") != 0 || str_equal(head->version, "HTTP/1.0")))
                return refuse(BAD_REQUEST, "The only Transfer-Encoding is chunked, with HTTP/1.1",
                              ret_problem);
        return n_lengths == 1 ? check_length(length, ret_problem) : 0;
}

int gate_check(const GateHead *head, const char **ret_problem) {
        static int (*const checks[])(const GateHead *head, const char **ret_problem) = {
                check_line,
                check_headers,
                check_host,
                check_framing,
        };

        for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
                int status = checks[i](head, ret_problem);

                if (status)
                        return status;
        }
        return 0;
}

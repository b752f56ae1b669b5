#include "http/parser_private.h"

#include <string.h>

#include "http/server.h"

#define BAD_REQUEST 400
#define URI_TOO_LONG 414
#define HEADERS_TOO_LARGE 431
#define VERSION_NOT_SUPPORTED 505

/* What may stand in a token (RFC 9110 5.6.2), in a target, in a header's value, between its colon and it. */
enum { TOKEN = 1 << 0, TARGET = 1 << 1, VALUE = 1 << 2, BLANK = 1 << 3 };

#define OTHER (TARGET | VALUE)
#define BOTH (TOKEN | TARGET | VALUE)

static const uint8_t classes[256] = {
        ['\t'] = VALUE | BLANK, [' '] = VALUE | BLANK, ['#'] = TOKEN | VALUE, ['!'] = BOTH,
        ['$' ... '\''] = BOTH,  ['*' ... '+'] = BOTH,  ['-' ... '.'] = BOTH,  ['0' ... '9'] = BOTH,
        ['A' ... 'Z'] = BOTH,   ['a' ... 'z'] = BOTH,  ['_'] = BOTH,          ['~'] = BOTH,
        ['^'] = TOKEN | VALUE,  ['`'] = TOKEN | VALUE, ['|'] = TOKEN | VALUE, ['"'] = VALUE,
        ['(' ... ')'] = OTHER,  [','] = OTHER,         ['/'] = OTHER,         [':' ... ';'] = OTHER,
        ['='] = OTHER,          ['?' ... '@'] = OTHER, ['['] = OTHER,         [']'] = OTHER,
        ['<'] = VALUE,          ['>'] = VALUE,         ['\\'] = VALUE,        ['{'] = VALUE,
        ['}'] = VALUE,
};

typedef enum State {
        IN_METHOD,
        IN_TARGET,
        IN_VERSION,
        AFTER_LINE,
        IN_NAME,
        IN_BLANKS,
        IN_VALUE,
        AFTER_VALUE,
        AFTER_HEAD,
} State;

/* The bytes that each state runs over; any other is judged by itself. */
static const uint8_t runs[] = {
        [IN_METHOD] = TOKEN, [IN_TARGET] = TARGET, [IN_VERSION] = TARGET, [IN_NAME] = TOKEN,
        [IN_BLANKS] = BLANK, [IN_VALUE] = VALUE,   [AFTER_HEAD] = 0,
};

static ParserEvent refuse(int status, const char *problem) {
        return (ParserEvent) { .kind = PARSER_REFUSED, .status = status, .problem = problem };
}

static ParserEvent go_on(Parser *parser, State next) {
        parser->state = next;
        parser->start = ++parser->at;
        return (ParserEvent) { .kind = PARSER_MORE };
}

static Span token(const Parser *parser) {
        return (Span) { (uint16_t) parser->start, (uint16_t) (parser->at - parser->start) };
}

static Span without_trailing_blanks(Span span, const char *bytes) {
        while (span.n_bytes > 0 && classes[(uint8_t) bytes[span.at + span.n_bytes - 1]] & BLANK)
                span.n_bytes--;
        return span;
}

static ParserEvent event_of(const Parser *parser, ParserEventKind kind) {
        return (ParserEvent) { .kind = kind,
                              .first = parser->first,
                              .second = parser->second,
                              .is_http_1_0 = parser->is_http_1_0 };
}

/* ---- the request line ---- */

static ParserEvent check_version(Parser *parser, const char *bytes) {
        Span span = token(parser);
        const char *version = bytes + span.at;

        if (span.n_bytes != 8 || memcmp(version, "HTTP/", 5) != 0 || version[6] != '.')
                return refuse(BAD_REQUEST, "The request line does not end with a version of HTTP");
        if (version[5] != '1' || (version[7] != '1' && version[7] != '0'))
                return refuse(VERSION_NOT_SUPPORTED, "Only HTTP/1.1 and HTTP/1.0 are spoken here");
        parser->is_http_1_0 = version[7] == '0';
        return go_on(parser, AFTER_LINE);
}

static ParserEvent judge_line(Parser *parser, const char *bytes) {
        char byte = bytes[parser->at];
        bool is_empty = parser->at == parser->start;

        if (parser->state == IN_METHOD && byte == ' ' && !is_empty) {
                parser->first = token(parser);
                return go_on(parser, IN_TARGET);
        }
        if (parser->state == IN_TARGET && byte == ' ' && !is_empty) {
                parser->second = token(parser);
                return go_on(parser, IN_VERSION);
        }
        if (parser->state == IN_VERSION && byte == '\r')
                return check_version(parser, bytes);
        if (parser->state == AFTER_LINE && byte == '\n') {
                go_on(parser, IN_NAME);
                return event_of(parser, PARSER_LINE);
        }
        return refuse(BAD_REQUEST, "The request line is malformed");
}

/* ---- headers ---- */

static ParserEvent judge_name(Parser *parser, char byte) {
        bool is_empty = parser->at == parser->start;

        if (byte == '\r' && is_empty)
                return go_on(parser, AFTER_HEAD);
        if (byte != ':' || is_empty)
                return refuse(BAD_REQUEST, "A header's name is malformed");
        parser->first = token(parser);
        return go_on(parser, IN_BLANKS);
}

static ParserEvent end_of_blanks(Parser *parser) {
        parser->state = IN_VALUE;
        parser->start = parser->at;
        return (ParserEvent) { .kind = PARSER_MORE };
}

static ParserEvent judge_value(Parser *parser, const char *bytes) {
        if (bytes[parser->at] != '\r')
                return refuse(BAD_REQUEST, "A header's value holds a character that it may not");
        parser->second = without_trailing_blanks(token(parser), bytes);
        return go_on(parser, AFTER_VALUE);
}

static ParserEvent end_of_header(Parser *parser, char byte) {
        if (byte != '\n')
                return refuse(BAD_REQUEST, "A header's value holds a character that it may not");
        if (++parser->n_headers > HTTP_MAX_HEADERS)
                return refuse(HEADERS_TOO_LARGE, "The request has too many headers");
        go_on(parser, IN_NAME);
        return event_of(parser, PARSER_HEADER);
}

static ParserEvent end_of_head(Parser *parser, char byte) {
        if (byte != '\n')
                return refuse(BAD_REQUEST, "The request's head is malformed");
        go_on(parser, IN_METHOD);
        return (ParserEvent) { .kind = PARSER_END };
}

static ParserEvent judge(Parser *parser, const char *bytes) {
        switch ((State) parser->state) {
        case IN_METHOD:
        case IN_TARGET:
        case IN_VERSION:
        case AFTER_LINE:
                return judge_line(parser, bytes);
        case IN_NAME:
                return judge_name(parser, bytes[parser->at]);
        case IN_BLANKS:
                return end_of_blanks(parser);
        case IN_VALUE:
                return judge_value(parser, bytes);
        case AFTER_VALUE:
                return end_of_header(parser, bytes[parser->at]);
        case AFTER_HEAD:
                return end_of_head(parser, bytes[parser->at]);
        }
        return refuse(BAD_REQUEST, "The request's head is malformed");
}

/* ---- limits ---- */

static bool is_in_line(const Parser *parser) {
        return parser->state <= AFTER_LINE;
}

static ParserEvent too_large(const Parser *parser) {
        return is_in_line(parser) ? refuse(URI_TOO_LONG, "The request line is too long")
                                  : refuse(HEADERS_TOO_LARGE, "The request's head is too large");
}

ParserEvent http_parser_next(Parser *parser, const char *bytes, size_t n_bytes) {
        ParserEvent event = { .kind = PARSER_MORE };

        while (event.kind == PARSER_MORE) {
                size_t limit = is_in_line(parser) ? HTTP_MAX_LINE_BYTES : HTTP_MAX_HEAD_BYTES;
                size_t end = n_bytes < limit ? n_bytes : limit;

                while (parser->at < end && classes[(uint8_t) bytes[parser->at]] & runs[parser->state])
                        parser->at++;
                if (parser->at == limit)
                        return too_large(parser);
                if (parser->at == end)
                        return event;
                event = judge(parser, bytes);
        }
        return event;
}

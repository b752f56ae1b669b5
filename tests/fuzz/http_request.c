/*
 * Requests of arbitrary bytes: however they are cut, the parser tells the same, and what it lets pass is what
 * handlers rely on.
 */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "http/head_private.h"

/* A reader of one connection, and a digest of what it was told. */
typedef struct Reader {
        Parser parser;
        Head head;
        size_t begin, skip; /* of the request at hand; of its body, what has not come yet */
        uint64_t digest;
        bool has_ended;
} Reader;

static void demand(bool holds) {
        if (!holds)
                abort();
}

static void digest(Reader *reader, const void *bytes, size_t n_bytes) {
        for (size_t i = 0; i < n_bytes; i++)
                reader->digest = (reader->digest ^ ((const uint8_t *) bytes)[i]) * 1099511628211u;
        reader->digest = (reader->digest ^ n_bytes) * 1099511628211u;
}

static void digest_number(Reader *reader, size_t n) {
        digest(reader, &n, sizeof(n));
}

static void check_request(const HttpRequest *request) {
        Arena *arena = request->arena;

        demand(request->verb[0] != '\0' && request->path[0] == '/');
        demand(!strpbrk(request->path, " \r\n\t#?"));
        demand(request->n_headers <= HTTP_MAX_HEADERS && request->n_query <= HTTP_MAX_QUERY);
        demand(!http_request_header(request, "Transfer-Encoding"));
        for (size_t i = 0; i < request->n_headers; i++) {
                demand(request->headers[i].name[0] != '\0' && !strpbrk(request->headers[i].name, " \t\r\n:"));
                demand(!strpbrk(request->headers[i].value, "\r\n\v\f"));
        }
        for (size_t i = 0; i < request->n_query; i++)
                demand(request->query[i].name[0] != '\0' && arena_strdup(arena, request->query[i].value));
}

static void end_head(Reader *reader, const uint8_t *bytes) {
        HttpRequest request = { .arena = arena_new() };
        HeadTerms terms = http_head_finish(&reader->head, (const char *) bytes + reader->begin,
                                           reader->parser.at, &request);

        digest_number(reader, (size_t) terms.status);
        digest_number(reader, terms.n_body_bytes + terms.closes + 2 * terms.expects_continue);
        reader->has_ended = terms.status || terms.closes;
        if (!terms.status) {
                demand(terms.n_body_bytes <= HTTP_MAX_BODY_BYTES);
                check_request(&request);
        }
        reader->begin += reader->parser.at;
        reader->skip = terms.n_body_bytes;
        reader->parser = (Parser) { 0 };
        reader->head.n_headers = 0;
        arena_free(request.arena);
}

static void take(Reader *reader, const uint8_t *bytes, const ParserEvent *event) {
        const uint8_t *head = bytes + reader->begin;

        digest_number(reader, event->kind);
        digest_number(reader, (size_t) event->status);
        if (event->kind == PARSER_LINE || event->kind == PARSER_HEADER) {
                digest(reader, head + event->first.at, event->first.n_bytes);
                digest(reader, head + event->second.at, event->second.n_bytes);
        }
        http_head_note(&reader->head, event);
        reader->has_ended = event->kind == PARSER_REFUSED;
        if (event->kind == PARSER_END)
                end_head(reader, bytes);
}

/* Of a copy that ends where the piece ends, so that a byte read beyond it is noticed. */
static void feed(Reader *reader, const uint8_t *data, size_t n_bytes) {
        uint8_t *bytes = malloc(n_bytes ? n_bytes : 1);

        demand(bytes != NULL);
        memcpy(bytes, data, n_bytes);
        while (!reader->has_ended) {
                if (reader->begin + reader->skip > n_bytes)
                        break;
                reader->begin += reader->skip;
                reader->skip = 0;
                ParserEvent event = http_parser_next(&reader->parser, (const char *) bytes + reader->begin,
                                                     n_bytes - reader->begin);
                if (event.kind == PARSER_MORE)
                        break;
                take(reader, bytes, &event);
        }
        free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes) {
        static Reader whole, pieces, bytewise;
        size_t step = n_bytes > 0 ? 1 + data[n_bytes - 1] % 61 : 1;

        whole = pieces = bytewise = (Reader) { .digest = 14695981039346656037u };
        feed(&whole, data, n_bytes);
        for (size_t end = 0; end < n_bytes; end += step)
                feed(&pieces, data, end);
        feed(&pieces, data, n_bytes);
        for (size_t end = 0; n_bytes <= 512 && end <= n_bytes; end++)
                feed(&bytewise, data, end);
        demand(pieces.digest == whole.digest && pieces.begin == whole.begin);
        demand(n_bytes > 512 || (bytewise.digest == whole.digest && bytewise.begin == whole.begin));
        return 0;
}

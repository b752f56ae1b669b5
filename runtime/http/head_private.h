/*
 * What a request's head means: collects the parser's events, then judges what only the whole head shows. A
 * proxy in front that reads a request in another way than we do could be made to pass requests that it never
 * saw, so whatever could be read in two ways is refused. Knows nothing of sockets.
 */
#pragma once

#include "http/parser_private.h"
#include "http/server.h"

typedef struct HeadHeader {
        Span name, value;
} HeadHeader;

/* Begins as { 0 }. */
typedef struct Head {
        Span method, target;
        bool is_http_1_0;
        HeadHeader headers[HTTP_MAX_HEADERS];
        size_t n_headers;
} Head;

/* Notes a PARSER_LINE or PARSER_HEADER. */
void http_head_note(Head *head, const ParserEvent *event);

/* True when the answer to it has no body. */
bool http_head_omits_body(const Head *head, const char *bytes);

/* On what terms the request is served. */
typedef struct HeadTerms {
        int status; /* to refuse it with; 0: it may go on */
        const char *problem;
        size_t n_body_bytes;
        bool closes;           /* its connection ends with the answer */
        bool expects_continue; /* before it sends its body */
} HeadTerms;

/* Copies the head into request->arena, fills in the request but its body and client, and judges it. */
HeadTerms http_head_finish(const Head *head, const char *bytes, size_t n_bytes, HttpRequest *request);

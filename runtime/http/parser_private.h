/*
 * From the bytes of a request's head to events. A pure function: it does no I/O, keeps no text and allocates
 * nothing; what it remembers from one call to the next is in the Parser. Each byte is judged once and in its
 * order, so the events are the same however the bytes were cut into pieces.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A piece of the head. */
typedef struct Span {
        uint16_t at;
        uint16_t n_bytes;
} Span;

typedef enum ParserEventKind {
        PARSER_MORE,    /* every byte is judged, and the head goes on */
        PARSER_LINE,    /* the request line: its method and target */
        PARSER_HEADER,  /* a header: its name and value, without the blanks around it */
        PARSER_END,     /* of the head; parser.at is its length */
        PARSER_REFUSED, /* with status and problem; nothing follows */
} ParserEventKind;

typedef struct ParserEvent {
        ParserEventKind kind;
        Span first, second;
        bool is_http_1_0; /* of the request line */
        int status;
        const char *problem; /* one sentence, static */
} ParserEvent;

/* Begins as { 0 }, for each request anew. */
typedef struct Parser {
        int state;
        size_t at;    /* bytes that are judged */
        size_t start; /* of the token at hand */
        size_t n_headers;
        Span first, second;
        bool is_http_1_0;
} Parser;

/*
 * The next event. bytes are all of the head so far, from its first one on; after a PARSER_MORE there must be
 * more of them.
 */
ParserEvent http_parser_next(Parser *parser, const char *bytes, size_t n_bytes);

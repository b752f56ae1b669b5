/*
 * What a connection has yet to send: pieces in their order, which an answer adds as it has them. Also makes
 * the head of an answer.
 */
#pragma once

#include "http/server.h"
#include "http/transport_private.h"

#define WRITER_MAX_PIECES 4

/* Begins as { 0 }. */
typedef struct Writer {
        Bytes pieces[WRITER_MAX_PIECES]; /* borrowed until they are sent */
        size_t n_pieces;
} Writer;

/* Aborts beyond WRITER_MAX_PIECES. */
void http_writer_add(Writer *writer, Bytes piece);

typedef enum WriterOutcome { WRITER_DONE, WRITER_LATER, WRITER_BROKEN } WriterOutcome;

/* Sends what it can; ret_moved: it sent something. */
WriterOutcome http_writer_flush(Writer *writer, Transport *transport, bool *ret_moved);

/* False for an answer that never has a body, nor its length: 204 and 304. */
bool http_answer_has_body(const HttpResponse *response);

/* Status line and headers, in response->arena; date is the value of the Date header. */
Bytes http_answer_head(const HttpResponse *response, const char *date, bool closes);

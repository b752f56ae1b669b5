#include "http/writer_private.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/memory.h"

void http_writer_add(Writer *writer, Bytes piece) {
        if (writer->n_pieces == WRITER_MAX_PIECES)
                abort();
        if (piece.n_bytes > 0)
                writer->pieces[writer->n_pieces++] = piece;
}

static void sent(Writer *writer, size_t n_bytes) {
        size_t n = 0;

        for (; n < writer->n_pieces && n_bytes >= writer->pieces[n].n_bytes; n++)
                n_bytes -= writer->pieces[n].n_bytes;
        writer->n_pieces -= n;
        memmove(writer->pieces, writer->pieces + n, writer->n_pieces * sizeof(Bytes));
        if (writer->n_pieces > 0) {
                writer->pieces[0].data += n_bytes;
                writer->pieces[0].n_bytes -= n_bytes;
        }
}

WriterOutcome http_writer_flush(Writer *writer, Transport *transport, bool *ret_moved) {
        *ret_moved = false;
        while (writer->n_pieces > 0) {
                struct iovec pieces[WRITER_MAX_PIECES];

                for (size_t i = 0; i < writer->n_pieces; i++)
                        pieces[i] =
                                (struct iovec) { (void *) writer->pieces[i].data, writer->pieces[i].n_bytes };
                ssize_t n = transport->ops->write(transport, pieces, writer->n_pieces);
                if (n < 0)
                        return n == TRANSPORT_LATER ? WRITER_LATER : WRITER_BROKEN;
                sent(writer, (size_t) n);
                *ret_moved = true;
        }
        return WRITER_DONE;
}

/* ---- the head of an answer ---- */

static const char *phrase_of(int status) {
        static const struct {
                int status;
                const char *phrase;
        } phrases[] = {
                { 200, "OK" },
                { 201, "Created" },
                { 202, "Accepted" },
                { 204, "No Content" },
                { 304, "Not Modified" },
                { 308, "Permanent Redirect" },
                { 400, "Bad Request" },
                { 401, "Unauthorized" },
                { 403, "Forbidden" },
                { 404, "Not Found" },
                { 405, "Method Not Allowed" },
                { 409, "Conflict" },
                { 410, "Gone" },
                { 411, "Length Required" },
                { 413, "Content Too Large" },
                { 414, "URI Too Long" },
                { 415, "Unsupported Media Type" },
                { 417, "Expectation Failed" },
                { 422, "Unprocessable Content" },
                { 429, "Too Many Requests" },
                { 431, "Request Header Fields Too Large" },
                { 499, "Client Closed Request" }, /* no RFC has one: what proxies call it */
                { 500, "Internal Server Error" },
                { 501, "Not Implemented" },
                { 503, "Service Unavailable" },
                { 505, "HTTP Version Not Supported" },
        };

        for (size_t i = 0; i < ARRAY_SIZE(phrases); i++)
                if (phrases[i].status == status)
                        return phrases[i].phrase;
        return "Unknown";
}

static bool is_one_line(const char *text) {
        for (; *text; text++)
                if (((unsigned char) *text < ' ' && *text != '\t') || *text == 0x7F)
                        return false;
        return true;
}

static void add_header(StrBuf *head, const char *name, const char *value) {
        if (!is_one_line(value)) {
                log_error("an answer's header is malformed and left out", log_text("name", name));
                return;
        }
        strbuf_add(head, name);
        strbuf_add(head, ": ");
        strbuf_add(head, value);
        strbuf_add(head, "\r\n");
}

bool http_answer_has_body(const HttpResponse *response) {
        return response->status != 204 && response->status != 304;
}

Bytes http_answer_head(const HttpResponse *response, const char *date, bool closes) {
        StrBuf head = { .arena = response->arena };

        strbuf_addf(&head, "HTTP/1.1 %d %s\r\n", response->status, phrase_of(response->status));
        add_header(&head, "Date", date);
        if (http_answer_has_body(response))
                strbuf_addf(&head, "Content-Length: %zu\r\n", response->body.n_bytes);
        if (response->content_type)
                add_header(&head, "Content-Type", response->content_type);
        for (size_t i = 0; i < response->n_headers; i++)
                add_header(&head, response->headers[i].name, response->headers[i].value);
        if (closes)
                strbuf_add(&head, "Connection: close\r\n");
        strbuf_add(&head, "\r\n");
        return (Bytes) { (const uint8_t *) head.text, head.n_bytes };
}

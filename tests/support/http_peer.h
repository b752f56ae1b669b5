/*
 * A client that says exactly what it is told, well-formed or not, and reads answers. Fails the test on what
 * it cannot do.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Texts live until the test ends. */
typedef struct HttpReply {
        int status; /* 0: the connection was closed without an answer */
        const char *head;
        const char *body;
} HttpReply;

/* Connects to 127.0.0.1; reads give up after 30 s. */
int http_peer_connect(uint16_t port);

/* False when nobody listens. */
bool http_peer_can_connect(uint16_t port);

void http_peer_send(int fd, const char *bytes, size_t n_bytes);
void http_peer_say(int fd, const char *text);

/* Reads one answer, its body by Content-Length. */
HttpReply http_peer_read(int fd);

/* Reads one answer that has no body, whatever its Content-Length says. */
HttpReply http_peer_read_head(int fd);

/* True when the other side closes. */
bool http_peer_is_closed(int fd);

/* One request on a connection of its own. */
HttpReply http_peer_ask(uint16_t port, const char *text);

/* The value of an answer's header, or NULL. */
const char *http_reply_header(const HttpReply *reply, const char *name);

#include "http_peer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/str.h"
#include "support.h"

static int try_connect(uint16_t port) {
        struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port) };
        int fd = socket(AF_INET, SOCK_STREAM, 0);

        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &(struct timeval) { .tv_sec = 30 }, sizeof(struct timeval));
        if (connect(fd, (struct sockaddr *) &address, sizeof(address)) == 0)
                return fd;
        close(fd);
        return -1;
}

int http_peer_connect(uint16_t port) {
        int fd = try_connect(port);

        ck_assert_msg(fd >= 0, "nobody listens on port %u", port);
        return fd;
}

bool http_peer_can_connect(uint16_t port) {
        int fd = try_connect(port);

        if (fd >= 0)
                close(fd);
        return fd >= 0;
}

void http_peer_send(int fd, const char *bytes, size_t n_bytes) {
        while (n_bytes > 0) {
                ssize_t n = send(fd, bytes, n_bytes, MSG_NOSIGNAL);

                ck_assert_msg(n > 0, "cannot send: %s", strerror(errno));
                bytes += n;
                n_bytes -= (size_t) n;
        }
}

void http_peer_say(int fd, const char *text) {
        http_peer_send(fd, text, strlen(text));
}

static bool read_byte(int fd, StrBuf *buf) {
        char byte;
        ssize_t n = recv(fd, &byte, 1, 0);

        ck_assert_msg(n >= 0 || errno == ECONNRESET, "cannot read: %s", strerror(errno));
        if (n == 1)
                strbuf_add_char(buf, byte);
        return n == 1;
}

HttpReply http_peer_read_head(int fd) {
        StrBuf head = { .arena = test_ctx()->arena };

        while (head.n_bytes < 4 || memcmp(head.text + head.n_bytes - 4, "\r\n\r\n", 4) != 0)
                if (!read_byte(fd, &head))
                        return (HttpReply) { .head = strbuf_text(&head), .body = "" };
        return (HttpReply) { .head = head.text, .body = "", .status = atoi(head.text + strlen("HTTP/1.1 ")) };
}

HttpReply http_peer_read(int fd) {
        StrBuf body = { .arena = test_ctx()->arena };
        HttpReply reply = http_peer_read_head(fd);

        if (reply.status == 0)
                return reply;
        const char *length = http_reply_header(&reply, "Content-Length");
        size_t n_bytes = length ? strtoul(length, NULL, 10) : 0;
        while (body.n_bytes < n_bytes && read_byte(fd, &body))
                continue;
        ck_assert_uint_eq(body.n_bytes, n_bytes);
        reply.body = strbuf_text(&body);
        return reply;
}

bool http_peer_is_closed(int fd) {
        char byte;

        return recv(fd, &byte, 1, 0) <= 0 && errno != EAGAIN;
}

HttpReply http_peer_ask(uint16_t port, const char *text) {
        int fd = http_peer_connect(port);

        http_peer_say(fd, text);
        HttpReply reply = http_peer_read(fd);
        close(fd);
        return reply;
}

const char *http_reply_header(const HttpReply *reply, const char *name) {
        size_t n_name = strlen(name);

        for (const char *line = strstr(reply->head, "\r\n"); line && line[2] != '\r';
             line = strstr(line, "\r\n")) {
                line += 2;
                if (strncasecmp(line, name, n_name) == 0 && str_starts_with(line + n_name, ": ")) {
                        const char *value = line + n_name + 2;

                        return arena_strndup(test_ctx()->arena, value, strcspn(value, "\r"));
                }
        }
        return NULL;
}

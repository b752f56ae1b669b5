#include "rpc/dial_private.h"

#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/str.h"

#define UNIX_SOCKET "unix:"
#define FRAME_TYPE 3 /* where it is in the head of a frame */
#define FRAME_HEAD_BYTES 9
#define SETTINGS 4

static int open_socket(int family, int64_t timeout_ms) {
        const struct timeval timeout = { .tv_sec = timeout_ms / 1000, .tv_usec = timeout_ms % 1000 * 1000 };
        int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);

        if (fd < 0)
                return fd;
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout));
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
        return fd;
}

static int connect_to(const struct sockaddr *address, socklen_t n_bytes, int64_t timeout_ms) {
        int fd = open_socket(address->sa_family, timeout_ms);

        if (fd < 0 || connect(fd, address, n_bytes) == 0)
                return fd;
        close(fd);
        return -1;
}

static int connect_to_path(const char *path, int64_t timeout_ms) {
        struct sockaddr_un address = { .sun_family = AF_UNIX };

        if (strlen(path) >= sizeof(address.sun_path))
                return -1;
        strcpy(address.sun_path, path);
        return connect_to((const struct sockaddr *) &address, sizeof(address), timeout_ms);
}

static int connect_to_port(const char *host, uint16_t port, int64_t timeout_ms) {
        const struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV };
        struct addrinfo *found;
        char service[8];

        snprintf(service, sizeof(service), "%u", port);
        if (getaddrinfo(host, service, &hints, &found) != 0)
                return -1;
        int fd = connect_to(found->ai_addr, found->ai_addrlen, timeout_ms);
        freeaddrinfo(found);
        return fd;
}

/* Both begin with their settings. */
static bool is_greeted(int fd) {
        static const char greeting[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0";
        unsigned char head[FRAME_HEAD_BYTES];

        return send(fd, greeting, sizeof(greeting), MSG_NOSIGNAL) == sizeof(greeting) &&
               recv(fd, head, sizeof(head), MSG_WAITALL) == sizeof(head) && head[FRAME_TYPE] == SETTINGS;
}

bool rpc_dial(const char *address, uint16_t port, int64_t timeout_ms) {
        int fd = str_starts_with(address, UNIX_SOCKET)
                         ? connect_to_path(address + strlen(UNIX_SOCKET), timeout_ms)
                         : connect_to_port(address, port, timeout_ms);

        if (fd < 0)
                return false;
        bool greeted = is_greeted(fd);
        close(fd);
        return greeted;
}

#include "http/transport_private.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

static ssize_t outcome(ssize_t n) {
        return n >= 0 ? n : errno == EAGAIN || errno == EINTR ? TRANSPORT_LATER : TRANSPORT_BROKEN;
}

static ssize_t plain_read(Transport *self, void *bytes, size_t n_bytes) {
        return outcome(recv(self->fd, bytes, n_bytes, 0));
}

static ssize_t plain_write(Transport *self, const struct iovec *pieces, size_t n_pieces) {
        const struct msghdr message = { .msg_iov = (struct iovec *) pieces, .msg_iovlen = n_pieces };

        return outcome(sendmsg(self->fd, &message, MSG_NOSIGNAL));
}

static void plain_end(Transport *self) {
        shutdown(self->fd, SHUT_WR);
}

static void plain_close(Transport *self) {
        close(self->fd);
}

Transport http_transport_plain(int fd) {
        static const TransportOps ops = {
                .read = plain_read, .write = plain_write, .end = plain_end, .close = plain_close
        };

        return (Transport) { .ops = &ops, .fd = fd };
}

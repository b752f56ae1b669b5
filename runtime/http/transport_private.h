/* How a connection's bytes come and go. Plain TCP today; another transport is another table of operations. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <sys/uio.h>

typedef struct Transport Transport;

/* What read and write return beside a number of bytes. */
#define TRANSPORT_LATER (-1)  /* nothing now: the descriptor says when */
#define TRANSPORT_BROKEN (-2) /* the connection is gone */

typedef struct TransportOps {
        ssize_t (*read)(Transport *self, void *bytes, size_t n_bytes); /* 0: the other side has ended */
        ssize_t (*write)(Transport *self, const struct iovec *pieces, size_t n_pieces);
        void (*end)(Transport *self); /* nothing more is written; reading goes on */
        void (*close)(Transport *self);
} TransportOps;

struct Transport {
        const TransportOps *ops;
        int fd;
};

/* Of a connected socket that does not block, which close closes. */
Transport http_transport_plain(int fd);

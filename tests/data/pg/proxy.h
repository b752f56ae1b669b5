/* A relay of bytes in front of the test server, to lose answers, fall silent, or be away. */
#pragma once

#include <stddef.h>

typedef enum ProxyMode {
        PROXY_FORWARD,
        PROXY_LOSE_ANSWER, /* what is asked arrives; at the answer the connection is cut */
        PROXY_SILENT,      /* nothing comes back any more, and nobody hangs up */
        PROXY_GREET,       /* a session is opened, and its first query never arrives */
        PROXY_STALLED,     /* nothing is taken any more, so that what is sent piles up */
        PROXY_AWAY,        /* hangs up at once */
} ProxyMode;

typedef struct Proxy Proxy;

/* Forwards to the server of dsn. *ret_dsn leads through the proxy, and lives until the test ends. */
Proxy *proxy_new(const char *dsn, const char **ret_dsn);
void proxy_free(Proxy *proxy);

void proxy_set_mode(Proxy *proxy, ProxyMode mode);

/* Connections that were asked for so far. */
size_t proxy_count_accepted(Proxy *proxy);

#include "proxy.h"

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "support.h"

#define MAX_PAIRS 64
#define TICK_MS 5

struct Proxy {
        int listener;
        struct sockaddr_in server;
        pthread_t thread;
        atomic_int mode;
        atomic_bool is_stopping;
        atomic_size_t n_accepted;
        int sockets[MAX_PAIRS * 2]; /* client, server, client, server ... ; -1: free */
};

static void hang_up(Proxy *proxy, size_t pair) {
        for (size_t i = pair * 2; i < pair * 2 + 2; i++) {
                if (proxy->sockets[i] >= 0)
                        close(proxy->sockets[i]);
                proxy->sockets[i] = -1;
        }
}

static void accept_one(Proxy *proxy) {
        int client = accept(proxy->listener, NULL, NULL);
        size_t pair = 0;

        atomic_fetch_add(&proxy->n_accepted, 1);
        if (atomic_load(&proxy->mode) == PROXY_AWAY) {
                close(client);
                return;
        }
        while (proxy->sockets[pair * 2] >= 0)
                pair++;
        int server = socket(AF_INET, SOCK_STREAM, 0);
        ck_assert_int_eq(connect(server, (struct sockaddr *) &proxy->server, sizeof(proxy->server)), 0);
        proxy->sockets[pair * 2] = client;
        proxy->sockets[pair * 2 + 1] = server;
}

/* False when the pair is over. */
static bool forward(Proxy *proxy, size_t from) {
        char bytes[16384];
        ssize_t n = recv(proxy->sockets[from], bytes, sizeof(bytes), 0);
        bool is_answer = from % 2 == 1;
        int mode = atomic_load(&proxy->mode);

        if (n <= 0 || (mode == PROXY_LOSE_ANSWER && is_answer))
                return false;
        if (mode == PROXY_SILENT || (mode == PROXY_GREET && !is_answer && bytes[0] == 'Q'))
                return true;
        for (ssize_t sent = 0; sent < n;) {
                ssize_t k = send(proxy->sockets[from ^ 1], bytes + sent, (size_t) (n - sent), MSG_NOSIGNAL);

                if (k <= 0)
                        return false;
                sent += k;
        }
        return true;
}

static void serve_pairs(Proxy *proxy, const struct pollfd *polled) {
        for (size_t i = 0; i < MAX_PAIRS * 2; i++) {
                int mode = atomic_load(&proxy->mode);
                bool is_ready = polled[i].revents && mode != PROXY_STALLED;

                if (proxy->sockets[i] >= 0 && (mode == PROXY_AWAY || (is_ready && !forward(proxy, i))))
                        hang_up(proxy, i / 2);
        }
}

static void *run(void *arg) {
        Proxy *proxy = arg;

        while (!atomic_load(&proxy->is_stopping)) {
                struct pollfd polled[MAX_PAIRS * 2 + 1];

                for (size_t i = 0; i < MAX_PAIRS * 2; i++)
                        polled[i] = (struct pollfd) { .fd = proxy->sockets[i], .events = POLLIN };
                polled[MAX_PAIRS * 2] = (struct pollfd) { .fd = proxy->listener, .events = POLLIN };
                poll(polled, MAX_PAIRS * 2 + 1, TICK_MS);
                serve_pairs(proxy, polled);
                if (polled[MAX_PAIRS * 2].revents)
                        accept_one(proxy);
        }
        return NULL;
}

Proxy *proxy_new(const char *dsn, const char **ret_dsn) {
        struct sockaddr_in own = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
        socklen_t size = sizeof(own);
        Proxy *proxy = calloc(1, sizeof(Proxy));

        proxy->server = (struct sockaddr_in) {
                .sin_family = AF_INET,
                .sin_addr.s_addr = inet_addr(test_sql_text(dsn, "SELECT host(inet_server_addr())")),
                .sin_port = htons((uint16_t) test_sql_int64(dsn, "SELECT inet_server_port()")),
        };
        for (size_t i = 0; i < MAX_PAIRS * 2; i++)
                proxy->sockets[i] = -1;
        proxy->listener = socket(AF_INET, SOCK_STREAM, 0);
        ck_assert_int_eq(bind(proxy->listener, (struct sockaddr *) &own, sizeof(own)), 0);
        ck_assert_int_eq(listen(proxy->listener, MAX_PAIRS), 0);
        ck_assert_int_eq(getsockname(proxy->listener, (struct sockaddr *) &own, &size), 0);
        *ret_dsn = arena_printf(test_ctx()->arena, "%s host=127.0.0.1 port=%d", dsn, ntohs(own.sin_port));
        pthread_create(&proxy->thread, NULL, run, proxy);
        return proxy;
}

void proxy_free(Proxy *proxy) {
        atomic_store(&proxy->is_stopping, true);
        pthread_join(proxy->thread, NULL);
        for (size_t pair = 0; pair < MAX_PAIRS; pair++)
                hang_up(proxy, pair);
        close(proxy->listener);
        free(proxy);
}

void proxy_set_mode(Proxy *proxy, ProxyMode mode) {
        atomic_store(&proxy->mode, mode);
}

size_t proxy_count_accepted(Proxy *proxy) {
        return atomic_load(&proxy->n_accepted);
}

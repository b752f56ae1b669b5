/* Places orders over REST from one thread: many keep-alive connections on one epoll, closed or open loop. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/uuid.h"
#include "plan.h"

#define MAX_REQUEST_BYTES 8192
#define MAX_REPLY_BYTES 65536
#define IDLE_WAIT_MS 10

/* Half of what the server allows: a connection that it is just about to end is not used any more. */
#define MAX_IDLE_US 15000000

typedef struct Client {
        int fd;
        bool is_busy;
        int64_t due_us; /* when the order at hand should have been sent: latency counts from here */
        int64_t used_us;
        char reply[MAX_REPLY_BYTES + 1];
        size_t n_reply_bytes;
} Client;

typedef struct Load {
        Plan plan;
        Outcome outcome;
        int epoll;
        Client *clients;
        uint64_t seed;
        int64_t n_sent;
        int n_busy;
} Load;

static int open_connection(const Plan *plan) {
        struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t) plan->port) };
        int fd = socket(AF_INET, SOCK_STREAM, 0);

        inet_pton(AF_INET, plan->host, &address.sin_addr);
        if (connect(fd, (struct sockaddr *) &address, sizeof(address)) != 0) {
                perror("connect");
                exit(2);
        }
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int) { 1 }, sizeof(int));
        return fd;
}

static size_t write_body(char *body, size_t size, const PlannedOrder *order) {
        static const char address[] =
                "{\"street\":\"123 Main St\",\"city\":\"San Francisco\",\"state\":\"CA\","
                "\"zipCode\":\"94105\",\"country\":\"US\"}";

        return (size_t) snprintf(
                body, size,
                "{\"customerId\":\"BENCH-%05d\",\"items\":[{\"productId\":\"BENCH-PROD-%04d\","
                "\"sku\":\"BENCH-SKU-%04d\",\"quantity\":1,\"requestedWarehouse\":\"US-WEST-01\"},"
                "{\"productId\":\"BENCH-PROD-%04d\","
                "\"sku\":\"BENCH-SKU-%04d\",\"quantity\":1,\"requestedWarehouse\":\"US-WEST-01\"}],"
                "\"shippingAddress\":%s,\"billingAddress\":%s,\"paymentMethod\":{\"type\":\"credit_card\","
                "\"token\":\"pm_1234567890\"},\"shippingMethod\":\"standard\"}",
                order->customer + 1, order->sku[0], order->sku[0], order->sku[1], order->sku[1], address,
                address);
}

static size_t write_request(const Load *load, char *request, const PlannedOrder *order) {
        char body[MAX_REQUEST_BYTES / 2], key[96] = "", hex[33];
        size_t n_body_bytes = write_body(body, sizeof(body), order);

        if (load->plan.keys) {
                uuid_random_hex(hex, 32);
                snprintf(key, sizeof(key), "Idempotency-Key: %s\r\n", hex);
        }
        return (size_t) snprintf(request, MAX_REQUEST_BYTES,
                                 "POST /api/v1/orders HTTP/1.1\r\nHost: localhost\r\n"
                                 "Authorization: Bearer %s\r\n"
                                 "Content-Type: application/json\r\n%sContent-Length: %zu\r\n\r\n%s",
                                 load->plan.tokens[order->customer], key, n_body_bytes, body);
}

static void attach(Load *load, Client *client) {
        client->fd = open_connection(&load->plan);
        client->used_us = clock_monotonic_us();
        epoll_ctl(load->epoll, EPOLL_CTL_ADD, client->fd,
                  &(struct epoll_event) { .events = EPOLLIN, .data.ptr = client });
}

/* The server ends connections that idle too long, which an open loop's spare ones do. */
static void reopen(Load *load, Client *client) {
        close(client->fd);
        attach(load, client);
}

static void send_order(Load *load, Client *client, int64_t due_us) {
        PlannedOrder order = plan_next(&load->plan, &load->seed);
        char request[MAX_REQUEST_BYTES];
        size_t n_bytes = write_request(load, request, &order);

        if (clock_monotonic_us() - client->used_us > MAX_IDLE_US)
                reopen(load, client);
        if (send(client->fd, request, n_bytes, MSG_NOSIGNAL) != (ssize_t) n_bytes) {
                fprintf(stderr, "send: %s\n", strerror(errno));
                exit(1);
        }
        client->is_busy = true;
        client->due_us = due_us;
        client->n_reply_bytes = 0;
        load->n_busy++;
        load->n_sent++;
}

/* True when the whole answer is there; the headers say how long it is. */
static bool is_complete(const Client *client) {
        const char *end = strstr(client->reply, "\r\n\r\n");
        const char *length = strcasestr(client->reply, "\r\nContent-Length:");

        return end && length && length < end &&
               client->n_reply_bytes >= (size_t) (end + 4 - client->reply) + strtoul(length + 17, NULL, 10);
}

static void finish_order(Load *load, Client *client) {
        client->is_busy = false;
        load->n_busy--;
        client->used_us = clock_monotonic_us();
        histogram_add(&load->outcome.latencies, client->used_us - client->due_us);
        if (strncmp(client->reply, "HTTP/1.1 201", 12) == 0)
                load->outcome.n_ok++;
        else
                outcome_fail(&load->outcome, client->reply);
}

static void read_reply(Load *load, Client *client) {
        ssize_t n = recv(client->fd, client->reply + client->n_reply_bytes,
                         MAX_REPLY_BYTES - client->n_reply_bytes, 0);

        if (n <= 0 && !client->is_busy) {
                reopen(load, client);
                return;
        }
        if (n <= 0) {
                fprintf(stderr, "the server closed the connection\n");
                exit(1);
        }
        client->n_reply_bytes += (size_t) n;
        client->reply[client->n_reply_bytes] = '\0';
        if (is_complete(client))
                finish_order(load, client);
}

/* When the next order is due: now in a closed loop, by the clock in an open one. */
static int64_t next_due_us(const Load *load, int64_t now_us) {
        if (load->plan.rate_per_s == 0)
                return now_us;
        return load->outcome.started_us + load->n_sent * 1000000 / load->plan.rate_per_s;
}

static void send_what_is_due(Load *load) {
        for (int i = 0; i < load->plan.connections; i++) {
                int64_t now_us = clock_monotonic_us(), due_us = next_due_us(load, now_us);

                if (due_us > now_us || !plan_goes_on(&load->plan, &load->outcome))
                        return;
                if (!load->clients[i].is_busy)
                        send_order(load, &load->clients[i], due_us);
        }
}

static int wait_ms(const Load *load) {
        if (load->plan.rate_per_s == 0)
                return IDLE_WAIT_MS;
        int64_t left_us = next_due_us(load, 0) - clock_monotonic_us();
        return left_us <= 0 ? (load->n_busy == load->plan.connections ? IDLE_WAIT_MS : 0)
                            : (int) (left_us / 1000) + 1;
}

static void run(Load *load) {
        struct epoll_event events[256];

        load->outcome.started_us = clock_monotonic_us();
        while (plan_goes_on(&load->plan, &load->outcome) || load->n_busy > 0) {
                send_what_is_due(load);
                int n = epoll_wait(load->epoll, events, 256, wait_ms(load));
                for (int i = 0; i < n; i++)
                        read_reply(load, events[i].data.ptr);
        }
        load->outcome.ended_us = clock_monotonic_us();
}

int main(int argc, char **argv) {
        Load load = { .seed = 88172645463325252ULL, .epoll = epoll_create1(0) };
        Arena *arena = arena_new();

        plan_read(&load.plan, arena, argc, argv);
        load.clients = ARENA_ARRAY(arena, Client, (size_t) load.plan.connections);
        for (int i = 0; i < load.plan.connections; i++)
                attach(&load, &load.clients[i]);
        run(&load);
        outcome_print(&load.outcome);
        arena_free(arena);
        return load.outcome.n_ok > 0 ? 0 : 1;
}

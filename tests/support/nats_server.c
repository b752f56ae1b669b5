#include "nats_server.h"

#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

struct NatsServer {
        pid_t pid; /* 0: dead */
        int port;
        int holder; /* the socket that keeps the port */
        const char *folder;
        const char *url;
};

static struct sockaddr_in loopback(int port) {
        return (struct sockaddr_in) {
                .sin_family = AF_INET,
                .sin_port = htons((uint16_t) port),
                .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
        };
}

/*
 * A port that is ours while the server is dead, too: the socket is bound to it, so that no program beside us
 * gets it, and never listens, so that nats-server, which sets SO_REUSEADDR as well, may.
 */
static void hold_port(NatsServer *server) {
        struct sockaddr_in address = loopback(0);
        socklen_t size = sizeof(address);
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

        ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int) { 1 }, sizeof(int)), 0);
        ck_assert_int_eq(bind(fd, (struct sockaddr *) &address, size), 0);
        ck_assert_int_eq(getsockname(fd, (struct sockaddr *) &address, &size), 0);
        server->port = ntohs(address.sin_port);
        server->holder = fd;
}

static bool takes_connections(void *arg) {
        NatsServer *server = arg;
        struct sockaddr_in address = loopback(server->port);
        int fd = socket(AF_INET, SOCK_STREAM, 0);
        bool result = connect(fd, (struct sockaddr *) &address, sizeof(address)) == 0;

        close(fd);
        return result;
}

static void write_config(const NatsServer *server, const char *password) {
        const char *path = arena_printf(test_ctx()->arena, "%s/nats.conf", server->folder);
        FILE *file = fopen(path, "w");

        ck_assert_ptr_nonnull(file);
        fprintf(file,
                "listen: 127.0.0.1:%d\n"
                "jetstream { store_dir: %s/store, max_mem: 64M, max_file: 1G }\n"
                "accounts { APP { jetstream: enabled, users: [ { user: %s, password: %s } ] } }\n",
                server->port, server->folder, NATS_TEST_USER, password);
        fclose(file);
}

static void start(NatsServer *server, const char *password) {
        const char *config = arena_printf(test_ctx()->arena, "%s/nats.conf", server->folder);
        const char *log = arena_printf(test_ctx()->arena, "%s/log", server->folder);

        write_config(server, password);
        server->pid = fork();
        if (server->pid == 0) {
                prctl(PR_SET_PDEATHSIG, SIGKILL);
                execlp("nats-server", "nats-server", "-c", config, "-l", log, NULL);
                _exit(127);
        }
        test_wait_until(takes_connections, server, TEST_WAIT_MS, "nats-server takes connections");
}

void nats_server_start(NatsServer *server) {
        start(server, NATS_TEST_PASSWORD);
}

void nats_server_start_refusing(NatsServer *server) {
        start(server, NATS_TEST_OTHER_PASSWORD);
}

typedef struct Refusals {
        const NatsServer *server;
        int n;
} Refusals;

static bool has_refused(void *arg) {
        const Refusals *wanted = arg;
        const char *path = arena_printf(test_ctx()->arena, "%s/log", wanted->server->folder);
        FILE *file = fopen(path, "r");
        char line[1024];
        int n = 0;

        ck_assert_ptr_nonnull(file);
        while (fgets(line, sizeof(line), file))
                n += strstr(line, "authentication error") != NULL;
        fclose(file);
        return n >= wanted->n;
}

void nats_server_wait_for_refusals(NatsServer *server, int n) {
        Refusals wanted = { .server = server, .n = n };

        test_wait_until(has_refused, &wanted, TEST_WAIT_MS, "nats-server has refused");
}

void nats_server_kill(NatsServer *server) {
        if (server->pid == 0)
                return;
        kill(server->pid, SIGKILL);
        waitpid(server->pid, NULL, 0);
        server->pid = 0;
}

/* Returns when it has stopped: the signal alone leaves its threads time for an answer. */
void nats_server_pause(NatsServer *server) {
        int status;

        ck_assert_int_eq(kill(server->pid, SIGSTOP), 0);
        ck_assert_int_eq(waitpid(server->pid, &status, WUNTRACED), server->pid);
        ck_assert(WIFSTOPPED(status));
}

void nats_server_resume(NatsServer *server) {
        ck_assert_int_eq(kill(server->pid, SIGCONT), 0);
}

static void run_in_folder(const NatsServer *server, const char *command) {
        ck_assert_int_eq(system(arena_printf(test_ctx()->arena, "cd %s && %s", server->folder, command)), 0);
}

void nats_server_wipe(NatsServer *server) {
        run_in_folder(server, "rm -rf store");
}

void nats_server_save(NatsServer *server) {
        run_in_folder(server, "cp -a store saved");
}

void nats_server_roll_back(NatsServer *server) {
        run_in_folder(server, "rm -rf store && cp -a saved store");
}

static void end(void *arg) {
        NatsServer *server = arg;

        nats_server_kill(server);
        close(server->holder);
}

NatsServer *nats_server_new(void) {
        Arena *arena = test_ctx()->arena;
        NatsServer *server = ARENA_NEW(arena, NatsServer);
        char *folder = arena_printf(arena, "%s/nats-XXXXXX", test_folder());

        ck_assert_ptr_nonnull(mkdtemp(folder));
        *server = (NatsServer) { .folder = folder };
        hold_port(server);
        server->url = arena_printf(arena, "nats://127.0.0.1:%d", server->port);
        arena_defer(arena, end, server);
        nats_server_start(server);
        return server;
}

const char *nats_server_url(const NatsServer *server) {
        return server->url;
}

const char *nats_server_write_password(const NatsServer *server, const char *password) {
        const char *path = arena_printf(test_ctx()->arena, "%s/password", server->folder);
        FILE *file = fopen(path, "we");

        ck_assert_ptr_nonnull(file);
        fprintf(file, "%s\n", password);
        fclose(file);
        return path;
}

const char *nats_server_password_file(const NatsServer *server) {
        return nats_server_write_password(server, NATS_TEST_PASSWORD);
}

static void close_connection(void *connection) {
        natsConnection_Destroy(connection);
}

static void close_jetstream(void *js) {
        jsCtx_Destroy(js);
}

jsCtx *nats_server_jetstream(NatsServer *server) {
        natsConnection *connection;
        natsOptions *options;
        jsCtx *js;

        ck_assert_int_eq(natsOptions_Create(&options), NATS_OK);
        ck_assert_int_eq(natsOptions_SetURL(options, server->url), NATS_OK);
        ck_assert_int_eq(natsOptions_SetUserInfo(options, NATS_TEST_USER, NATS_TEST_PASSWORD), NATS_OK);
        ck_assert_int_eq(natsConnection_Connect(&connection, options), NATS_OK);
        natsOptions_Destroy(options);
        Arena *arena = test_ctx()->arena;
        arena_defer(arena, close_connection, connection);
        ck_assert_int_eq(natsConnection_JetStream(&js, connection, NULL), NATS_OK);
        arena_defer(arena, close_jetstream, js);
        return js;
}

uint64_t nats_server_count_messages(NatsServer *server, const char *stream) {
        jsStreamInfo *info;

        ck_assert_int_eq(js_GetStreamInfo(&info, nats_server_jetstream(server), stream, NULL, NULL), NATS_OK);
        uint64_t n_messages = info->State.Msgs;
        jsStreamInfo_Destroy(info);
        return n_messages;
}

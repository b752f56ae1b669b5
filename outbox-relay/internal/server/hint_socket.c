#include "server/hint_socket.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/memory.h"

/* Hints come with every commit; those that follow one this soon are answered together. */
#define GATHER_MS 5

struct HintSocket {
        int fd;
        int end_fd; /* readable: the thread ends */
        struct sockaddr_un address;
        Doorbell *doorbell;
        pthread_t thread;
};

/* What has piled up is one hint. */
static void swallow(int fd) {
        char byte;

        while (recv(fd, &byte, sizeof(byte), MSG_DONTWAIT) >= 0)
                ;
}

static void *listen_main(void *arg) {
        HintSocket *hints = arg;
        struct pollfd fds[] = {
                { .fd = hints->fd, .events = POLLIN },
                { .fd = hints->end_fd, .events = POLLIN },
        };

        while (poll(fds, 2, -1) >= 0 || errno == EINTR) {
                if (fds[1].revents)
                        break;
                swallow(hints->fd);
                relay_doorbell_ring(hints->doorbell);
                poll(&fds[1], 1, GATHER_MS);
        }
        return NULL;
}

static void destroy(HintSocket *hints) {
        close(hints->fd);
        close(hints->end_fd);
        free(hints);
}

/* Takes the path over; false with errno. A path that does not fit is not cut: it would be another's. */
static bool bind_to(HintSocket *hints, const char *path) {
        if (strlen(path) >= sizeof(hints->address.sun_path)) {
                errno = ENAMETOOLONG;
                return false;
        }
        hints->address.sun_family = AF_UNIX;
        strcpy(hints->address.sun_path, path);
        unlink(path);
        return bind(hints->fd, (struct sockaddr *) &hints->address, sizeof(hints->address)) == 0;
}

static bool start_thread(HintSocket *hints) {
        errno = pthread_create(&hints->thread, NULL, listen_main, hints);
        return errno == 0;
}

const Error *relay_hint_socket_open(Arena *arena, const char *path, Doorbell *doorbell,
                                    HintSocket **ret_socket) {
        HintSocket *hints = MEMORY_NEW(HintSocket);

        hints->doorbell = doorbell;
        hints->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        hints->end_fd = eventfd(0, EFD_CLOEXEC);
        if (!bind_to(hints, path) || !start_thread(hints)) {
                const Error *error = error_internal(arena, NULL, "The hint socket %s cannot be made: %s",
                                                    path, strerror(errno));

                destroy(hints);
                return error;
        }
        *ret_socket = hints;
        return NULL;
}

void relay_hint_socket_close(HintSocket *hints) {
        if (!hints)
                return;
        (void) !write(hints->end_fd, &(uint64_t) { 1 }, sizeof(uint64_t));
        pthread_join(hints->thread, NULL);
        unlink(hints->address.sun_path);
        destroy(hints);
}

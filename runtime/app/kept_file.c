#include "app/kept_file_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define MODE 0600

static bool write_whole(const char *path, const char *text) {
        int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, MODE);
        size_t n_bytes = strlen(text);

        if (fd < 0)
                return false;
        bool is_written = write(fd, text, n_bytes) == (ssize_t) n_bytes && fsync(fd) == 0;
        return close(fd) == 0 && is_written;
}

/* Two processes that are given one path do not write into each other's text. */
const Error *app_kept_file_write(Arena *arena, const char *path, const char *text) {
        const char *next = arena_printf(arena, "%s.%d", path, (int) getpid());

        if (write_whole(next, text) && rename(next, path) == 0)
                return NULL;
        const Error *error = error_internal(arena, NULL, "%s cannot be written: %s", path, strerror(errno));
        unlink(next);
        return error;
}

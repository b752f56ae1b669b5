#include "base/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BY_EVERYBODY (S_IROTH | S_IWOTH)
#define AT_THE_END " \t\r\n"

static const Error *refuse(Arena *arena, const char *path, const char *problem) {
        return error_internal(arena, NULL, "%s %s", path, problem);
}

static const Error *check_kind(Arena *arena, const char *path, int fd) {
        struct stat about;

        if (fstat(fd, &about) != 0)
                return refuse(arena, path, strerror(errno));
        if (!S_ISREG(about.st_mode))
                return refuse(arena, path, "is no file");
        if (about.st_mode & BY_EVERYBODY)
                return refuse(arena, path, "is for everybody: take the right to read it away (chmod o-rwx)");
        return NULL;
}

/* One byte more than a secret may have shows that there are too many. */
static const Error *read_all(Arena *arena, const char *path, int fd, char *text, size_t *ret_n_bytes) {
        size_t n_bytes = 0;
        ssize_t n = 1;

        while (n > 0 && n_bytes <= SECRET_MAX_BYTES) {
                n = read(fd, text + n_bytes, SECRET_MAX_BYTES + 1 - n_bytes);
                n_bytes += n > 0 ? (size_t) n : 0;
        }
        if (n < 0)
                return refuse(arena, path, strerror(errno));
        if (n_bytes > SECRET_MAX_BYTES)
                return refuse(arena, path, "is too large for a secret");
        *ret_n_bytes = n_bytes;
        return NULL;
}

static const Error *check_text(Arena *arena, const char *path, char *text, size_t n_bytes) {
        if (strlen(text) != n_bytes)
                return refuse(arena, path, "holds a NUL");
        while (n_bytes > 0 && strchr(AT_THE_END, text[n_bytes - 1]))
                text[--n_bytes] = '\0';
        return n_bytes > 0 ? NULL : refuse(arena, path, "is empty");
}

static const Error *read_secret(Arena *arena, const char *path, int fd, char *text) {
        size_t n_bytes = 0;

        TRY(check_kind(arena, path, fd));
        TRY(read_all(arena, path, fd, text, &n_bytes));
        return check_text(arena, path, text, n_bytes);
}

const Error *secret_file_read(Arena *arena, const char *path, const char **ret_text) {
        int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
        char *text = arena_alloc(arena, SECRET_MAX_BYTES + 2);

        if (fd < 0)
                return error_internal(arena, NULL, "%s cannot be read: %s", path, strerror(errno));
        const Error *error = read_secret(arena, path, fd, text);
        close(fd);
        if (!error)
                *ret_text = text;
        return error;
}

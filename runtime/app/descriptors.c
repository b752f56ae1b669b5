#include "app/descriptors.h"

#include <sys/resource.h>

void app_descriptors_raise(void) {
        struct rlimit limit;

        if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
                return;
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
}

const Error *app_descriptors_check(Arena *arena, size_t n_connections) {
        struct rlimit limit;
        size_t n_needed = n_connections + DESCRIPTORS_RESERVE;

        if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= n_needed)
                return NULL;
        return error_internal(arena, NULL,
                              "%zu connections need a limit of %zu open files, not %zu: allow more files"
                              " (ulimit -n) or fewer connections",
                              n_connections, n_needed, (size_t) limit.rlim_cur);
}

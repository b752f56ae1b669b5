#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "server/hint_socket.h"
#include "support.h"

#define PATH_BYTES (sizeof(((struct sockaddr_un *) NULL)->sun_path) - 1)

/* A path of n bytes in a folder of the test's own. */
static const char *path_of_bytes(const char *folder, size_t n_bytes) {
        return arena_printf(test_ctx()->arena, "%s/%0*d", folder, (int) (n_bytes - strlen(folder) - 1), 0);
}

static void touch(const char *path) {
        int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);

        ck_assert_int_ge(fd, 0);
        close(fd);
}

static const char *new_folder(void) {
        char *folder = arena_strdup(test_ctx()->arena, "/tmp/millrace-test-XXXXXX");

        ck_assert_ptr_nonnull(mkdtemp(folder));
        return folder;
}

TEST(the_longest_path_is_taken_over_and_left) {
        const char *folder = new_folder(), *path = path_of_bytes(folder, PATH_BYTES);
        Doorbell doorbell;
        HintSocket *hints;

        relay_doorbell_init(&doorbell);
        touch(path);
        ck_assert_ok(relay_hint_socket_open(test_ctx()->arena, path, &doorbell, &hints));
        relay_hint_socket_close(hints);
        relay_doorbell_destroy(&doorbell);
        ck_assert_int_ne(access(path, F_OK), 0);
        rmdir(folder);
}

TEST(a_path_that_is_too_long_is_refused_and_the_file_of_its_beginning_stays) {
        const char *folder = new_folder(), *path = path_of_bytes(folder, PATH_BYTES + 1);
        const char *beginning = arena_printf(test_ctx()->arena, "%.*s", (int) PATH_BYTES, path);
        HintSocket *hints;

        touch(beginning);
        const Error *error = relay_hint_socket_open(test_ctx()->arena, path, NULL, &hints);
        ck_assert_ptr_nonnull(error);
        ck_assert_ptr_nonnull(strstr(error->message, "File name too long"));
        ck_assert_int_eq(access(beginning, F_OK), 0);
        unlink(beginning);
        rmdir(folder);
}

int main(void) {
        Suite *suite = suite_create("outbox-relay/hint_socket");
        TCase *tcase = tcase_create("all");

        test_add(tcase);
        suite_add_tcase(suite, tcase);
        return test_main(suite);
}

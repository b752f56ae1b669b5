#include "base/secret.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/memory.h"
#include "support.h"

static const char *path_of(const char *name) {
        return arena_printf(test_ctx()->arena, "%s/%s", test_folder(), name);
}

static const char *write_file(const char *text, size_t n_bytes, mode_t mode) {
        const char *path = path_of("secret");
        FILE *file = fopen(path, "we");

        ck_assert(file && fwrite(text, 1, n_bytes, file) == n_bytes && fclose(file) == 0);
        ck_assert_int_eq(chmod(path, mode), 0);
        return path;
}

static const char *secret_in(const char *path) {
        const char *text;

        ck_assert_ok(secret_file_read(test_ctx()->arena, path, &text));
        return text;
}

static void assert_refused(const char *path, const char *problem) {
        const char *text = NULL;
        const Error *error = secret_file_read(test_ctx()->arena, path, &text);

        ck_assert_msg(error && !error->reason && strstr(error->message, problem), "%s: %s", problem,
                      error ? error->message : text);
        ck_assert_ptr_nonnull(strstr(error->message, path));
        ck_assert_ptr_null(text);
}

TEST(a_secret_has_no_line_end) {
        ck_assert_str_eq(secret_in(write_file("a b\n", 4, 0600)), "a b");
        ck_assert_str_eq(secret_in(write_file("a\nb \r\n\n", 7, 0440)), "a\nb");
        ck_assert_str_eq(secret_in(write_file(" a", 2, 0600)), " a");
}

TEST(nothing_is_no_secret) {
        assert_refused(write_file("", 0, 0600), "is empty");
        assert_refused(write_file(" \n", 2, 0600), "is empty");
        assert_refused(path_of("nowhere"), "cannot be read: No such file");
        assert_refused(test_folder(), "is no file");
}

TEST(a_secret_that_everybody_reads_or_writes_is_none) {
        assert_refused(write_file("a", 1, 0604), "is for everybody");
        assert_refused(write_file("a", 1, 0602), "is for everybody");
        ck_assert_str_eq(secret_in(write_file("a", 1, 0660)), "a");
}

TEST(a_secret_has_no_nul) {
        assert_refused(write_file("a\0b", 3, 0600), "holds a NUL");
        assert_refused(write_file("a\0", 2, 0600), "holds a NUL");
}

TEST(a_secret_has_so_many_bytes_at_most) {
        char *text = arena_alloc(test_ctx()->arena, SECRET_MAX_BYTES + 2);

        memset(text, 'a', SECRET_MAX_BYTES + 1);
        assert_refused(write_file(text, SECRET_MAX_BYTES + 1, 0600), "is too large");
        ck_assert_uint_eq(strlen(secret_in(write_file(text, SECRET_MAX_BYTES, 0600))), SECRET_MAX_BYTES);
}

int main(void) {
        Suite *suite = suite_create("secret");
        TCase *tests = tcase_create("secret");

        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}

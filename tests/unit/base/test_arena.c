#include "base/arena.h"

#include <stdint.h>
#include <string.h>

#include "base/memory.h"
#include "support.h"

static bool is_zeroed(const unsigned char *bytes, size_t n_bytes) {
        for (size_t i = 0; i < n_bytes; i++)
                if (bytes[i] != 0)
                        return false;
        return true;
}

TEST(hands_out_zeroed_aligned_blocks_of_any_size) {
        static const size_t sizes[] = { 0, 1, 15, 16, 17, 16 * 1024, 16 * 1024 + 1, 1000000, 3 };
        Arena *arena = test_ctx()->arena;

        for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
                unsigned char *block = arena_alloc(arena, sizes[i]);

                ck_assert_uint_eq((uintptr_t) block % _Alignof(max_align_t), 0);
                ck_assert(is_zeroed(block, sizes[i]));
                memset(block, 0xFF, sizes[i]);
        }
}

TEST(is_zeroed_again_after_a_reset) {
        Arena *arena = test_ctx()->arena;

        memset(arena_alloc(arena, 10000), 0xFF, 10000);
        memset(arena_alloc(arena, 100000), 0xFF, 100000);
        arena_reset(arena);
        ck_assert_uint_eq(arena_used_bytes(arena), 0);
        ck_assert(is_zeroed(arena_alloc(arena, 16000), 16000));
        ck_assert(is_zeroed(arena_alloc(arena, 100000), 100000));
}

TEST(counts_what_it_handed_out) {
        Arena *arena = test_ctx()->arena;
        size_t before = arena_used_bytes(arena);

        arena_alloc(arena, 16);
        arena_alloc(arena, 40000);
        ck_assert_uint_eq(arena_used_bytes(arena) - before, 40016);
}

typedef struct Note {
        char *log;
        char letter;
} Note;

static void append_letter(void *pointer) {
        Note *note = pointer;

        note->log[strlen(note->log)] = note->letter;
}

TEST(runs_cleanups_last_first_once) {
        Arena *arena = arena_new();
        char log[8] = "";
        Note notes[3] = { { log, 'a' }, { log, 'b' }, { log, 'c' } };

        for (int i = 0; i < 3; i++)
                arena_defer(arena, append_letter, &notes[i]);
        arena_reset(arena);
        ck_assert_str_eq(log, "cba");
        arena_free(arena);
        ck_assert_str_eq(log, "cba");
        arena_free(NULL);
}

typedef struct Chain {
        Arena *arena;
        Note *note;
} Chain;

static void defer_more(void *pointer) {
        Chain *chain = pointer;

        arena_defer(chain->arena, append_letter, chain->note);
}

TEST(runs_a_cleanup_that_a_cleanup_added) {
        Arena *arena = arena_new();
        char log[8] = "";
        Note note = { log, 'x' };
        Chain chain = { arena, &note };

        arena_defer(arena, defer_more, &chain);
        arena_free(arena);
        ck_assert_str_eq(log, "x");
}

TEST(copies_texts) {
        Arena *arena = test_ctx()->arena;
        char text[] = "hello";

        char *copy = arena_strdup(arena, text);
        text[0] = 'j';
        ck_assert_str_eq(copy, "hello");
        ck_assert_str_eq(arena_strndup(arena, text, 2), "je");
        ck_assert_ptr_null(arena_strdup(arena, NULL));
        ck_assert_str_eq(arena_printf(arena, "%d of %s", 3, "many"), "3 of many");
        ck_assert_mem_eq(arena_memdup(arena, "a\0b", 3), "a\0b", 3);
}

int main(void) {
        Suite *suite = suite_create("arena");
        TCase *tests = tcase_create("arena");

        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}

/* What was said last, by a clock of the test's own. */
#include "base/last_said.h"

#include <pthread.h>
#include <string.h>

#include "base/memory.h"
#include "support.h"

#define N_ANSWERS 64
#define MAX_AGE_MS 1000

static Arena *arena;
static LastSaid *said;
static int64_t now_us;

static void setup(void) {
        arena = test_ctx()->arena;
        said = last_said_new(arena, N_ANSWERS, MAX_AGE_MS);
        now_us = 5000000;
}

static Bytes bytes_of(const char *text) {
        return (Bytes) { .data = (const uint8_t *) text, .n_bytes = strlen(text) };
}

static void keep(const char *question, const char *answer) {
        last_said_keep(said, bytes_of(question), bytes_of(answer), now_us);
}

/* NULL: nothing is known. */
static const char *find(const char *question) {
        Bytes answer;

        if (!last_said_find(said, arena, bytes_of(question), now_us, &answer))
                return NULL;
        return arena_printf(arena, "%.*s", (int) answer.n_bytes, (const char *) answer.data);
}

TEST(what_was_said_last_to_a_question_counts) {
        ck_assert_ptr_null(find("price of A"));
        keep("price of A", "1");
        keep("price of B", "2");
        keep("price of A", "3");
        ck_assert_str_eq(find("price of A"), "3");
        ck_assert_str_eq(find("price of B"), "2");
        ck_assert_ptr_null(find("price of"));
}

TEST(an_answer_may_be_empty) {
        keep("A", "");
        ck_assert_str_eq(find("A"), "");
}

TEST(an_answer_counts_until_it_is_too_old) {
        keep("A", "1");
        now_us += MAX_AGE_MS * INT64_C(1000);
        ck_assert_str_eq(find("A"), "1");
        now_us++;
        ck_assert_ptr_null(find("A"));
        keep("A", "2");
        ck_assert_str_eq(find("A"), "2");
}

TEST(what_is_forgotten_is_not_known) {
        keep("A", "1");
        keep("B", "2");
        last_said_forget(said, bytes_of("A"));
        last_said_forget(said, bytes_of("nothing"));
        ck_assert_ptr_null(find("A"));
        ck_assert_str_eq(find("B"), "2");
}

/* Its length is that of question and answer together. */
static const char *text_of(size_t n_bytes) {
        char *text = arena_alloc(arena, n_bytes + 1);

        memset(text, 'x', n_bytes);
        return text;
}

TEST(what_is_too_long_is_not_kept_and_ends_what_was) {
        keep("A", text_of(LAST_SAID_MAX_BYTES - 1));
        ck_assert_uint_eq(strlen(find("A")), LAST_SAID_MAX_BYTES - 1);
        keep("A", text_of(LAST_SAID_MAX_BYTES));
        ck_assert_ptr_null(find("A"));
}

TEST(no_more_than_so_many_are_kept_and_the_oldest_go) {
        int n_known = 0;

        for (int i = 0; i < 100 * N_ANSWERS; i++, now_us++)
                keep(arena_printf(arena, "question %d", i), "answer");
        for (int i = 0; i < 100 * N_ANSWERS; i++)
                n_known += find(arena_printf(arena, "question %d", i)) != NULL;
        ck_assert_int_eq(n_known, N_ANSWERS);
        ck_assert_ptr_nonnull(find(arena_printf(arena, "question %d", 100 * N_ANSWERS - 1)));
}

TEST(of_eight_that_share_a_place_the_oldest_makes_room) {
        said = last_said_new(arena, 1, MAX_AGE_MS);
        for (int i = 0; i < 8; i++, now_us++)
                keep(arena_printf(arena, "%d", i), "answer");
        keep("0", "again");
        now_us++;
        keep("8", "answer");
        ck_assert_ptr_null(find("1"));
        for (int i = 2; i <= 8; i++)
                ck_assert_ptr_nonnull(find(arena_printf(arena, "%d", i)));
        ck_assert_str_eq(find("0"), "again");
}

static void *keep_and_find(void *arg) {
        Arena *own = arena_new();
        Bytes answer;

        for (int i = 0; i < 20000; i++) {
                Bytes question = bytes_of(i % 2 ? "odd" : "even");

                last_said_keep(said, question, question, now_us);
                if (i % 7 == 0)
                        last_said_forget(said, question);
                if (last_said_find(said, own, question, now_us, &answer))
                        ck_assert_mem_eq(answer.data, question.data, question.n_bytes);
                arena_reset(own);
        }
        arena_free(own);
        return arg;
}

TEST(threads_never_see_half_an_answer) {
        pthread_t threads[4];

        for (size_t i = 0; i < ARRAY_SIZE(threads); i++)
                pthread_create(&threads[i], NULL, keep_and_find, NULL);
        for (size_t i = 0; i < ARRAY_SIZE(threads); i++)
                pthread_join(threads[i], NULL);
}

int main(void) {
        Suite *suite = suite_create("last said");
        TCase *tests = tcase_create("last said");

        tcase_add_checked_fixture(tests, setup, NULL);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}

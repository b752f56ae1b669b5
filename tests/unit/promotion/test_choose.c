#include <stdlib.h>
#include <string.h>

#include "base/money.h"
#include "offer.h"

#define MAX_BIDS 8
#define MAX_LINES 4
#define N_CASES 20000

/* A case: a cart, and ranked bids on it. */
typedef struct Case {
        CartLine lines[MAX_LINES];
        Cart cart;
        Campaign campaigns[MAX_BIDS];
        int64_t parts[MAX_BIDS][MAX_LINES];
        Bid bids[MAX_BIDS];
        size_t n_bids;
} Case;

static int64_t up_to(int64_t most) {
        return rand() % (most + 1);
}

/* Of few different numbers, so that many combinations are worth the same. */
static void draw(Case *drawn) {
        static const char *const ids[MAX_BIDS] = { "C0", "C1", "C2", "C3", "C4", "C5", "C6", "C7" };

        memset(drawn, 0, sizeof(*drawn));
        size_t n_lines = 1 + (size_t) up_to(MAX_LINES - 1), n_bids = 1 + (size_t) up_to(MAX_BIDS - 1);
        for (size_t i = 0; i < n_lines; i++)
                drawn->lines[i] = cart_line("A", 1, up_to(6));
        drawn->cart = cart_of(drawn->lines, n_lines);
        for (size_t k = 0; k < n_bids; k++) {
                Bid *bid = &drawn->bids[drawn->n_bids];

                drawn->campaigns[k] = (Campaign) {
                        .campaign_id = ids[k],
                        .rules = { .code = up_to(1) ? ids[MAX_BIDS - 1 - k] : NULL,
                                   .priority = up_to(2),
                                   .is_exclusive = up_to(4) == 0 },
                };
                *bid = (Bid) { .campaign = &drawn->campaigns[k], .parts_minor = drawn->parts[k] };
                for (size_t i = 0; i < n_lines; i++) {
                        drawn->parts[k][i] = up_to(drawn->lines[i].amount_minor);
                        bid->total_minor += drawn->parts[k][i];
                }
                drawn->n_bids += bid->total_minor > 0;
        }
        promotion_rank(drawn->bids, drawn->n_bids);
}

static bool is_in(unsigned set, size_t k) {
        return set >> k & 1;
}

static int count(unsigned set) {
        return __builtin_popcount(set);
}

/* An exclusive one is alone. */
static bool is_allowed(const Case *drawn, unsigned set) {
        for (size_t k = 0; k < drawn->n_bids; k++)
                if (is_in(set, k) && drawn->bids[k].campaign->rules.is_exclusive && count(set) > 1)
                        return false;
        return true;
}

/* Taken off one after the other, each as much as is left of each line. */
static int64_t worth(const Case *drawn, unsigned set) {
        int64_t left[MAX_LINES], total = 0;

        for (size_t i = 0; i < drawn->cart.n_lines; i++)
                left[i] = drawn->lines[i].amount_minor;
        for (size_t k = 0; k < drawn->n_bids; k++)
                for (size_t i = 0; is_in(set, k) && i < drawn->cart.n_lines; i++) {
                        int64_t part = drawn->bids[k].parts_minor[i];
                        int64_t taken = part < left[i] ? part : left[i];

                        left[i] -= taken;
                        total += taken;
                }
        return total;
}

/* The i-th member's priority. */
static int64_t priority(const Case *drawn, unsigned set, int i) {
        size_t k = 0;

        for (; !is_in(set, k) || i > 0; k++)
                i -= is_in(set, k);
        return drawn->bids[k].campaign->rules.priority;
}

static bool is_better(const Case *drawn, unsigned a, unsigned b) {
        if (worth(drawn, a) != worth(drawn, b))
                return worth(drawn, a) > worth(drawn, b);
        if (count(a) != count(b))
                return count(a) < count(b);
        for (int i = 0; i < count(a); i++)
                if (priority(drawn, a, i) != priority(drawn, b, i))
                        return priority(drawn, a, i) > priority(drawn, b, i);
        unsigned differ = a ^ b;
        return (a & differ & -differ) != 0; /* who has the first rank that only one has */
}

static unsigned brute_force(const Case *drawn) {
        unsigned best = 0;

        for (unsigned set = 1; set < 1U << drawn->n_bids; set++)
                if (is_allowed(drawn, set) && is_better(drawn, set, best))
                        best = set;
        return best;
}

static unsigned choose(const Case *drawn) {
        bool is_chosen[MAX_BIDS], is_best;
        unsigned set = 0;

        promotion_choose(test_ctx()->arena, &drawn->cart, drawn->bids, drawn->n_bids, is_chosen, &is_best);
        ck_assert(is_best);
        for (size_t k = 0; k < drawn->n_bids; k++)
                set |= (unsigned) is_chosen[k] << k;
        return set;
}

TEST(is_what_trying_all_combinations_finds) {
        static Case drawn;
        int n_ties = 0, n_alone = 0;

        srand(20240810);
        for (int i = 0; i < N_CASES; i++) {
                draw(&drawn);
                unsigned expected = brute_force(&drawn);
                ck_assert_msg(choose(&drawn) == expected, "case %d", i);
                n_ties += expected != (1U << drawn.n_bids) - 1;
                n_alone += count(expected) == 1;
        }
        ck_assert_int_gt(n_ties, N_CASES / 10);
        ck_assert_int_gt(n_alone, N_CASES / 10);
}

static CartLine one_line;
static Campaign many[PROMOTION_MAX_EXACT + 2];
static int64_t many_parts[PROMOTION_MAX_EXACT + 2];
static Bid many_bids[PROMOTION_MAX_EXACT + 2];

/* Each takes one of a line of 3, but the last one, of the lowest priority, which takes all. */
static bool choose_among(size_t n_bids, bool *ret_is_chosen) {
        Cart cart = cart_of(&one_line, 1);
        bool is_best;

        for (size_t k = 0; k < n_bids; k++) {
                many_parts[k] = k + 1 < n_bids ? 1 : 3;
                many[k] = (Campaign) {
                        .campaign_id = arena_printf(test_ctx()->arena, "C%02zu", k),
                        .rules.priority = k + 1 < n_bids ? 1 : 0,
                };
                many_bids[k] = (Bid) {
                        .campaign = &many[k], .total_minor = many_parts[k], .parts_minor = &many_parts[k]
                };
        }
        promotion_choose(test_ctx()->arena, &cart, many_bids, n_bids, ret_is_chosen, &is_best);
        return is_best;
}

TEST(of_16_the_best_is_found_and_of_17_those_of_the_highest_priority) {
        bool is_chosen[PROMOTION_MAX_EXACT + 1];

        one_line = cart_line("A", 1, 3);
        ck_assert(choose_among(PROMOTION_MAX_EXACT, is_chosen));
        for (size_t k = 0; k < PROMOTION_MAX_EXACT; k++)
                ck_assert_int_eq(is_chosen[k], k == PROMOTION_MAX_EXACT - 1);
        ck_assert(!choose_among(PROMOTION_MAX_EXACT + 1, is_chosen));
        for (size_t k = 0; k < PROMOTION_MAX_EXACT + 1; k++)
                ck_assert_int_eq(is_chosen[k], k < 3);
}

TEST(only_those_that_combine_count_towards_the_16) {
        Cart cart = cart_of(&one_line, 1);
        bool is_chosen[PROMOTION_MAX_EXACT + 2], is_best;

        one_line = cart_line("A", 1, 3);
        choose_among(PROMOTION_MAX_EXACT + 2, is_chosen);
        many[0].rules.is_exclusive = many[1].rules.is_exclusive = true;
        promotion_choose(test_ctx()->arena, &cart, many_bids, PROMOTION_MAX_EXACT + 2, is_chosen, &is_best);
        ck_assert(is_best);
}

int main(void) {
        Suite *suite = suite_create("promotion/choose");
        TCase *tests = tcase_create("choose");

        tcase_set_timeout(tests, 60);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}

#include <stdlib.h>
#include <string.h>

#include "biz/promotion/evaluate.h"

/* Bids of one combination, by their places among all, which are their ranks. */
typedef struct Choice {
        size_t *members;
        size_t n;
        int64_t total_minor;
} Choice;

static int by_rank(const void *left, const void *right) {
        const Bid *a = left, *b = right;
        const CampaignRules *ours = &a->campaign->rules, *theirs = &b->campaign->rules;

        if (ours->priority != theirs->priority)
                return ours->priority > theirs->priority ? -1 : 1;
        int order = strcmp(str_or_empty(ours->code), str_or_empty(theirs->code));
        return order != 0 ? order : strcmp(a->campaign->campaign_id, b->campaign->campaign_id);
}

void promotion_rank(Bid *bids, size_t n_bids) {
        qsort(bids, n_bids, sizeof(*bids), by_rank);
}

static int64_t priority_of(const Bid *bids, const Choice *choice, size_t i) {
        return bids[choice->members[i]].campaign->rules.priority;
}

/* Of two with as much and as many: the first priority that differs decides, then the first rank. */
static bool is_preferred(const Bid *bids, const Choice *a, const Choice *b) {
        for (size_t i = 0; i < a->n; i++)
                if (priority_of(bids, a, i) != priority_of(bids, b, i))
                        return priority_of(bids, a, i) > priority_of(bids, b, i);
        for (size_t i = 0; i < a->n; i++)
                if (a->members[i] != b->members[i])
                        return a->members[i] < b->members[i];
        return false;
}

static bool is_better(const Bid *bids, const Choice *a, const Choice *b) {
        if (a->total_minor != b->total_minor)
                return a->total_minor > b->total_minor;
        if (a->n != b->n)
                return a->n < b->n;
        return is_preferred(bids, a, b);
}

static void copy_choice(Choice *to, const Choice *from) {
        memcpy(to->members, from->members, from->n * sizeof(*from->members));
        to->n = from->n;
        to->total_minor = from->total_minor;
}

/* ---- those that combine ---- */

/*
 * Taking one more off never makes the total smaller, since a line only keeps what is left of it. So all
 * together have the greatest total, and the fewest with the same total are looked for.
 */
typedef struct Search {
        const Cart *cart;
        const Bid *bids;
        const size_t *stack; /* the ranks of the bids that combine */
        size_t n;
        int64_t goal_minor;
        int64_t **taken_minor; /* by the members so far, one row for each number of members, per line */
        int64_t **rest_minor;  /* of all from that place in the stack on, per line */
        Choice now, best;
} Search;

/* What is taken off all lines, when so much would be off each; more may be NULL. */
static int64_t total_of(const Cart *cart, const int64_t *taken_minor, const int64_t *more_minor) {
        int64_t total_minor = 0;

        for (size_t i = 0; i < cart->n_lines; i++) {
                int64_t wanted_minor = taken_minor[i] + (more_minor ? more_minor[i] : 0);
                int64_t most_minor = cart->lines[i].amount_minor;

                total_minor += wanted_minor < most_minor ? wanted_minor : most_minor;
        }
        return total_minor;
}

static void add_parts(const Cart *cart, const int64_t *taken_minor, const Bid *bid, int64_t *ret_taken) {
        for (size_t i = 0; i < cart->n_lines; i++)
                ret_taken[i] = taken_minor[i] + bid->parts_minor[i];
}

static int64_t **rows_new(Arena *arena, size_t n_rows, size_t n_lines) {
        int64_t **rows = ARENA_ARRAY(arena, int64_t *, n_rows);

        for (size_t i = 0; i < n_rows; i++)
                rows[i] = ARENA_ARRAY(arena, int64_t, n_lines);
        return rows;
}

/* With each place of the stack: with its bid, and without it. */
static void try_from(Search *search, size_t next) {
        const int64_t *taken_minor = search->taken_minor[search->now.n];

        search->now.total_minor = total_of(search->cart, taken_minor, NULL);
        if (search->now.total_minor == search->goal_minor) {
                if (is_better(search->bids, &search->now, &search->best))
                        copy_choice(&search->best, &search->now);
                return;
        }
        if (next == search->n || search->now.n == search->best.n ||
            total_of(search->cart, taken_minor, search->rest_minor[next]) < search->goal_minor)
                return;
        add_parts(search->cart, taken_minor, &search->bids[search->stack[next]],
                  search->taken_minor[search->now.n + 1]);
        search->now.members[search->now.n++] = search->stack[next];
        try_from(search, next + 1);
        search->now.n--;
        try_from(search, next + 1);
}

static void find_fewest(Arena *arena, const Cart *cart, const Bid *bids, const size_t *stack, size_t n,
                        Choice *ret_choice) {
        Search search = {
                .cart = cart,
                .bids = bids,
                .stack = stack,
                .n = n,
                .taken_minor = rows_new(arena, n + 1, cart->n_lines),
                .rest_minor = rows_new(arena, n + 1, cart->n_lines),
                .now.members = ARENA_ARRAY(arena, size_t, n),
                .best = { .members = ret_choice->members, .n = n },
        };

        for (size_t i = n; i > 0; i--)
                add_parts(cart, search.rest_minor[i], &bids[stack[i - 1]], search.rest_minor[i - 1]);
        memcpy(search.best.members, stack, n * sizeof(*stack));
        search.goal_minor = search.best.total_minor = total_of(cart, search.rest_minor[0], NULL);
        try_from(&search, 0);
        *ret_choice = search.best;
}

/* In the order of their ranks, each that takes something more off. */
static void take_by_rank(Arena *arena, const Cart *cart, const Bid *bids, const size_t *stack, size_t n,
                         Choice *ret_choice) {
        int64_t *taken_minor = ARENA_ARRAY(arena, int64_t, cart->n_lines);

        for (size_t i = 0; i < n; i++) {
                const Bid *bid = &bids[stack[i]];
                int64_t total_minor = total_of(cart, taken_minor, bid->parts_minor);

                if (total_minor == ret_choice->total_minor)
                        continue;
                add_parts(cart, taken_minor, bid, taken_minor);
                ret_choice->members[ret_choice->n++] = stack[i];
                ret_choice->total_minor = total_minor;
        }
}

void promotion_choose(Arena *arena, const Cart *cart, const Bid *bids, size_t n_bids, bool *ret_is_chosen,
                      bool *ret_is_best) {
        Choice best = { .members = ARENA_ARRAY(arena, size_t, n_bids) };
        size_t *stack = ARENA_ARRAY(arena, size_t, n_bids), n = 0;

        for (size_t i = 0; i < n_bids; i++)
                if (!bids[i].campaign->rules.is_exclusive)
                        stack[n++] = i;
        if (n > PROMOTION_MAX_EXACT)
                take_by_rank(arena, cart, bids, stack, n, &best);
        else if (n > 0)
                find_fewest(arena, cart, bids, stack, n, &best);
        for (size_t i = 0; i < n_bids; i++) {
                Choice alone = { .members = &i, .n = 1, .total_minor = bids[i].total_minor };

                if (bids[i].campaign->rules.is_exclusive && is_better(bids, &alone, &best))
                        copy_choice(&best, &alone);
        }
        memset(ret_is_chosen, 0, n_bids * sizeof(*ret_is_chosen));
        for (size_t i = 0; i < best.n; i++)
                ret_is_chosen[best.members[i]] = true;
        *ret_is_best = n <= PROMOTION_MAX_EXACT;
}

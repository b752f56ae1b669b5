#include <stdlib.h>

#include "base/money.h"
#include "biz/promotion/evaluate.h"

/* True for what the campaign is for: every line, unless it names products or categories. */
static bool is_in_scope(const CampaignRules *rules, const CartLine *line) {
        if (rules->product_ids.n + rules->category_ids.n == 0)
                return true;
        if (promotion_lists(rules->product_ids, line->product_id))
                return true;
        for (size_t i = 0; i < line->category_ids.n; i++)
                if (promotion_lists(rules->category_ids, line->category_ids.ids[i]))
                        return true;
        return false;
}

static bool is_given(const CampaignRules *rules, const CartLine *line) {
        return str_equal(line->product_id, rules->get_product_id);
}

/* How many units are given: of another product, so many for each full set that is bought; else of each group
 * of those that are bought and those that are given. */
static int64_t n_given(const CampaignRules *rules, const Cart *cart) {
        int64_t n_units = 0;

        for (size_t i = 0; i < cart->n_lines; i++) {
                const CartLine *line = &cart->lines[i];
                bool is_gift = rules->get_product_id && is_given(rules, line);

                if (is_in_scope(rules, line) && !is_gift)
                        n_units += line->quantity;
        }
        int64_t n_in_set = rules->buy_quantity + (rules->get_product_id ? 0 : rules->get_quantity);
        return n_units / n_in_set * rules->get_quantity;
}

typedef struct Priced {
        int64_t unit_price_minor;
        size_t line;
} Priced;

static int cheapest_first(const void *left, const void *right) {
        const Priced *a = left, *b = right;

        if (a->unit_price_minor != b->unit_price_minor)
                return a->unit_price_minor < b->unit_price_minor ? -1 : 1;
        return a->line < b->line ? -1 : a->line > b->line;
}

/* The lines that units are given of, the cheapest first. */
static Priced *gift_lines(Arena *arena, const CampaignRules *rules, const Cart *cart, size_t *ret_n) {
        Priced *lines = ARENA_ARRAY(arena, Priced, cart->n_lines);
        size_t n = 0;

        for (size_t i = 0; i < cart->n_lines; i++) {
                const CartLine *line = &cart->lines[i];

                if (rules->get_product_id ? is_given(rules, line) : is_in_scope(rules, line))
                        lines[n++] = (Priced) { line->unit_price_minor, i };
        }
        qsort(lines, n, sizeof(*lines), cheapest_first);
        *ret_n = n;
        return lines;
}

/* What the given units of each line cost. */
static void add_gifts(Arena *arena, const CampaignRules *rules, const Cart *cart, int64_t *bases_minor) {
        int64_t left = n_given(rules, cart);
        size_t n;
        const Priced *lines = gift_lines(arena, rules, cart, &n);

        for (size_t i = 0; i < n && left > 0; i++) {
                const CartLine *line = &cart->lines[lines[i].line];
                int64_t quantity = line->quantity < left ? line->quantity : left;

                bases_minor[lines[i].line] = quantity * line->unit_price_minor;
                left -= quantity;
        }
}

/* The amounts that the discount is computed on, 0 for a line that the campaign is not for. */
static int64_t *bases_of(Arena *arena, const CampaignRules *rules, const Cart *cart) {
        int64_t *bases_minor = ARENA_ARRAY(arena, int64_t, cart->n_lines);

        if (rules->discount_type == DISCOUNT_BUY_X_GET_Y) {
                add_gifts(arena, rules, cart, bases_minor);
                return bases_minor;
        }
        for (size_t i = 0; i < cart->n_lines; i++)
                if (is_in_scope(rules, &cart->lines[i]))
                        bases_minor[i] = cart->lines[i].amount_minor;
        return bases_minor;
}

static int64_t lesser(int64_t a, int64_t b) {
        return a < b ? a : b;
}

const Error *promotion_discount(Arena *arena, const CampaignRules *rules, const Cart *cart,
                                int64_t *ret_parts_minor, int64_t *ret_total_minor) {
        const int64_t *bases_minor = bases_of(arena, rules, cart);
        int64_t base_minor = 0, total_minor = rules->amount_minor;

        for (size_t i = 0; i < cart->n_lines; i++)
                if (!money_add(base_minor, bases_minor[i], &base_minor))
                        return error_internal(arena, NULL, "The amounts of the cart do not fit");
        if (rules->discount_type != DISCOUNT_FIXED_AMOUNT &&
            !money_share(base_minor, rules->percent_bp, MONEY_BP_ONE, &total_minor))
                return error_internal(arena, NULL, "A share of the cart does not fit");
        total_minor = lesser(total_minor, base_minor);
        if (rules->maximum_minor > 0)
                total_minor = lesser(total_minor, rules->maximum_minor);
        if (!money_split(total_minor, bases_minor, cart->n_lines, ret_parts_minor))
                return error_internal(arena, NULL, "A discount cannot be split");
        *ret_total_minor = total_minor;
        return NULL;
}

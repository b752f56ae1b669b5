/*
 * Thousands of random books of rules and carts, of a fixed seed: the answer is that of a second reading of
 * the rules, written down without sets, order or walks.
 */
#include "base/memory.h"
#include "base/money.h"
#include "base/str.h"
#include "book.h"

#define N_BOOKS 2000
#define MAX_LINES 3
#define MAX_RULES 64
#define N_TAX_TABLES 200
#define MAX_TAXES 300

static uint64_t seed;

/* 0 .. n - 1 */
static int64_t draw(int64_t n) {
        seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        return (int64_t) ((seed >> 33) % (uint64_t) n);
}

#define PICK(words) ((words)[draw(ARRAY_SIZE(words))])

static const char *const skus[] = { "SKU-A", "SKU-B" };
static const char *const currencies[] = { "USD", "EUR", "VND", "KWD" };
static const char *const tiers[] = { "gold", "silver" };
static const char *const segments[] = { "vip", "staff" };
static const char *const warehouses[] = { "FAR", "NEAR" };
static const char *const states[] = { "", "CA", "NY" };
static const char *const classes[] = { "standard", "books" };

static void draw_price_or_share(PriceRule *rule) {
        rule->is_fixed = draw(2);
        if (rule->is_fixed) {
                rule->currency = PICK(currencies);
                rule->amount_minor = draw(100000);
        } else
                rule->bp = 1 + draw(10000);
}

static void draw_terms(PriceRule *rule) {
        static const char *const names[] = { "one", "two", "three" };

        switch (rule->kind) {
        case PRICING_BASE_PRICE:
                rule->sku = PICK(skus);
                rule->is_fixed = true;
                rule->currency = PICK(currencies);
                rule->amount_minor = draw(100000);
                break;
        case PRICING_CURRENCY_RATE:
                rule->currency = PICK(currencies);
                rule->to_currency = PICK(currencies);
                rule->rate_ppb = 1 + draw(INT64_C(3000000000)) * (draw(4) ? 1 : 9973);
                break;
        case PRICING_WAREHOUSE_MARKUP:
                rule->warehouse_id = PICK(warehouses);
                rule->bp = draw(3000);
                break;
        case PRICING_QUANTITY_BREAK:
                rule->sku = PICK(skus);
                rule->min_quantity = 2 + draw(5);
                draw_price_or_share(rule);
                break;
        case PRICING_PRICE_LIST:
                rule->sku = PICK(skus);
                if (draw(2))
                        rule->tier = PICK(tiers);
                else
                        rule->segment = PICK(segments);
                draw_price_or_share(rule);
                break;
        case PRICING_BULK_DISCOUNT:
                rule->name = PICK(names);
                draw_price_or_share(rule);
                if (draw(2))
                        rule->min_quantity = 1 + draw(10);
                else {
                        rule->min_subtotal_minor = 1 + draw(100000);
                        rule->currency = PICK(currencies);
                }
                break;
        case PRICING_TAX_RATE:
                rule->country = "US";
                rule->state = PICK(states);
                rule->tax_class = PICK(classes);
                rule->tax_ppm = draw(300000);
                break;
        case PRICING_ENDING:
                break;
        }
}

static void draw_book(void) {
        size_t n = (size_t) draw(MAX_RULES + 1);

        book.n_rules = 0;
        while (book.n_rules < n) {
                PriceRule *rule = book_add((PriceRuleKind) (1 + draw(PRICING_TAX_RATE)));

                draw_terms(rule);
                if (draw(4) == 0)
                        rule->valid_from_us = BOOK_NOW - 2 + draw(4);
                if (draw(4) == 0)
                        rule->valid_to_us = BOOK_NOW - 1 + draw(4);
        }
}

static Cart draw_cart(CartLine lines[MAX_LINES]) {
        Cart cart = { .lines = lines, .n_lines = (size_t) (1 + draw(MAX_LINES)), .tier = "", .state = "" };

        for (size_t i = 0; i < cart.n_lines; i++) {
                lines[i] = (CartLine) { .sku = PICK(skus), .quantity = 1 + draw(8),
                                        .warehouse_id = draw(3) ? PICK(warehouses) : "",
                                        .tax_class = PICK(classes) };
                if (draw(2)) {
                        lines[i].base_currency = PICK(currencies);
                        lines[i].base_minor = draw(100000);
                }
        }
        cart.currency = PICK(currencies);
        if (draw(2))
                cart.tier = PICK(tiers);
        cart.segments = segments;
        cart.n_segments = (size_t) draw(3);
        if (draw(2))
                cart.country = "US";
        cart.state = PICK(states);
        return cart;
}

/* ---- the second reading ---- */

static bool holds(const PriceRule *rule) {
        return rule->valid_from_us <= BOOK_NOW && rule->valid_to_us > BOOK_NOW;
}

static bool has_the_key_of(const PriceRule *a, const PriceRule *b) {
        const char *words[][2] = { { a->sku, b->sku }, { a->to_currency, b->to_currency },
                                   { a->warehouse_id, b->warehouse_id }, { a->tier, b->tier },
                                   { a->segment, b->segment }, { a->country, b->country },
                                   { a->state, b->state }, { a->tax_class, b->tax_class },
                                   { a->name, b->name } };
        bool is_of_currency = a->kind == PRICING_BASE_PRICE || a->kind == PRICING_CURRENCY_RATE;

        if (a->kind != b->kind || (is_of_currency && strcmp(a->currency, b->currency) != 0) ||
            (a->kind == PRICING_QUANTITY_BREAK && a->min_quantity != b->min_quantity))
                return false;
        for (size_t i = 0; i < ARRAY_SIZE(words); i++)
                if (strcmp(words[i][0], words[i][1]) != 0)
                        return false;
        return true;
}

/* Rule i of the book, if it is of the kind and counts; else NULL. */
static const PriceRule *counts(PriceRuleKind kind, size_t i) {
        if (book.rules[i].kind != kind || !holds(&book.rules[i]))
                return NULL;
        for (size_t k = i + 1; k < book.n_rules; k++)
                if (holds(&book.rules[k]) && has_the_key_of(&book.rules[i], &book.rules[k]))
                        return NULL;
        return &book.rules[i];
}

#define FOR_EACH_RULE(rule, of_kind)                                                                         \
        for (size_t n_ = 0; n_ < book.n_rules; n_++)                                                         \
                for (const PriceRule *rule = counts((of_kind), n_); rule; rule = NULL)

/* amount * part / whole, of numbers that are not negative: twice as much, one more, halved. */
static int64_t half_up(int64_t amount, int64_t part, int64_t whole) {
        return (int64_t) (((__int128) amount * part * 2 + whole) / ((__int128) whole * 2));
}

static int64_t ten_to(int exponent) {
        return exponent > 0 ? 10 * ten_to(exponent - 1) : 1;
}

/* -1: no rate leads there. */
static int64_t in_currency(int64_t minor, const char *from, const char *to) {
        if (strcmp(from, to) == 0)
                return minor;
        FOR_EACH_RULE(rate, PRICING_CURRENCY_RATE)
                if (strcmp(rate->currency, from) == 0 && strcmp(rate->to_currency, to) == 0) {
                        int shift = money_decimals(to) - money_decimals(from);

                        return half_up(minor, rate->rate_ppb * ten_to(shift),
                                       PRICING_PPB_ONE * ten_to(-shift));
                }
        return -1;
}

typedef struct Money {
        int64_t minor; /* -1: none */
        const char *currency;
} Money;

static Money base_of(const CartLine *line, const char *currency) {
        Money base = { .minor = -1 };
        bool has_rule = false;

        FOR_EACH_RULE(rule, PRICING_BASE_PRICE)
                if (strcmp(rule->sku, line->sku) == 0) {
                        bool is_wanted = strcmp(rule->currency, currency) == 0;

                        has_rule = true;
                        if (is_wanted || (base.minor < 0 && in_currency(rule->amount_minor, rule->currency,
                                                                       currency) >= 0))
                                base = (Money) { rule->amount_minor, rule->currency };
                        if (is_wanted)
                                return base;
                }
        if (!has_rule && line->base_currency &&
            in_currency(line->base_minor, line->base_currency, currency) >= 0)
                base = (Money) { line->base_minor, line->base_currency };
        return base;
}

static bool list_is_for(const PriceRule *list, const Cart *cart) {
        bool fits = *list->tier && strcmp(list->tier, cart->tier) == 0;

        for (size_t i = 0; i < cart->n_segments; i++)
                fits |= strcmp(list->segment, cart->segments[i]) == 0;
        return fits;
}

/* -1: there is no price. */
static int64_t unit_of(const Cart *cart, const CartLine *line) {
        Money base = base_of(line, cart->currency);
        int64_t unit = base.minor < 0 ? -1 : in_currency(base.minor, base.currency, cart->currency);
        int64_t lowest = -1, reached = 0, price = -1;

        FOR_EACH_RULE(list, PRICING_PRICE_LIST)
                if (strcmp(list->sku, line->sku) == 0 && list_is_for(list, cart)) {
                        int64_t next = -1;

                        if (list->is_fixed)
                                next = in_currency(list->amount_minor, list->currency, cart->currency);
                        else if (base.minor >= 0)
                                next = in_currency(half_up(base.minor, 10000 - list->bp, 10000),
                                                   base.currency, cart->currency);
                        if (next >= 0 && (lowest < 0 || next < lowest))
                                lowest = next;
                }
        unit = lowest >= 0 ? lowest : unit;
        if (unit < 0)
                return -1;
        FOR_EACH_RULE(markup, PRICING_WAREHOUSE_MARKUP)
                if (strcmp(markup->warehouse_id, line->warehouse_id) == 0)
                        unit = half_up(unit, 10000 + markup->bp, 10000);
        FOR_EACH_RULE(rule, PRICING_QUANTITY_BREAK)
                if (strcmp(rule->sku, line->sku) == 0 && rule->min_quantity <= line->quantity &&
                    rule->min_quantity > reached) {
                        int64_t next = half_up(unit, 10000 - rule->bp, 10000);

                        if (rule->is_fixed)
                                next = in_currency(rule->amount_minor, rule->currency, cart->currency);
                        if (next >= 0) {
                                price = next;
                                reached = rule->min_quantity;
                        }
                }
        return price >= 0 ? price : unit;
}

/* -1: nobody knows. */
static int64_t tax_of(const Cart *cart, const CartLine *line) {
        int64_t of_state = -1, of_country = -1;

        FOR_EACH_RULE(tax, PRICING_TAX_RATE)
                if (strcmp(tax->country, cart->country) == 0 &&
                    strcmp(tax->tax_class, line->tax_class) == 0) {
                        if (!*tax->state)
                                of_country = tax->tax_ppm;
                        else if (strcmp(tax->state, cart->state) == 0)
                                of_state = tax->tax_ppm;
                }
        return of_state >= 0 ? of_state : of_country;
}

/* What is off by quantity, or by subtotal. */
static int64_t off(const Cart *cart, int64_t subtotal, bool is_by_quantity) {
        int64_t pieces = 0, most = 0;

        for (size_t i = 0; i < cart->n_lines; i++)
                pieces += cart->lines[i].quantity;
        FOR_EACH_RULE(rule, PRICING_BULK_DISCOUNT) {
                int64_t minimum = in_currency(rule->min_subtotal_minor, rule->currency, cart->currency);
                int64_t amount = rule->is_fixed
                                         ? in_currency(rule->amount_minor, rule->currency, cart->currency)
                                         : half_up(subtotal, rule->bp, 10000);
                bool fits = is_by_quantity ? rule->min_quantity > 0 && pieces >= rule->min_quantity
                                           : rule->min_quantity == 0 && minimum >= 0 && subtotal >= minimum;

                if (fits && amount > most)
                        most = amount;
        }
        return most;
}

/* ---- what holds for every answer ---- */

static void check_steps(const Cart *cart, const PricedLine *line) {
        ck_assert_uint_ge(line->n_steps, 1);
        ck_assert_uint_le(line->n_steps, PRICING_MAX_STEPS);
        ck_assert_ptr_null(line->steps[0].before_currency);
        for (size_t i = 1; i < line->n_steps; i++) {
                ck_assert_int_eq(line->steps[i].before_minor, line->steps[i - 1].after_minor);
                ck_assert_str_eq(line->steps[i].before_currency, line->steps[i - 1].after_currency);
        }
        ck_assert_int_eq(line->steps[line->n_steps - 1].after_minor, line->unit_minor);
        ck_assert_str_eq(line->steps[line->n_steps - 1].after_currency, cart->currency);
}

static void check_discounts(const Cart *cart, const PricedCart *priced) {
        int64_t by_quantity = off(cart, priced->subtotal_minor, true);
        int64_t by_subtotal = off(cart, priced->subtotal_minor, false);
        int64_t sum = 0, expected = by_quantity + by_subtotal;

        for (size_t i = 0; i < priced->n_bulk_discounts; i++) {
                ck_assert_int_gt(priced->bulk_discounts[i].amount_minor, 0);
                sum += priced->bulk_discounts[i].amount_minor;
        }
        ck_assert_int_eq(sum, expected < priced->subtotal_minor ? expected : priced->subtotal_minor);
}

static void check_priced(const Cart *cart, const PricedCart *priced) {
        int64_t subtotal = 0;

        ck_assert_uint_eq(priced->n_lines, cart->n_lines);
        for (size_t i = 0; i < cart->n_lines; i++) {
                const PricedLine *line = &priced->lines[i];

                ck_assert_int_eq(line->unit_minor, unit_of(cart, &cart->lines[i]));
                ck_assert_int_eq(line->total_minor, line->unit_minor * cart->lines[i].quantity);
                subtotal += line->total_minor;
                check_steps(cart, line);
                if (cart->country)
                        ck_assert_int_eq(line->tax->tax_ppm, tax_of(cart, &cart->lines[i]));
        }
        ck_assert_int_eq(priced->subtotal_minor, subtotal);
        check_discounts(cart, priced);
}

/* Which of the first line that is refused. */
static const char *expected_refusal(const Cart *cart) {
        for (size_t i = 0; i < cart->n_lines; i++) {
                if (unit_of(cart, &cart->lines[i]) < 0)
                        return REASON_PRICE_UNAVAILABLE;
                if (cart->country && tax_of(cart, &cart->lines[i]) < 0)
                        return REASON_TAX_UNKNOWN;
        }
        return NULL;
}

TEST(every_answer_is_that_of_a_second_reading) {
        CartLine lines[MAX_LINES];
        size_t n_priced = 0;

        seed = 20240812;
        for (size_t i = 0; i < N_BOOKS; i++) {
                PricedCart priced;

                draw_book();
                Cart cart = draw_cart(lines);
                const char *refusal = expected_refusal(&cart);
                const Error *error =
                        pricing_price_cart(test_ctx(), book_set(), BOOK_NOW, &cart, draw(2), &priced);
                if (refusal) {
                        ck_assert_reason(error, refusal);
                        continue;
                }
                ck_assert_ok(error);
                check_priced(&cart, &priced);
                n_priced++;
        }
        ck_assert_uint_gt(n_priced, N_BOOKS / 10);
}

/* A table of taxes, of words of which some begin like others. */
static void draw_taxes(void) {
        static const char *const of_countries[] = { "DE", "US" };
        static const char *const of_states[] = { "", "C", "CA", "CAL", "NY" };
        static const char *const of_classes[] = { "standard", "stand", "books", "b" };
        size_t n = (size_t) draw(MAX_TAXES + 1);

        book.n_rules = 0;
        while (book.n_rules < n) {
                PriceRule *rule = book_tax(PICK(of_states), PICK(of_classes), draw(300000));

                rule->country = PICK(of_countries);
                if (draw(4) == 0)
                        rule->valid_from_us = BOOK_NOW - 2 + draw(4);
                if (draw(3) == 0)
                        rule->valid_to_us = BOOK_NOW - 1 + draw(4);
        }
}

/* In every place, and in some of which no row is. */
TEST(every_tax_is_that_of_a_walk_through_the_whole_table) {
        static const char *const of_countries[] = { "DE", "FR", "US" };
        static const char *const of_states[] = { "", "A", "C", "CA", "CAL", "NY", "Z" };
        static const char *const of_classes[] = { "a", "b", "books", "stand", "standard", "z" };
        CartLine line = { .sku = "SKU-A", .quantity = 1, .warehouse_id = "", .base_currency = "USD" };
        size_t n_taxed = 0, n_unknown = 0;

        seed = 20241129;
        for (size_t i = 0; i < N_TAX_TABLES; i++) {
                draw_taxes();
                const PriceRuleSet *set = book_set();
                for (size_t k = 0; k < 40; k++) {
                        Cart cart = book_cart(&line);
                        PricedCart priced;

                        cart.country = PICK(of_countries);
                        cart.state = PICK(of_states);
                        line.tax_class = PICK(of_classes);
                        int64_t expected = tax_of(&cart, &line);
                        const Error *error =
                                pricing_price_cart(test_ctx(), set, BOOK_NOW, &cart, draw(2), &priced);
                        ck_assert_int_eq(error_is(error, REASON_TAX_UNKNOWN), expected < 0);
                        if (error) {
                                n_unknown++;
                                continue;
                        }
                        ck_assert_int_eq(priced.lines[0].tax->tax_ppm, expected);
                        n_taxed++;
                }
        }
        ck_assert_uint_gt(n_taxed, N_TAX_TABLES);
        ck_assert_uint_gt(n_unknown, N_TAX_TABLES);
}

/* As a database gives them in any order, and without those that count no more. */
static const PriceRuleSet *shuffled_without_replaced(void) {
        PriceRule *rules = ARENA_ARRAY(test_ctx()->arena, PriceRule, book.n_rules);
        size_t n = 0;

        for (size_t i = 0; i < book.n_rules; i++)
                if (counts(book.rules[i].kind, i))
                        rules[n++] = book.rules[i];
        for (size_t i = n; i > 1; i--) {
                size_t k = (size_t) draw((int64_t) i);
                PriceRule moved = rules[i - 1];

                rules[i - 1] = rules[k];
                rules[k] = moved;
        }
        return pricing_rule_set_new(test_ctx()->arena, (int64_t) book.n_rules, rules, n);
}

static void assert_same(const PricedCart *a, const PricedCart *b) {
        ck_assert_int_eq(a->subtotal_minor, b->subtotal_minor);
        ck_assert_uint_eq(a->n_bulk_discounts, b->n_bulk_discounts);
        for (size_t i = 0; i < a->n_bulk_discounts; i++) {
                ck_assert_int_eq(a->bulk_discounts[i].rule->id, b->bulk_discounts[i].rule->id);
                ck_assert_int_eq(a->bulk_discounts[i].amount_minor, b->bulk_discounts[i].amount_minor);
        }
        for (size_t i = 0; i < a->n_lines; i++) {
                ck_assert_uint_eq(a->lines[i].n_steps, b->lines[i].n_steps);
                for (size_t k = 0; k < a->lines[i].n_steps; k++)
                        ck_assert_int_eq(a->lines[i].steps[k].rule_id, b->lines[i].steps[k].rule_id);
                ck_assert_int_eq(a->lines[i].total_minor, b->lines[i].total_minor);
        }
}

TEST(the_order_of_the_rules_and_those_that_count_no_more_change_nothing) {
        CartLine lines[MAX_LINES];

        seed = 42;
        for (size_t i = 0; i < N_BOOKS; i++) {
                PricedCart first, again;

                draw_book();
                Cart cart = draw_cart(lines);
                const Error *error =
                        pricing_price_cart(test_ctx(), book_set(), BOOK_NOW, &cart, false, &first);
                const Error *other = pricing_price_cart(test_ctx(), shuffled_without_replaced(), BOOK_NOW,
                                                        &cart, false, &again);
                ck_assert_int_eq(error != NULL, other != NULL);
                if (!error)
                        assert_same(&first, &again);
        }
}

int main(void) {
        Suite *suite = suite_create("pricing/properties");
        TCase *tests = tcase_create("properties");

        tcase_set_timeout(tests, 60);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}

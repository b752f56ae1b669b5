#include "base/clock.h"
#include "base/str.h"
#include "book.h"

#define N_BOOKS 400
#define N_QUESTIONS 20
#define N_RULES 40

static uint64_t seed = 11;

static int64_t draw(int64_t n) {
        seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        return (int64_t) ((seed >> 33) % (uint64_t) n);
}

static const char *pick(const char *const *words, int64_t n) {
        return words[draw(n)];
}

static const char *const zones[] = { "HOME", "FAR" };
static const char *const from_zones[] = { "", "NEAR", "AWAY" };
static const char *const tiers[] = { "", "gold" };
static const char *const states[] = { "", "CA" };
static const char *const warehouses[] = { "WH-1", "WH-2", "WH-3" };

static void draw_rule(void) {
        ShippingRule *rule = book_add(SHIPPING_ZONE + (ShippingRuleKind) draw(4));

        rule->country = "US";
        rule->state = pick(states, 2);
        rule->zone = pick(zones, 2);
        rule->warehouse_id = pick(warehouses, 3);
        if (rule->kind == SHIPPING_WAREHOUSE)
                rule->zone = from_zones[1 + draw(2)];
        rule->from_zone = pick(from_zones, 3);
        rule->method = SHIPPING_STANDARD + (ShippingMethod) draw(2);
        rule->currency = "USD";
        rule->tier = pick(tiers, 2);
        rule->above_grams = 1000 * draw(3);
        rule->max_grams = draw(3) ? 0 : rule->above_grams + 1 + draw(2000);
        rule->amount_minor = draw(5000);
        rule->step_grams = draw(2) * 500;
        rule->step_minor = rule->step_grams ? 1 + draw(50) : 0;
        rule->days = draw(10);
        if (draw(4) == 0)
                rule->valid_to_us = BOOK_NOW + draw(2);
        if (draw(4) == 0)
                rule->valid_from_us = BOOK_NOW + draw(2);
}

/* ---- the same, said another way: every rule is held against every other ---- */

static bool is_valid(const ShippingRule *rule) {
        return rule->valid_from_us <= BOOK_NOW && BOOK_NOW < rule->valid_to_us;
}

static bool same_key(const ShippingRule *a, const ShippingRule *b) {
        bool is_same_way = str_equal(a->zone, b->zone) && str_equal(a->from_zone, b->from_zone) &&
                           a->method == b->method;

        if (a->kind != b->kind)
                return false;
        if (a->kind == SHIPPING_ZONE)
                return str_equal(a->state, b->state);
        if (a->kind == SHIPPING_WAREHOUSE)
                return str_equal(a->warehouse_id, b->warehouse_id);
        if (a->kind == SHIPPING_TRANSIT)
                return is_same_way;
        return is_same_way && str_equal(a->tier, b->tier) && a->above_grams == b->above_grams;
}

static bool counts(size_t i) {
        for (size_t k = i + 1; k < book.n_rules; k++)
                if (same_key(&book.rules[i], &book.rules[k]) && is_valid(&book.rules[k]))
                        return false;
        return is_valid(&book.rules[i]);
}

/* How good a rule is for the question, 0: not at all. The best one of each kind has a rank of its own. */
typedef int64_t (*Rank)(const ShippingRule *rule, const ShippingQuestion *question, ShippingMethod method,
                        const char *zone, const char *from);

static int64_t rank_zone(const ShippingRule *rule, const ShippingQuestion *question, ShippingMethod method,
                         const char *zone, const char *from) {
        (void) method, (void) zone, (void) from;
        if (rule->kind != SHIPPING_ZONE || !str_equal(rule->country, question->country))
                return 0;
        return str_is_empty(rule->state) ? 1 : 2 * str_equal(rule->state, question->state);
}

static int64_t rank_warehouse(const ShippingRule *rule, const ShippingQuestion *question,
                              ShippingMethod method, const char *zone, const char *from) {
        (void) method, (void) zone, (void) from;
        return rule->kind == SHIPPING_WAREHOUSE &&
               str_equal(rule->warehouse_id, question->parcels[0].warehouse_id);
}

static int64_t rank_transit(const ShippingRule *rule, const ShippingQuestion *question, ShippingMethod method,
                            const char *zone, const char *from) {
        (void) question;
        if (rule->kind != SHIPPING_TRANSIT || !str_equal(rule->zone, zone) || rule->method != method)
                return 0;
        return str_is_empty(rule->from_zone) ? 1 : 2 * str_equal(rule->from_zone, from);
}

static int64_t rank_rate(const ShippingRule *rule, const ShippingQuestion *question, ShippingMethod method,
                         const char *zone, const char *from) {
        int64_t grams = question->parcels[0].lines[0].weight_grams;

        if (rule->kind != SHIPPING_RATE || !str_equal(rule->zone, zone) || rule->method != method ||
            (rule->above_grams > 0 && grams <= rule->above_grams) ||
            (rule->max_grams > 0 && grams > rule->max_grams) ||
            (!str_is_empty(rule->tier) && !str_equal(rule->tier, question->tier)) ||
            (!str_is_empty(rule->from_zone) && !str_equal(rule->from_zone, from)))
                return 0;
        return 1 + rule->above_grams + (str_is_empty(rule->from_zone) ? 0 : 10000) +
               (str_is_empty(rule->tier) ? 0 : 100000);
}

static const ShippingRule *best(Rank rank, const ShippingQuestion *question, ShippingMethod method,
                                const char *zone, const char *from) {
        const ShippingRule *found = NULL;
        int64_t highest = 0;

        for (size_t i = 0; i < book.n_rules; i++) {
                int64_t height = counts(i) ? rank(&book.rules[i], question, method, zone, from) : 0;

                if (height > highest) {
                        found = &book.rules[i];
                        highest = height;
                }
        }
        return found;
}

static int64_t price_by(const ShippingRule *rate, int64_t grams) {
        int64_t minor = rate->amount_minor;

        for (int64_t at = rate->above_grams; rate->step_grams > 0 && at < grams; at += rate->step_grams)
                minor += rate->step_minor;
        return minor;
}

static size_t n_options, n_refused;

static void compare(const ShippingQuestion *question) {
        const ShippingRule *zone = best(rank_zone, question, 0, "", "");
        const ShippingRule *warehouse = best(rank_warehouse, question, 0, "", "");
        ShippingQuote quote = { 0 };
        size_t n = 0;
        const Error *error = shipping_price_parcels(test_ctx(), book_set(), BOOK_NOW, question, &quote);

        for (ShippingMethod method = SHIPPING_STANDARD; zone && method <= SHIPPING_OVERNIGHT; method++) {
                const char *from = warehouse ? warehouse->zone : "nowhere";
                const ShippingRule *rate = best(rank_rate, question, method, zone->zone, from);
                const ShippingRule *transit = best(rank_transit, question, method, zone->zone, from);

                if (!rate || !transit)
                        continue;
                ck_assert_ok(error);
                ck_assert_uint_lt(n, quote.n_options);
                const ParcelPrice *price = &quote.options[n].parcels[0];
                ck_assert_ptr_eq(price->rate, rate);
                ck_assert_ptr_eq(price->transit, transit);
                ck_assert_ptr_eq(price->warehouse, warehouse);
                ck_assert_ptr_eq(quote.zone, zone);
                ck_assert_int_eq(quote.options[n].total_minor,
                                 price_by(rate, question->parcels[0].lines[0].weight_grams));
                n++;
        }
        ck_assert_uint_eq(quote.n_options, n);
        if (n == 0)
                ck_assert_reason(error, zone ? REASON_NO_SHIPPING_METHOD : REASON_DESTINATION_NOT_SERVED);
        n_options += n;
        n_refused += n == 0;
}

TEST(every_rule_is_the_one_that_trying_all_finds) {
        for (size_t i = 0; i < N_BOOKS; i++) {
                book.n_rules = 0;
                for (int64_t k = 3 + draw(N_RULES); k > 0; k--)
                        draw_rule();
                for (size_t k = 0; k < N_QUESTIONS; k++) {
                        ParcelLine line = book_line(draw(5) * 500 + draw(2));
                        Parcel parcel = book_parcel(&line);
                        ShippingQuestion question = book_question(&parcel, 1);

                        parcel.warehouse_id = pick(warehouses, 3);
                        question.state = pick(states, 2);
                        question.tier = pick(tiers, 2);
                        compare(&question);
                }
        }
        ck_assert_uint_gt(n_options, 1000);
        ck_assert_uint_gt(n_refused, 100);
}

TEST(working_days_are_those_that_a_calendar_counts) {
        for (int64_t day = 0; day < 400; day++)
                for (int64_t days = 1; days < 12; days++) {
                        int64_t at_us = day * 86400 * US_PER_S, counted = 0;

                        while (counted < days) { /* 1970-01-01 was a Thursday */
                                at_us += 86400 * US_PER_S;
                                counted += (at_us / US_PER_S / 86400 + 4) % 7 != 0 &&
                                           (at_us / US_PER_S / 86400 + 4) % 7 != 6;
                        }
                        ck_assert_int_eq(shipping_add_working_days(day * 86400 * US_PER_S, days), at_us);
                }
}

int main(void) {
        Suite *suite = suite_create("shipping/properties");
        TCase *tests = tcase_create("properties");

        tcase_set_timeout(tests, 60);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}

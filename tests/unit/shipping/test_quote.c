#include "base/clock.h"
#include "base/str.h"
#include "book.h"

static ParcelLine line;
static Parcel parcels[2];
static ShippingQuestion question;

static void set_up(void) {
        book_home();
        line = book_line(1000);
        parcels[0] = parcels[1] = book_parcel(&line);
        parcels[1].seller_id = "SELLER-2";
        question = book_question(parcels, 1);
}

/* What one parcel of that weight costs by the first method. */
static int64_t price_of(int64_t grams) {
        line.weight_grams = grams;
        return book_quote(&question).options[0].total_minor;
}

static const ParcelPrice *first_parcel(void) {
        return &book_quote(&question).options[0].parcels[0];
}

static const char *day_of(int64_t wall_us) {
        return clock_format_date(test_ctx()->arena, wall_us);
}

TEST(says_price_day_and_rules) {
        ShippingQuote quote = book_quote(&question);

        ck_assert_uint_eq(quote.n_options, 1);
        ck_assert_int_eq(quote.options[0].method, SHIPPING_STANDARD);
        ck_assert_int_eq(quote.options[0].total_minor, 1599);
        ck_assert(quote.options[0].is_taxable);
        ck_assert_str_eq(day_of(quote.options[0].delivery_us), "2024-08-19");
        ck_assert_str_eq(quote.currency, "USD");
        ck_assert_int_eq(quote.rates_version, 3);
        ck_assert_int_eq(quote.as_of_us, BOOK_NOW);
        ck_assert_int_eq(quote.zone->id, 1);
        ck_assert_int_eq(quote.options[0].parcels[0].rate->id, 2);
        ck_assert_int_eq(quote.options[0].parcels[0].transit->id, 3);
        ck_assert_ptr_null(quote.options[0].parcels[0].warehouse);
}

TEST(every_method_that_takes_the_parcels_is_offered_the_slowest_first) {
        book_rate(SHIPPING_OVERNIGHT, 4999);
        book_transit(SHIPPING_OVERNIGHT, 1);
        book_rate(SHIPPING_EXPRESS, 2999);
        ck_assert_uint_eq(book_quote(&question).n_options, 2);
        book_transit(SHIPPING_EXPRESS, 2);
        ShippingQuote quote = book_quote(&question);
        ck_assert_uint_eq(quote.n_options, 3);
        ck_assert_int_eq(quote.options[1].method, SHIPPING_EXPRESS);
        ck_assert_int_eq(quote.options[1].total_minor, 2999);
        ck_assert_str_eq(day_of(quote.options[1].delivery_us), "2024-08-14");
        ck_assert_int_eq(quote.options[2].method, SHIPPING_OVERNIGHT);
        ck_assert_str_eq(day_of(quote.options[2].delivery_us), "2024-08-13");
}

TEST(each_parcel_costs_and_the_last_one_says_the_day) {
        ShippingRule *far = book_transit(SHIPPING_STANDARD, 9);

        book_warehouse("WH-2", "FAR");
        far->from_zone = "FAR";
        question.n_parcels = 2;
        parcels[0].warehouse_id = "WH-2";
        ShippingQuote quote = book_quote(&question);
        ck_assert_int_eq(quote.options[0].total_minor, 2 * 1599);
        ck_assert_str_eq(day_of(quote.options[0].parcels[0].delivery_us), "2024-08-23");
        ck_assert_str_eq(day_of(quote.options[0].parcels[1].delivery_us), "2024-08-19");
        ck_assert_str_eq(day_of(quote.options[0].delivery_us), "2024-08-23");
}

TEST(a_method_that_does_not_take_one_of_the_parcels_is_not_offered) {
        book_rate(SHIPPING_EXPRESS, 2999)->max_grams = 1000;
        book_transit(SHIPPING_EXPRESS, 2);
        ParcelLine heavy = book_line(1001);

        parcels[1].lines = &heavy;
        ck_assert_uint_eq(book_quote(&question).n_options, 2);
        question.n_parcels = 2;
        ck_assert_uint_eq(book_quote(&question).n_options, 1);
}

/* ---- weight ---- */

TEST(counts_the_greater_one_of_weight_and_volume) {
        line = (ParcelLine) { .quantity = 2, .weight_grams = 250, .length_mm = 190, .width_mm = 170,
                              .height_mm = 80 };
        ck_assert_int_eq(first_parcel()->billable_grams, 2 * 517);
        line.weight_grams = 600;
        ck_assert_int_eq(first_parcel()->billable_grams, 1200);
        ParcelLine lines[] = { { .quantity = 1, .weight_grams = 900 },
                               { .quantity = 3, .weight_grams = 100, .length_mm = 100, .width_mm = 100,
                                 .height_mm = 300 } };
        Parcel parcel = { .lines = lines, .n_lines = 2 };
        ck_assert_int_eq(shipping_billable_grams(&parcel), 1800);
        lines[0].weight_grams = 1501;
        ck_assert_int_eq(shipping_billable_grams(&parcel), 1801);
}

TEST(a_volume_of_one_cubic_millimetre_more_is_a_gram_more) {
        line = (ParcelLine) { .quantity = 1, .length_mm = 5000, .width_mm = 1, .height_mm = 1 };
        ck_assert_int_eq(first_parcel()->billable_grams, 1);
        line.length_mm = 5001;
        ck_assert_int_eq(first_parcel()->billable_grams, 2);
}

TEST(the_largest_parcel_of_the_contract_is_counted) {
        ParcelLine lines[100];
        Parcel parcel = { .lines = lines, .n_lines = 100 };

        for (size_t i = 0; i < 100; i++)
                lines[i] = (ParcelLine) { 9999, 1000000, 100000, 100000, 100000 };
        ck_assert_int_eq(shipping_billable_grams(&parcel), INT64_C(100) * 9999 * 200000000000);
}

TEST(a_heavier_parcel_has_the_rate_of_its_weight) {
        ShippingRule *heavy = book_rate(SHIPPING_STANDARD, 3000);

        heavy->above_grams = 5000;
        ck_assert_int_eq(price_of(0), 1599);
        ck_assert_int_eq(price_of(5000), 1599);
        ck_assert_int_eq(price_of(5001), 3000);
}

TEST(each_begun_step_beyond_costs_more) {
        ShippingRule *heavy = book_rate(SHIPPING_STANDARD, 3000);

        heavy->above_grams = 5000;
        heavy->step_grams = 1000;
        heavy->step_minor = 7;
        ck_assert_int_eq(price_of(5001), 3007);
        ck_assert_int_eq(price_of(6000), 3007);
        ck_assert_int_eq(price_of(6001), 3014);
        book.rules[1].step_grams = 100;
        book.rules[1].step_minor = 1;
        ck_assert_int_eq(price_of(0), 1599);
        ck_assert_int_eq(price_of(1), 1600);
}

TEST(a_rate_takes_up_to_its_heaviest_parcel) {
        book.rules[1].max_grams = 5000;
        ck_assert_int_eq(price_of(5000), 1599);
        line.weight_grams = 5001;
        ck_assert_reason(book_refusal(&question), REASON_NO_SHIPPING_METHOD);
}

TEST(a_price_that_does_not_fit_is_refused_and_names_the_parcel) {
        book.rules[1].step_grams = 1;
        book.rules[1].step_minor = 1000000000;
        question.n_parcels = 2;
        ParcelLine huge = { .quantity = 9999, .weight_grams = 1000000 };

        parcels[1].lines = &huge;
        const Error *error = ck_assert_reason(book_refusal(&question), REASON_INVALID_REQUEST);
        ck_assert_str_eq(error->violations[0].field, "parcels[1].lines");
        book.rules[1].step_grams = 0;
        book.rules[1].amount_minor = INT64_MAX / 2 + 1;
        error = ck_assert_reason(book_refusal(&question), REASON_INVALID_REQUEST);
        ck_assert_str_eq(error->violations[0].field, "parcels[1].lines");
}

/* ---- which rule ---- */

TEST(a_state_has_its_own_zone_before_its_country) {
        book_zone("US", "HI", "FAR");
        question.state = "HI";
        const Error *error = ck_assert_reason(book_refusal(&question), REASON_NO_SHIPPING_METHOD);
        ck_assert_str_eq(error->records[0].values[0].text, "FAR");
        question.state = "CA";
        ck_assert_int_eq(book_quote(&question).zone->id, 1);
        question.country = "DE";
        ck_assert_reason(book_refusal(&question), REASON_DESTINATION_NOT_SERVED);
}

TEST(an_older_zone_of_the_state_counts_before_a_newer_one_of_the_country) {
        book.n_rules = 0;
        book_zone("US", "HI", "HOME");
        book_zone("US", "", "ELSEWHERE");
        book_rate(SHIPPING_STANDARD, 1);
        book_transit(SHIPPING_STANDARD, 1);
        question.state = "HI";
        ck_assert_int_eq(book_quote(&question).zone->id, 1);
}

TEST(an_address_without_a_zone_is_refused_and_not_free) {
        question.country = "FR";
        question.state = "IDF";
        const Error *error = ck_assert_reason(book_refusal(&question), REASON_DESTINATION_NOT_SERVED);
        ck_assert_int_eq(error->code, ERROR_FAILED_PRECONDITION);
        ck_assert_str_eq(error->records[0].values[0].text, "FR");
        ck_assert_str_eq(error->records[0].values[1].text, "IDF");
}

TEST(a_price_is_in_the_currency_that_is_asked_for) {
        question.currency = "EUR";
        const Error *error = ck_assert_reason(book_refusal(&question), REASON_NO_SHIPPING_METHOD);
        ck_assert_str_eq(error->records[0].values[1].text, "EUR");
        book_rate(SHIPPING_STANDARD, 1490)->currency = "EUR";
        ShippingQuote quote = book_quote(&question);
        ck_assert_int_eq(quote.options[0].total_minor, 1490);
        ck_assert_str_eq(quote.currency, "EUR");
}

TEST(a_tier_has_its_own_rate_and_others_have_not) {
        ShippingRule *free = book_rate(SHIPPING_STANDARD, 0);

        free->tier = "platinum";
        free->max_grams = 5000;
        ck_assert_int_eq(price_of(1000), 1599);
        question.tier = "gold";
        ck_assert_int_eq(price_of(1000), 1599);
        question.tier = "platinum";
        ck_assert_int_eq(price_of(1000), 0);
        ck_assert_int_eq(price_of(5001), 1599);
        book_rate(SHIPPING_STANDARD, 900)->above_grams = 500;
        ck_assert_int_eq(price_of(1000), 0);
}

TEST(a_warehouses_zone_has_its_own_rate_and_transit_time) {
        book_warehouse("WH-1", "NEAR");
        book_rate(SHIPPING_STANDARD, 500)->from_zone = "NEAR";
        book_transit(SHIPPING_STANDARD, 1)->from_zone = "NEAR";
        book_rate(SHIPPING_STANDARD, 1700)->above_grams = 1;
        const ParcelPrice *parcel = first_parcel();
        ck_assert_int_eq(parcel->price_minor, 500);
        ck_assert_int_eq(parcel->warehouse->id, 4);
        ck_assert_str_eq(day_of(parcel->delivery_us), "2024-08-13");
        parcels[0].warehouse_id = "WH-9";
        parcel = first_parcel();
        ck_assert_int_eq(parcel->price_minor, 1700);
        ck_assert_str_eq(day_of(parcel->delivery_us), "2024-08-19");
}

TEST(a_rate_without_taxes_makes_an_option_untaxed_only_alone) {
        ShippingRule *untaxed = book_rate(SHIPPING_STANDARD, 100);

        untaxed->is_taxable = false;
        untaxed->from_zone = "NEAR";
        book_warehouse("WH-1", "NEAR");
        ck_assert(!book_quote(&question).options[0].is_taxable);
        question.n_parcels = 2;
        parcels[1].warehouse_id = "WH-2";
        ck_assert(book_quote(&question).options[0].is_taxable);
}

TEST(a_rule_counts_from_its_first_moment_until_before_its_last) {
        book.rules[1].valid_from_us = BOOK_NOW;
        ck_assert_int_eq(price_of(1), 1599);
        book.rules[1].valid_from_us = BOOK_NOW + 1;
        ck_assert_reason(book_refusal(&question), REASON_NO_SHIPPING_METHOD);
        book.rules[1].valid_from_us = SHIPPING_ALWAYS;
        book.rules[1].valid_to_us = BOOK_NOW + 1;
        ck_assert_int_eq(price_of(1), 1599);
        book.rules[1].valid_to_us = BOOK_NOW;
        ck_assert_reason(book_refusal(&question), REASON_NO_SHIPPING_METHOD);
}

TEST(a_newer_rule_with_the_same_key_replaces_one_and_gives_way_when_it_is_over) {
        ShippingRule *newer = book_rate(SHIPPING_STANDARD, 1799);

        ck_assert_int_eq(price_of(1), 1799);
        newer->valid_to_us = BOOK_NOW;
        ck_assert_int_eq(price_of(1), 1599);
        newer->valid_to_us = SHIPPING_NEVER;
        book_transit(SHIPPING_STANDARD, 1);
        ck_assert_str_eq(day_of(first_parcel()->delivery_us), "2024-08-13");
        book_warehouse("WH-1", "OLD");
        ck_assert_int_eq(book_warehouse("WH-1", "NEW")->id, first_parcel()->warehouse->id);
}

/* ---- what is asked ---- */

TEST(one_seller_sends_one_parcel_from_a_warehouse) {
        question.n_parcels = 2;
        parcels[1].seller_id = "SELLER-1";
        const Error *error = ck_assert_reason(book_refusal(&question), REASON_INVALID_REQUEST);
        ck_assert_str_eq(error->violations[0].field, "parcels[1]");
        parcels[1].warehouse_id = "WH-2";
        ck_assert_int_eq(book_quote(&question).options[0].total_minor, 2 * 1599);
}

TEST(an_unknown_currency_and_a_country_that_is_no_code_are_refused) {
        question.currency = "XXX";
        const Error *error = ck_assert_reason(book_refusal(&question), REASON_INVALID_REQUEST);
        ck_assert_str_eq(error->violations[0].field, "currency");
        question.currency = "USD";
        question.country = "us";
        error = ck_assert_reason(book_refusal(&question), REASON_INVALID_REQUEST);
        ck_assert_str_eq(error->violations[0].field, "destination.country");
}

/* ---- days ---- */

TEST(working_days_are_monday_to_friday) {
        static const struct {
                const char *from;
                int64_t monday_plus, days;
                const char *to;
        } cases[] = {
                { "Monday", 0, 0, "2024-08-12" },   { "Monday", 0, 4, "2024-08-16" },
                { "Monday", 0, 5, "2024-08-19" },   { "Friday", 4, 0, "2024-08-16" },
                { "Friday", 4, 1, "2024-08-19" },   { "Saturday", 5, 0, "2024-08-19" },
                { "Saturday", 5, 1, "2024-08-19" }, { "Sunday", 6, 1, "2024-08-19" },
                { "Sunday", 6, 5, "2024-08-23" },   { "Monday", 0, 90, "2024-12-16" },
        };

        for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
                int64_t from_us = BOOK_NOW + cases[i].monday_plus * 86400 * US_PER_S;
                const char *day = day_of(shipping_add_working_days(from_us, cases[i].days));

                ck_assert_msg(str_equal(day, cases[i].to), "%s and %lld days: %s", cases[i].from,
                              (long long) cases[i].days, day);
        }
}

TEST(days_before_1970_are_counted_too) {
        ck_assert_str_eq(day_of(shipping_add_working_days(-1, 1)), "1970-01-01");
        ck_assert_str_eq(day_of(shipping_add_working_days(-INT64_C(5) * 86400 * US_PER_S, 0)), "1969-12-29");
}

int main(void) {
        Suite *suite = suite_create("shipping/quote");
        TCase *tests = tcase_create("quote");

        tcase_add_checked_fixture(tests, set_up, NULL);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}

/* The client of pricing: what pricing says, and what it said last while it does not answer. */
#include "base/callee.h"
#include "base/memory.h"
#include "base/money.h"
#include "data/pricing_client.h"
#include "market.h"
#include "pricing/v1/pricing.reasons.h"
#include "support.h"

static const Product headphones = { "PROD-67890", "SKU-ABC-001", "Headphones", true, "SELLER-1", "standard",
                                    24999, "USD" };
static const Product speaker = { "PROD-11111", "SKU-DEF-002", "Speaker", true, "SELLER-2", "standard",
                                 15000, "USD" };
static const Product tea = { "PROD-YEN", "SKU-YEN", "Tea", true, "SELLER-2", "standard", 150000, "JPY" };
static const Product priceless = { "PROD-FREE", "SKU-FREE", "Air", true, "SELLER-2", "standard", 0, NULL };

static Ctx *ctx;
static PriceBook book;
static Prices *prices;
static PriceLine lines[2];
static OrderAddress place;
static PriceQuestion question;
static PriceAnswer answer;

static void open_client(int64_t max_age_ms) {
        prices = order_pricing_client_new(ctx->arena, &book.base, last_said_new(ctx->arena, 64, max_age_ms));
}

static void setup(void) {
        ctx = test_ctx();
        price_book_init(&book);
        callee_init(&(CalleeLimits) { .n_calls = 8, .wait_ms = 1000, .breaker = { 1000000, 60000, 1 } },
                    NULL);
        open_client(TEST_WAIT_MS);
        lines[0] = (PriceLine) { &headphones, "US-WEST-01", 2 };
        lines[1] = (PriceLine) { &speaker, "US-WEST-01", 1 };
        place = (OrderAddress) { .state = "CA", .country = "US" };
        question = (PriceQuestion) {
                .lines = lines, .n_lines = 2, .currency = "USD", .tier = "gold", .to = &place
        };
}

static const Error *calculate(void) {
        return prices->calculate(prices, ctx, &question, &answer);
}

static void learn(void) {
        ck_assert_ok(calculate());
        ck_assert(!answer.is_old);
}

/* ---- what it says ---- */

static const Error *assert_request(PriceBook *asked, Ctx *call,
                                   const PricingV1CalculatePricesRequest *request,
                                   PricingV1CalculatePricesResponse *response) {
        (void) asked, (void) response;
        ck_assert_int_le(ctx_remaining_ms(call), PRICING_TIMEOUT_MS);
        ck_assert_str_eq(request->currency, "USD");
        ck_assert_str_eq(request->tier, "gold");
        ck_assert_str_eq(request->tax_place->country, "US");
        ck_assert_str_eq(request->tax_place->state, "CA");
        ck_assert_str_eq(request->lines[0]->sku, "SKU-ABC-001");
        ck_assert_str_eq(request->lines[0]->warehouse_id, "US-WEST-01");
        ck_assert_str_eq(request->lines[0]->tax_class, "standard");
        ck_assert_int_eq(request->lines[0]->quantity, 2);
        ck_assert_int_eq(request->lines[0]->base_price->minor, 24999);
        ck_assert_str_eq(request->lines[0]->base_price->currency, "USD");
        return NULL;
}

TEST(the_whole_cart_is_asked_for_at_once) {
        book.when_asked = assert_request;
        learn();
        ck_assert_int_eq(book.n_calls, 1);
}

TEST(an_answer_is_what_pricing_says) {
        book.more_minor = 1;
        book.bulk_minor = 500;
        book.taxes_shipping = true;
        book.rules_version = 42;
        learn();
        ck_assert_int_eq(answer.lines[0].unit_price_minor, 25000);
        ck_assert_int_eq(answer.lines[1].unit_price_minor, 15001);
        ck_assert_str_eq(answer.lines[1].tax_class, "standard");
        ck_assert_int_eq(answer.lines[1].tax_ppm, 82030);
        ck_assert(answer.lines[1].taxes_shipping);
        ck_assert_uint_eq(answer.n_bulk_discounts, 1);
        ck_assert_str_eq(answer.bulk_discounts[0].name, "three and more");
        ck_assert_int_eq(answer.bulk_discounts[0].amount_minor, 500);
        ck_assert_int_eq(answer.rules_version, 42);
        ck_assert_int_eq(answer.rules_at_us, (PRICE_BOOK_AS_OF_S + 42) * 1000000);
}

/* ---- what it refuses ---- */

TEST(an_address_whose_taxes_it_does_not_know_is_told_in_words_of_the_order) {
        place.state = "TX";
        const Error *error = ck_assert_reason(calculate(), REASON_TAX_UNAVAILABLE);
        ck_assert_int_eq(error->code, ERROR_FAILED_PRECONDITION);
        ck_assert_str_eq(error->message, "What is taxed in US TX is not known");
        ck_assert_uint_eq(error->n_records, 1);
        ck_assert_str_eq(error->records[0].values[0].text, "US");
        ck_assert_str_eq(error->records[0].values[1].text, "TX");
        ck_assert_str_eq(error->records[0].values[2].key, "taxClass");
        ck_assert_str_eq(error->records[0].values[2].text, "standard");
        ck_assert_uint_eq(error->n_violations, 1);
        ck_assert_str_eq(error->violations[0].field, "shippingAddress");
}

TEST(a_price_that_it_does_not_have_is_told_as_it_tells_it) {
        question.currency = "KWD";
        const Error *error = ck_assert_reason(calculate(), REASON_PRICE_UNAVAILABLE);
        ck_assert_int_eq(error->code, ERROR_FAILED_PRECONDITION);
        ck_assert_str_eq(error->records[0].values[0].text, "SKU-ABC-001");
        lines[0].product = &priceless;
        ck_assert_reason(calculate(), REASON_PRICE_UNAVAILABLE);
}

static const Error *find_fault(PriceBook *asked, Ctx *call, const PricingV1CalculatePricesRequest *request,
                               PricingV1CalculatePricesResponse *response) {
        Error *error = error_invalid(call->arena, "lines[1].quantity", "must be less");

        (void) asked, (void) request, (void) response;
        error_add_violation(call->arena, error, "taxPlace.country", "must be a code of two letters");
        error_add_violation(call->arena, error, "currency", "must be another");
        return error;
}

TEST(a_wrong_field_is_named_as_the_order_names_it) {
        book.when_asked = find_fault;
        const Error *error = ck_assert_reason(calculate(), REASON_INVALID_REQUEST);
        ck_assert_uint_eq(error->n_violations, 3);
        ck_assert_str_eq(error->violations[0].field, "items[1].quantity");
        ck_assert_str_eq(error->violations[0].description, "must be less");
        ck_assert_str_eq(error->violations[1].field, "shippingAddress.country");
        ck_assert_str_eq(error->violations[2].field, "currency");
}

TEST(a_refusal_is_no_reason_to_take_what_is_old) {
        learn();
        book.mood = MOOD_BROKEN;
        ck_assert_int_eq(calculate()->code, ERROR_INTERNAL);
}

/* ---- what makes no sense ---- */

static int nonsense;

static const Error *talk_nonsense(PriceBook *asked, Ctx *call, const PricingV1CalculatePricesRequest *request,
                                  PricingV1CalculatePricesResponse *response) {
        PricingV1PricedLine *line = response->lines[0];

        (void) asked, (void) call, (void) request;
        switch (nonsense) {
        case 0: response->n_lines = 1; break;
        case 1: line->sku = "SKU-OTHER"; break;
        case 2: line->unit_price = NULL; break;
        case 3: line->unit_price->currency = "EUR"; break;
        case 4: line->unit_price->minor = -1; break;
        case 5: line->tax_ppm = -1; break;
        case 6: line->tax_ppm = MONEY_PPM_ONE + 1; break;
        case 7: response->as_of = NULL; break;
        case 8: response->bulk_discounts[0]->amount = NULL; break;
        case 9: response->bulk_discounts[0]->amount->currency = "EUR"; break;
        case 10: response->bulk_discounts[0]->amount->minor = -1; break;
        default: line->tax_ppm = MONEY_PPM_ONE; break;
        }
        return NULL;
}

START_TEST(an_answer_without_sense_is_a_failure) {
        nonsense = _i;
        book.bulk_minor = 100;
        book.when_asked = talk_nonsense;
        ck_assert_int_eq(calculate()->code, ERROR_INTERNAL);
        book.mood = MOOD_AWAY;
        ck_assert_reason(calculate(), REASON_UNAVAILABLE);
}
END_TEST

TEST(whole_amounts_may_be_taxed_away) {
        nonsense = -1;
        book.when_asked = talk_nonsense;
        learn();
        ck_assert_int_eq(answer.lines[0].tax_ppm, MONEY_PPM_ONE);
}

/* ---- what it said last ---- */

/* From now on it does not answer, and would say something else. */
static void fall_silent(Mood mood) {
        book.mood = mood;
        book.more_minor = 7777;
        book.bulk_minor = 7777;
        book.rules_version = 7777;
}

static void assert_is_old(void) {
        ck_assert_ok(calculate());
        ck_assert(answer.is_old);
}

START_TEST(while_it_does_not_answer_what_it_said_last_counts) {
        static const Mood moods[] = { MOOD_AWAY, MOOD_TOO_LATE };

        book.more_minor = -99;
        book.bulk_minor = 500;
        book.taxes_shipping = true;
        learn();
        fall_silent(moods[_i]);
        assert_is_old();
        ck_assert_int_eq(answer.lines[0].unit_price_minor, 24900);
        ck_assert_int_eq(answer.lines[1].unit_price_minor, 14901);
        ck_assert_int_eq(answer.lines[0].tax_ppm, 82030);
        ck_assert(answer.lines[0].taxes_shipping);
        ck_assert_str_eq(answer.lines[0].tax_class, "standard");
        ck_assert_uint_eq(answer.n_bulk_discounts, 1);
        ck_assert_int_eq(answer.bulk_discounts[0].amount_minor, 500);
        ck_assert_int_eq(answer.rules_version, 1);
        ck_assert_int_eq(answer.rules_at_us, (PRICE_BOOK_AS_OF_S + 1) * 1000000);
        book.mood = MOOD_ANSWERS;
        learn();
        ck_assert_int_eq(answer.lines[0].unit_price_minor, 24999 + 7777);
}
END_TEST

TEST(a_price_that_it_never_said_is_that_of_the_catalog) {
        book.more_minor = -99;
        question.n_lines = 1;
        learn();
        fall_silent(MOOD_AWAY);
        question.n_lines = 2;
        assert_is_old();
        ck_assert_int_eq(answer.lines[0].unit_price_minor, 24900);
        ck_assert_int_eq(answer.lines[1].unit_price_minor, 15000);
}

START_TEST(a_price_is_remembered_for_the_same_question_only) {
        book.more_minor = -99;
        learn();
        fall_silent(MOOD_AWAY);
        switch (_i) {
        case 0: lines[0].quantity = 3; break;
        case 1: lines[0].warehouse = "US-EAST-01"; break;
        case 2: question.tier = "bronze"; break;
        default: lines[0].product = &speaker, lines[0].quantity = 2; break;
        }
        assert_is_old();
        ck_assert_int_eq(answer.lines[0].unit_price_minor, lines[0].product->base_price_minor);
        ck_assert_int_eq(answer.rules_version, 1);
}
END_TEST

TEST(a_price_in_another_currency_is_not_made_up) {
        learn();
        fall_silent(MOOD_AWAY);
        lines[0].product = &tea;
        ck_assert_reason(calculate(), REASON_UNAVAILABLE);
        lines[0].product = &priceless;
        ck_assert_reason(calculate(), REASON_UNAVAILABLE);
        lines[0].product = &headphones;
        question.currency = "JPY";
        ck_assert_reason(calculate(), REASON_UNAVAILABLE);
}

START_TEST(taxes_are_never_made_up) {
        static const OrderAddress elsewhere[] = {
                { .state = "NY", .country = "US" }, { .state = "CA", .country = "DE" }, { .country = "US" }
        };

        learn();
        fall_silent(MOOD_AWAY);
        question.to = &elsewhere[_i];
        ck_assert_int_eq(ck_assert_reason(calculate(), REASON_UNAVAILABLE)->code, ERROR_UNAVAILABLE);
}
END_TEST

TEST(taxes_of_another_class_are_not_made_up) {
        Product book_product = headphones;

        learn();
        fall_silent(MOOD_AWAY);
        book_product.tax_class = "reduced";
        lines[0].product = &book_product;
        ck_assert_reason(calculate(), REASON_UNAVAILABLE);
}

TEST(taxes_are_those_of_the_place_whatever_was_bought) {
        learn();
        fall_silent(MOOD_AWAY);
        question.lines = &lines[1];
        question.n_lines = 1;
        lines[1].quantity = 9;
        assert_is_old();
        ck_assert_int_eq(answer.lines[0].tax_ppm, 82030);
}

TEST(a_bulk_discount_is_remembered_for_the_same_cart_until_there_is_none) {
        book.bulk_minor = 500;
        learn();
        book.mood = MOOD_AWAY;
        assert_is_old();
        ck_assert_uint_eq(answer.n_bulk_discounts, 1);
        lines[1].quantity = 2;
        assert_is_old();
        ck_assert_uint_eq(answer.n_bulk_discounts, 0);
        lines[1].quantity = 1;
        book.mood = MOOD_ANSWERS;
        book.bulk_minor = 0;
        learn();
        book.mood = MOOD_AWAY;
        assert_is_old();
        ck_assert_uint_eq(answer.n_bulk_discounts, 0);
}

TEST(an_answer_is_as_old_as_its_oldest_part) {
        question.n_lines = 1;
        learn();
        book.rules_version = 5;
        question.lines = &lines[1];
        learn();
        fall_silent(MOOD_AWAY);
        question.lines = lines;
        question.n_lines = 2;
        assert_is_old();
        ck_assert_int_eq(answer.rules_version, 1);
        ck_assert_int_eq(answer.rules_at_us, (PRICE_BOOK_AS_OF_S + 1) * 1000000);
}

static bool is_refused(void *arg) {
        (void) arg;
        return calculate() != NULL;
}

TEST(what_was_said_too_long_ago_does_not_count) {
        open_client(1);
        learn();
        fall_silent(MOOD_AWAY);
        test_wait_until(is_refused, NULL, TEST_WAIT_MS, "a millisecond is over");
        ck_assert_reason(calculate(), REASON_UNAVAILABLE);
}

TEST(what_a_breaker_refuses_counts_as_not_answered) {
        callee_init(&(CalleeLimits) { .n_calls = 8, .wait_ms = 1000, .breaker = { 1, 60000, 60000 } }, NULL);
        open_client(TEST_WAIT_MS);
        learn();
        book.mood = MOOD_AWAY;
        assert_is_old();
        assert_is_old();
        ck_assert_int_eq(book.n_calls, 2);
}

TEST(a_call_that_is_over_itself_takes_nothing_old) {
        learn();
        book.mood = MOOD_AWAY;
        ctx_limit(ctx, 0);
        ck_assert_reason(calculate(), REASON_DEADLINE_EXCEEDED);
}

int main(void) {
        Suite *suite = suite_create("order pricing client");
        TCase *tests = tcase_create("pricing client");

        tcase_add_checked_fixture(tests, setup, NULL);
        test_add(tests);
        tcase_add_loop_test(tests, an_answer_without_sense_is_a_failure, 0, 11);
        tcase_add_loop_test(tests, while_it_does_not_answer_what_it_said_last_counts, 0, 2);
        tcase_add_loop_test(tests, a_price_is_remembered_for_the_same_question_only, 0, 4);
        tcase_add_loop_test(tests, taxes_are_never_made_up, 0, 3);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}

/* The client of promotions: what they take off an order, and the uses of them that it holds. */
#include "base/callee.h"
#include "base/clock.h"
#include "base/memory.h"
#include "base/money.h"
#include "data/promotion_client.h"
#include "promotion/v1/promotion.reasons.h"
#include "promotion_book.h"
#include "support.h"

#define N_FAILURES 5

static Ctx *ctx;
static PromotionBook book;
static Promotions *promotions;
static OrderItem items[2];
static Product products[2];
static OrderDiscount discounts[2];
static Order order;
static const char *codes[2];
static PromotionQuestion question;
static PromotionAnswer answer;
static int64_t expires_at_us;
static GoneUse *gone;
static size_t n_gone;

static void setup(void) {
        static const char *const categories[] = { "CAT-AUDIO", "CAT-ALL" };

        ctx = test_ctx();
        promotion_book_init(&book);
        callee_init(&(CalleeLimits) { .n_calls = 8,
                                      .wait_ms = TEST_WAIT_MS,
                                      .breaker = { N_FAILURES, TEST_WAIT_MS, TEST_WAIT_MS } },
                    NULL);
        promotions = order_promotion_client_new(ctx->arena, &book.base);
        items[0] = (OrderItem) { "PROD-67890", "SKU-ABC-001", .quantity = 2, .unit_price_minor = 24999,
                                 .total_minor = 49998 };
        items[1] = (OrderItem) { "PROD-11111", "SKU-DEF-002", .quantity = 1, .unit_price_minor = 15000,
                                 .total_minor = 15000 };
        products[0] = (Product) { .category_ids = categories, .n_category_ids = 2 };
        products[1] = (Product) { 0 };
        discounts[0] = (OrderDiscount) { .type = DISCOUNT_PROMOTION, .amount_minor = 6500,
                                         .campaign_id = BOOK_SUMMER, .campaign_version = 3 };
        discounts[1] = (OrderDiscount) { .type = DISCOUNT_CUSTOMER_TIER, .amount_minor = 3250 };
        order = (Order) { .id = "ORD-1", .customer_id = "CUST-12345", .customer_tier = "gold",
                          .items = items, .n_items = 2,
                          .pricing = { .currency = "USD", .discounts = discounts, .n_discounts = 2 } };
        codes[0] = "SUMMER2024";
        question = (PromotionQuestion) {
                .order = &order, .products = products, .codes = codes, .n_codes = 1
        };
}

static const Error *evaluate(void) {
        return promotions->evaluate(promotions, ctx, &question, &answer);
}

static const Error *hold(void) {
        return promotions->hold(promotions, ctx, &order, &expires_at_us, &gone, &n_gone);
}

/* ---- evaluated ---- */

static const Error *assert_cart(PromotionBook *asked, Ctx *call, const PromotionV1EvaluateRequest *request,
                                PromotionV1EvaluateResponse *response) {
        (void) asked, (void) response;
        ck_assert_int_le(ctx_remaining_ms(call), PROMOTION_TIMEOUT_MS);
        ck_assert_str_eq(request->customer_id, "CUST-12345");
        ck_assert_str_eq(request->tier, "gold");
        ck_assert_uint_eq(request->n_segments, 0);
        ck_assert_str_eq(request->currency, "USD");
        ck_assert_uint_eq(request->n_lines, 2);
        ck_assert_str_eq(request->lines[0]->sku, "SKU-ABC-001");
        ck_assert_str_eq(request->lines[0]->product_id, "PROD-67890");
        ck_assert_uint_eq(request->lines[0]->n_category_ids, 2);
        ck_assert_str_eq(request->lines[0]->category_ids[1], "CAT-ALL");
        ck_assert_int_eq(request->lines[0]->quantity, 2);
        ck_assert_int_eq(request->lines[0]->unit_price_minor, 24999);
        ck_assert_uint_eq(request->n_codes, 1);
        ck_assert_str_eq(request->codes[0], "SUMMER2024");
        ck_assert_uint_eq(request->n_without_campaign_ids, 1);
        ck_assert_str_eq(request->without_campaign_ids[0], "CMP-1");
        return NULL;
}

TEST(the_whole_cart_is_asked_for_at_once) {
        question.without = (const char *[]) { "CMP-1" };
        question.n_without = 1;
        book.when_evaluated = assert_cart;
        ck_assert_ok(evaluate());
        ck_assert_int_eq(book.n_evaluated, 1);
}

static size_t n_categories_asked;

static const Error *count_categories(PromotionBook *asked, Ctx *call,
                                     const PromotionV1EvaluateRequest *request,
                                     PromotionV1EvaluateResponse *response) {
        (void) asked, (void) call, (void) response;
        n_categories_asked = request->lines[0]->n_category_ids;
        return NULL;
}

TEST(of_many_categories_the_nearest_are_told) {
        const char *many[PROMOTION_MAX_CATEGORIES + 1] = { 0 };

        book.when_evaluated = count_categories;
        products[0] = (Product) { .category_ids = many, .n_category_ids = PROMOTION_MAX_CATEGORIES };
        ck_assert_ok(evaluate());
        ck_assert_uint_eq(n_categories_asked, PROMOTION_MAX_CATEGORIES);
        products[0].n_category_ids++;
        ck_assert_ok(evaluate());
        ck_assert_uint_eq(n_categories_asked, PROMOTION_MAX_CATEGORIES);
}

TEST(an_answer_is_what_promotions_say) {
        book.automatic_minor = 100;
        codes[1] = "WINTER2020";
        question.n_codes = 2;
        ck_assert_ok(evaluate());
        ck_assert(!answer.is_away);
        ck_assert_uint_eq(answer.n_applied, 2);
        ck_assert_str_eq(answer.applied[0].campaign_id, BOOK_SUMMER);
        ck_assert_int_eq(answer.applied[0].version, 3);
        ck_assert_str_eq(answer.applied[0].code, "SUMMER2024");
        ck_assert_str_eq(answer.applied[0].description, "10% off");
        ck_assert_int_eq(answer.applied[0].amount_minor, 6500);
        ck_assert_int_eq(answer.applied[0].line_amounts_minor[0], 5000);
        ck_assert_int_eq(answer.applied[0].line_amounts_minor[1], 1500);
        ck_assert_ptr_null(answer.applied[1].code);
        ck_assert_uint_eq(answer.n_refused, 1);
        ck_assert_str_eq(answer.refused[0].code, "WINTER2020");
        ck_assert_str_eq(answer.refused[0].reason, "EXPIRED");
}

START_TEST(every_refusal_has_its_word) {
        static const char *const words[] = { "UNKNOWN_CODE", "NOT_STARTED", "EXPIRED", "OTHER_CURRENCY",
                                             "NOT_ELIGIBLE", "MIN_ORDER_NOT_MET", "USAGE_LIMIT_REACHED",
                                             "BUDGET_EXHAUSTED", PROMOTION_NOT_STACKABLE };

        codes[0] = "WINTER2020";
        book.refusal = 1 + _i;
        ck_assert_ok(evaluate());
        ck_assert_str_eq(answer.refused[0].reason, words[_i]);
}
END_TEST

static void assert_makes_no_sense(void) {
        ck_assert_int_eq(evaluate()->code, ERROR_INTERNAL);
        book.when_evaluated = NULL;
        ck_assert_ok(evaluate());
}

static const Error *forget_the_code(PromotionBook *asked, Ctx *call,
                                    const PromotionV1EvaluateRequest *request,
                                    PromotionV1EvaluateResponse *response) {
        (void) asked, (void) call, (void) request;
        response->n_applied = 0;
        return NULL;
}

static const Error *forget_a_line(PromotionBook *asked, Ctx *call, const PromotionV1EvaluateRequest *request,
                                  PromotionV1EvaluateResponse *response) {
        (void) asked, (void) call, (void) request;
        response->applied[0]->n_line_amounts = 1;
        return NULL;
}

static const Error *miscount(PromotionBook *asked, Ctx *call, const PromotionV1EvaluateRequest *request,
                             PromotionV1EvaluateResponse *response) {
        (void) asked, (void) call, (void) request;
        response->applied[0]->amount->minor++;
        return NULL;
}

static const Error *change_the_money(PromotionBook *asked, Ctx *call,
                                     const PromotionV1EvaluateRequest *request,
                                     PromotionV1EvaluateResponse *response) {
        (void) asked, (void) call, (void) request;
        response->applied[0]->line_amounts[1]->currency = "EUR";
        return NULL;
}

static const Error *take_too_much(PromotionBook *asked, Ctx *call, const PromotionV1EvaluateRequest *request,
                                  PromotionV1EvaluateResponse *response) {
        (void) asked, (void) call, (void) request;
        response->applied[0]->line_amounts[1]->minor = 15001;
        response->applied[0]->amount->minor = 5000 + 15001;
        return NULL;
}

static const Error *name_no_campaign(PromotionBook *asked, Ctx *call,
                                     const PromotionV1EvaluateRequest *request,
                                     PromotionV1EvaluateResponse *response) {
        (void) asked, (void) call, (void) request;
        response->applied[0]->campaign_id = "";
        return NULL;
}

static const Error *name_no_version(PromotionBook *asked, Ctx *call,
                                    const PromotionV1EvaluateRequest *request,
                                    PromotionV1EvaluateResponse *response) {
        (void) asked, (void) call, (void) request;
        response->applied[0]->version = 0;
        return NULL;
}

TEST(an_answer_without_sense_is_a_failure) {
        const Error *(*const tricks[])(PromotionBook *, Ctx *, const PromotionV1EvaluateRequest *,
                                       PromotionV1EvaluateResponse *) = {
                forget_the_code, forget_a_line,    miscount,       change_the_money,
                take_too_much,   name_no_campaign, name_no_version
        };

        for (size_t i = 0; i < ARRAY_SIZE(tricks); i++) {
                book.when_evaluated = tricks[i];
                assert_makes_no_sense();
        }
        codes[0] = "WINTER2020";
        book.refusal = 99;
        ck_assert_int_eq(evaluate()->code, ERROR_INTERNAL);
}

static const Error *refuse_the_question(PromotionBook *asked, Ctx *call,
                                        const PromotionV1EvaluateRequest *request,
                                        PromotionV1EvaluateResponse *response) {
        (void) asked, (void) request, (void) response;
        return error_invalid(call->arena, "lines[0].categoryIds", "must be fewer");
}

TEST(a_question_that_it_refuses_is_no_fault_of_the_customer) {
        book.when_evaluated = refuse_the_question;
        ck_assert_int_eq(evaluate()->code, ERROR_INTERNAL);
}

/* ---- away ---- */

START_TEST(a_code_waits_for_promotions_that_do_not_answer) {
        static const Mood moods[] = { MOOD_AWAY, MOOD_TOO_LATE };

        book.mood = moods[_i];
        ck_assert_int_eq(ck_assert_reason(evaluate(), REASON_UNAVAILABLE)->code, ERROR_UNAVAILABLE);
        question.n_codes = 0;
        book.automatic_minor = 100;
        ck_assert_ok(evaluate());
        ck_assert(answer.is_away);
        ck_assert_uint_eq(answer.n_applied + answer.n_refused, 0);
}
END_TEST

TEST(what_a_breaker_refuses_counts_as_not_answered) {
        question.n_codes = 0;
        book.mood = MOOD_AWAY;
        for (int i = 0; i < N_FAILURES + 1; i++) {
                ck_assert_ok(evaluate());
                ck_assert(answer.is_away);
        }
        ck_assert_int_eq(book.n_evaluated, N_FAILURES);
}

TEST(any_other_failure_is_a_failure) {
        question.n_codes = 0;
        book.mood = MOOD_BROKEN;
        ck_assert_int_eq(evaluate()->code, ERROR_INTERNAL);
        ck_assert_int_eq(hold()->code, ERROR_INTERNAL);
}

TEST(a_call_that_is_over_itself_does_without_nothing) {
        question.n_codes = 0;
        book.mood = MOOD_AWAY;
        ctx_limit(ctx, 0);
        ck_assert_reason(evaluate(), REASON_DEADLINE_EXCEEDED);
}

/* ---- uses ---- */

static const Error *assert_uses(PromotionBook *asked, Ctx *call, const PromotionV1HoldUsageRequest *request,
                                PromotionV1HoldUsageResponse *response) {
        (void) asked, (void) call, (void) response;
        ck_assert_str_eq(request->order_id, "ORD-1");
        ck_assert_str_eq(request->customer_id, "CUST-12345");
        ck_assert_str_eq(request->currency, "USD");
        ck_assert_uint_eq(request->n_lines, 1);
        ck_assert_str_eq(request->lines[0]->campaign_id, BOOK_SUMMER);
        ck_assert_int_eq(request->lines[0]->version, 3);
        ck_assert_int_eq(request->lines[0]->amount_minor, 6500);
        return NULL;
}

TEST(what_campaigns_take_off_is_held) {
        book.when_held = assert_uses;
        ck_assert_ok(hold());
        ck_assert_uint_eq(n_gone, 0);
        ck_assert_int_gt(expires_at_us, clock_wall_us());
        ck_assert_int_eq(promotion_book_status(&book, "ORD-1"),
                         PROMOTION__V1__USAGE_STATUS__USAGE_STATUS_HELD);
}

TEST(what_is_used_up_is_told_campaign_by_campaign) {
        discounts[1].campaign_id = BOOK_AUTOMATIC;
        book.uses_left = 1;
        ck_assert_ok(hold());
        ck_assert_uint_eq(n_gone, 2);
        ck_assert_str_eq(gone[0].campaign_id, BOOK_SUMMER);
        ck_assert_str_eq(gone[1].campaign_id, BOOK_AUTOMATIC);
        ck_assert_str_eq(gone[1].reason, "USAGE_LIMIT_REACHED");
}

static const Error *exhaust_without_a_word(PromotionBook *asked, Ctx *call,
                                           const PromotionV1HoldUsageRequest *request,
                                           PromotionV1HoldUsageResponse *response) {
        (void) asked, (void) request, (void) response;
        return error_new(call->arena, ERROR_FAILED_PRECONDITION, REASON_PROMOTION_EXHAUSTED, "gone");
}

static const Error *say_nothing(PromotionBook *asked, Ctx *call, const PromotionV1HoldUsageRequest *request,
                                PromotionV1HoldUsageResponse *response) {
        (void) asked, (void) call, (void) request;
        response->usage = NULL;
        return NULL;
}

TEST(a_hold_without_sense_is_a_failure) {
        book.when_held = exhaust_without_a_word;
        ck_assert_int_eq(hold()->code, ERROR_INTERNAL);
        book.when_held = say_nothing;
        ck_assert_int_eq(hold()->code, ERROR_INTERNAL);
}

static const char *held_reason;

static const Error *refuse_to_hold(PromotionBook *asked, Ctx *call,
                                   const PromotionV1HoldUsageRequest *request,
                                   PromotionV1HoldUsageResponse *response) {
        (void) asked, (void) request, (void) response;
        return error_new(call->arena, ERROR_FAILED_PRECONDITION, held_reason, "refused");
}

START_TEST(a_hold_that_is_over_or_another_is_expired) {
        static const char *const reasons[] = { REASON_USAGE_CLOSED, REASON_USAGE_MISMATCH };

        book.when_held = refuse_to_hold;
        held_reason = reasons[_i];
        ck_assert_int_eq(ck_assert_reason(hold(), REASON_HOLD_EXPIRED)->code, ERROR_ABORTED);
}
END_TEST

TEST(uses_are_counted_for_many_orders_and_each_says_what_became_of_it) {
        ConfirmState states[3];

        ck_assert_ok(hold());
        order.id = "ORD-2";
        ck_assert_ok(hold());
        ck_assert_ok(promotions->release(promotions, ctx, "ORD-2"));
        ck_assert_ok(promotions->commit(promotions, ctx, (const char *[]) { "ORD-1", "ORD-2", "ORD-3" }, 3,
                                        states));
        ck_assert_int_eq(states[0], CONFIRM_DONE);
        ck_assert_int_eq(states[1], CONFIRM_LOST);
        ck_assert_int_eq(states[2], CONFIRM_LOST);
        ck_assert_int_eq(book.n_counted, 1);
}

TEST(giving_back_goes_around_the_breaker) {
        book.mood = MOOD_AWAY;
        for (int i = 0; i < N_FAILURES + 1; i++)
                ck_assert_reason(hold(), REASON_UNAVAILABLE);
        ck_assert_int_eq(book.n_held, N_FAILURES);
        book.release_mood = MOOD_AWAY;
        for (int i = 0; i < N_FAILURES + 1; i++)
                ck_assert_reason(promotions->release(promotions, ctx, "ORD-1"), REASON_UNAVAILABLE);
        ck_assert_int_eq(book.n_released, N_FAILURES + 1);
}

int main(void) {
        Suite *suite = suite_create("order promotion client");
        TCase *tests = tcase_create("promotion client");

        tcase_add_checked_fixture(tests, setup, NULL);
        test_add(tests);
        tcase_add_loop_test(tests, every_refusal_has_its_word, 0, 9);
        tcase_add_loop_test(tests, a_code_waits_for_promotions_that_do_not_answer, 0, 2);
        tcase_add_loop_test(tests, a_hold_that_is_over_or_another_is_expired, 0, 2);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}

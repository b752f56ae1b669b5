#include "fixture.h"
#include "race.h"

#define N_RACERS 16

static Fixture *f;

static void set_up(void) {
        f = fixture_new();
}

static Ctx *admin(void) {
        return fixture_as(test_ctx(), "USER-ADMIN", ROLE_ADMIN);
}

static ProductRating rating_of(const char *product_id) {
        ProductRating rating;

        ck_assert_ok(review_rating(&f->reviews, test_ctx(), product_id, &rating));
        return rating;
}

TEST(a_product_without_approved_reviews_has_none) {
        const Review *review;

        ck_assert_ok(fixture_create(f, "CUST-1", "PROD-1", NULL, 4, &review));
        ProductRating rating = rating_of("PROD-1");
        ck_assert_int_eq(review_rating_count(&rating), 0);
}

TEST(approved_reviews_count_by_their_stars) {
        static const int64_t counts[REVIEW_MAX_RATING] = { 1, 2, 2, 1, 3 };

        for (int i = 0; i < 9; i++)
                fixture_approved(f, arena_printf(test_ctx()->arena, "CUST-%d", i), "PROD-1",
                                 i < 1 ? 1 : i < 3 ? 2 : i < 5 ? 3 : i < 6 ? 4 : 5);
        fixture_approved(f, "CUST-1", "PROD-2", 3);
        ck_assert_str_eq(fixture_stars(f, "PROD-1"), "1/2/2/1/3");
        ck_assert_str_eq(fixture_stars(f, "PROD-2"), "0/0/1/0/0");
        ProductRating rating = rating_of("PROD-1");
        for (size_t i = 0; i < REVIEW_MAX_RATING; i++)
                ck_assert_int_eq(rating.star_counts[i], counts[i]);
        fixture_assert_books(f);
}

TEST(what_is_not_shown_any_more_does_not_count) {
        const ReviewContent content = { 1, "Worse", "It broke." };
        const Review *edited = fixture_approved(f, "CUST-1", "PROD-1", 5);
        const Review *withdrawn = fixture_approved(f, "CUST-2", "PROD-1", 4);
        const Review *rejected = fixture_approved(f, "CUST-3", "PROD-1", 3);
        const Review *review;

        ck_assert_str_eq(fixture_stars(f, "PROD-1"), "0/0/1/1/1");
        ck_assert_ok(review_edit(&f->reviews, fixture_as(test_ctx(), "CUST-1", ROLE_CUSTOMER),
                                 edited->review_id, 2, &content, &review));
        ck_assert_str_eq(fixture_stars(f, "PROD-1"), "0/0/1/1/0");
        ck_assert_ok(review_withdraw(&f->reviews, fixture_as(test_ctx(), "CUST-2", ROLE_CUSTOMER),
                                     withdrawn->review_id, 2, &review));
        ck_assert_str_eq(fixture_stars(f, "PROD-1"), "0/0/1/0/0");
        ck_assert_ok(review_reject(&f->reviews, admin(), rejected->review_id, 2, "rude", &review));
        ck_assert_str_eq(fixture_stars(f, "PROD-1"), "0/0/0/0/0");
        ck_assert_ok(review_approve(&f->reviews, admin(), edited->review_id, 3, &review));
        ck_assert_str_eq(fixture_stars(f, "PROD-1"), "1/0/0/0/0");
        fixture_assert_books(f);
}

TEST(a_reply_counts_nothing) {
        const Review *review = fixture_approved(f, "CUST-1", "PROD-1", 5);

        ck_assert_ok(review_reply(&f->reviews, admin(), review->review_id, "Thanks", &review));
        ck_assert_str_eq(fixture_stars(f, "PROD-1"), "0/0/0/0/1");
        fixture_assert_books(f);
}

static void assert_final(const Error *error) {
        ck_assert(error && error_is_final(error));
}

TEST(no_count_goes_below_zero) {
        const Review *approved = fixture_approved(f, "CUST-1", "PROD-1", 5), *review;

        test_sql(f->dsn, "UPDATE product_ratings SET stars_5 = 0");
        assert_final(review_reject(&f->reviews, admin(), approved->review_id, 2, "rude", &review));
        ck_assert_int_eq(fixture_count(f, "reviews WHERE status = 'APPROVED' AND version = 2"), 1);
        ck_assert_int_eq(fixture_count(f, "outbox"), 2);
}

static const char *review_ids[N_RACERS];

/* All of one product, whose row none of them finds. */
static void approve_own(Ctx *ctx, void *arg, size_t i) {
        const Review *review;

        (void) arg;
        ck_assert_ok(review_approve(&f->reviews, fixture_as(ctx, "USER-ADMIN", ROLE_ADMIN), review_ids[i], 1,
                                    &review));
}

TEST(approvals_at_once_are_all_counted) {
        const Review *review;

        for (int i = 0; i < N_RACERS; i++) {
                ck_assert_ok(fixture_create(f, arena_printf(test_ctx()->arena, "CUST-%d", i), "PROD-1", NULL,
                                            i % 5 + 1, &review));
                review_ids[i] = review->review_id;
        }
        race_run(N_RACERS, approve_own, NULL);
        ck_assert_str_eq(fixture_stars(f, "PROD-1"), "4/3/3/3/3");
        fixture_assert_books(f);
}

/* Of the same version: one of them wins, the others are told to read again. */
static void judge_same(Ctx *ctx, void *arg, size_t i) {
        ReviewUsecase *reviews = &f->reviews;
        const Review *review;
        const Error *error;

        (void) arg;
        fixture_as(ctx, "USER-ADMIN", ROLE_ADMIN);
        error = i % 2 ? review_approve(reviews, ctx, review_ids[0], 1, &review)
                      : review_reject(reviews, ctx, review_ids[0], 1, "rude", &review);
        if (error)
                ck_assert_reason(error, REASON_REVIEW_CHANGED);
}

TEST(a_review_that_many_judge_at_once_counts_once) {
        const Review *review;

        ck_assert_ok(fixture_create(f, "CUST-1", "PROD-1", NULL, 5, &review));
        review_ids[0] = review->review_id;
        race_run(N_RACERS, judge_same, NULL);
        ck_assert_int_eq(fixture_count(f, "review_history"), 2);
        ck_assert_int_eq(fixture_count(f, "reviews WHERE version = 2 AND status IN ('APPROVED', 'REJECTED')"),
                         1);
        fixture_assert_books(f);
}

/* Each approves, edits or takes down whatever the reviews are like at the moment. */
static void change_at_random(Ctx *ctx, void *arg, size_t i) {
        ReviewUsecase *reviews = &f->reviews;
        const ReviewContent content = { (int64_t) (i % 5) + 1, "New", "New" };
        const Review *found, *review;

        (void) arg;
        for (size_t k = 0; k < 12; k++) {
                const char *id = review_ids[(i + k) % 4];
                const Error *error;

                ck_assert_ok(reviews->repo->find(reviews->repo, ctx, id, &found));
                fixture_as(ctx, (i + k) % 3 ? "USER-ADMIN" : found->customer_id,
                           (i + k) % 3 ? ROLE_ADMIN : ROLE_CUSTOMER);
                switch ((i + k) % 3) {
                case 0:
                        error = review_edit(reviews, ctx, id, found->version, &content, &review);
                        break;
                case 1:
                        error = review_approve(reviews, ctx, id, found->version, &review);
                        break;
                default:
                        error = review_reject(reviews, ctx, id, found->version, "rude", &review);
                        break;
                }
                if (error)
                        ck_assert_reason(error, REASON_REVIEW_CHANGED);
        }
}

TEST(whatever_is_changed_at_once_the_rating_is_the_sum_of_what_is_approved) {
        for (int i = 0; i < 4; i++)
                review_ids[i] = fixture_approved(f, arena_printf(test_ctx()->arena, "CUST-%d", i), "PROD-1",
                                                 i + 1)->review_id;
        race_run(8, change_at_random, NULL);
        ck_assert_int_gt(fixture_count(f, "review_history"), 12);
        fixture_assert_books(f);
}

/* The same product by the same customer. */
static void write_same(Ctx *ctx, void *arg, size_t i) {
        const ReviewContent content = { 3, "Title", "Text" };
        const Review *review;

        (void) arg;
        (void) i;
        const Error *error = review_create(&f->reviews, fixture_as(ctx, "CUST-1", ROLE_CUSTOMER), "PROD-1",
                                           "ORD-1", &content, &review);
        if (error)
                ck_assert_reason(error, REASON_REVIEW_EXISTS);
}

TEST(of_many_reviews_at_once_one_is_written) {
        race_run(N_RACERS, write_same, NULL);
        ck_assert_int_eq(fixture_count(f, "reviews"), 1);
        fixture_assert_books(f);
}

int main(void) {
        Suite *suite = suite_create("review/ratings");
        TCase *tests = tcase_create("ratings");

        tcase_add_checked_fixture(tests, set_up, NULL);
        tcase_set_timeout(tests, 100);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}

#include "fakes.h"

#define ADMIN fake_caller("USER-ADMIN", ROLE_ADMIN)
#define OWNER fake_caller("CUST-1", ROLE_CUSTOMER)
#define OTHER fake_caller("CUST-2", ROLE_CUSTOMER)
#define SELLER fake_caller("SELLER-1", ROLE_SELLER)

static FakeRepo repo;
static ReviewUsecase reviews;
static Review existing;
static const Review *review;

static void set_up(void) {
        repo = fake_repo();
        reviews = (ReviewUsecase) { .repo = &repo.base };
        existing = fake_review(REVIEW_APPROVED);
        repo.found = &existing;
}

static const Error *edit(Ctx *ctx, int64_t version) {
        static const ReviewContent content = { 1, "Broken", "It stopped." };

        return review_edit(&reviews, ctx, "REV-1", version, &content, &review);
}

static const Error *withdraw(Ctx *ctx, int64_t version) {
        return review_withdraw(&reviews, ctx, "REV-1", version, &review);
}

static const Error *approve(int64_t version) {
        return review_approve(&reviews, ADMIN, "REV-1", version, &review);
}

static const Error *reject(int64_t version, const char *reason) {
        return review_reject(&reviews, ADMIN, "REV-1", version, reason, &review);
}

static const Error *reply(Ctx *ctx) {
        return review_reply(&reviews, ctx, "REV-1", "We are sorry", &review);
}

static void assert_saved(ReviewStatus status, ReviewDeed deed) {
        ck_assert_int_eq(repo.before.version, 3);
        ck_assert_int_eq(repo.before.status, existing.status);
        ck_assert_int_eq(repo.saved.version, 4);
        ck_assert_int_eq(repo.saved.status, status);
        ck_assert_int_eq(repo.deed, deed);
        ck_assert_int_eq(review->version, 4);
        ck_assert_int_eq(review->status, status);
        ck_assert(repo.saved.is_verified);
}

static void assert_nothing_saved(const Error *error, const char *reason) {
        ck_assert_reason(error, reason);
        ck_assert_int_eq(repo.saved.version, 0);
}

TEST(an_edited_review_waits_again) {
        existing = fake_review(REVIEW_REJECTED);
        ck_assert_ok(edit(OWNER, 3));
        assert_saved(REVIEW_PENDING, REVIEW_WAS_EDITED);
        ck_assert_str_eq(review->content.title, "Broken");
        ck_assert_int_eq(review->content.rating, 1);
        ck_assert_ptr_null(review->status_reason);
        ck_assert_int_gt(review->submitted_at_us, existing.submitted_at_us);
        ck_assert_int_eq(review->created_at_us, existing.created_at_us);
}

TEST(nothing_is_left_of_what_a_withdrawn_review_said) {
        existing = fake_review(REVIEW_REJECTED);
        ck_assert_ok(withdraw(OWNER, 3));
        assert_saved(REVIEW_WITHDRAWN, REVIEW_WAS_WITHDRAWN);
        ck_assert_str_eq(review->content.title, "");
        ck_assert_str_eq(review->content.text, "");
        ck_assert_ptr_null(review->status_reason);
        ck_assert_ptr_null(review->reply);
        ck_assert_int_eq(review->replied_at_us, 0);
}

TEST(a_review_is_its_customers) {
        assert_nothing_saved(edit(OTHER, 3), REASON_REVIEW_NOT_FOUND);
        assert_nothing_saved(withdraw(OTHER, 3), REASON_REVIEW_NOT_FOUND);
        repo.found = NULL;
        assert_nothing_saved(edit(OWNER, 3), REASON_REVIEW_NOT_FOUND);
}

TEST(a_withdrawn_review_is_none) {
        existing = fake_review(REVIEW_WITHDRAWN);
        assert_nothing_saved(edit(OWNER, 3), REASON_REVIEW_NOT_FOUND);
        assert_nothing_saved(withdraw(OWNER, 3), REASON_REVIEW_NOT_FOUND);
        assert_nothing_saved(approve(3), REASON_REVIEW_NOT_FOUND);
        assert_nothing_saved(reject(3, "rude"), REASON_REVIEW_NOT_FOUND);
        assert_nothing_saved(reply(ADMIN), REASON_REVIEW_NOT_FOUND);
}

TEST(what_changed_meanwhile_is_read_again_first) {
        const Error *error = edit(OWNER, 2);

        assert_nothing_saved(error, REASON_REVIEW_CHANGED);
        ck_assert_int_eq(error->code, ERROR_ABORTED);
        ck_assert_str_eq(error->records[0].values[0].text, "REV-1");
        ck_assert_int_eq(error->records[0].values[1].number, 3);
        assert_nothing_saved(withdraw(OWNER, 4), REASON_REVIEW_CHANGED);
        assert_nothing_saved(approve(2), REASON_REVIEW_CHANGED);
        assert_nothing_saved(reject(2, "rude"), REASON_REVIEW_CHANGED);
}

TEST(who_is_overtaken_is_told_so) {
        repo.is_overtaken = true;
        ck_assert_reason(edit(OWNER, 3), REASON_REVIEW_CHANGED);
        ck_assert_reason(reply(SELLER), REASON_REVIEW_CHANGED);
}

TEST(an_admin_approves_what_waits_or_was_rejected) {
        existing = fake_review(REVIEW_REJECTED);
        ck_assert_ok(approve(3));
        assert_saved(REVIEW_APPROVED, REVIEW_WAS_APPROVED);
        ck_assert_ptr_null(review->status_reason);
        ck_assert_int_eq(review->submitted_at_us, existing.submitted_at_us);
}

TEST(approving_twice_changes_nothing) {
        ck_assert_ok(approve(3));
        ck_assert_ptr_eq(review, &existing);
        ck_assert_int_eq(repo.saved.version, 0);
}

TEST(an_approved_review_can_be_taken_down_with_a_reason) {
        assert_nothing_saved(reject(3, ""), REASON_INVALID_REQUEST);
        const Error *error = reject(3, " ");
        assert_nothing_saved(error, REASON_INVALID_REQUEST);
        ck_assert_str_eq(error->violations[0].field, "reason");
        ck_assert_ok(reject(3, "rude"));
        assert_saved(REVIEW_REJECTED, REVIEW_WAS_REJECTED);
        ck_assert_str_eq(review->status_reason, "rude");
}

TEST(who_sold_it_replies_in_public) {
        ck_assert_ok(reply(SELLER));
        assert_saved(REVIEW_APPROVED, REVIEW_WAS_REPLIED);
        ck_assert_str_eq(review->reply, "We are sorry");
        ck_assert_int_gt(review->replied_at_us, existing.replied_at_us);
        ck_assert_ok(reply(ADMIN));
}

TEST(nobody_else_replies_and_not_to_what_is_not_shown) {
        assert_nothing_saved(reply(fake_caller("SELLER-2", ROLE_SELLER)), REASON_REVIEW_NOT_FOUND);
        existing.seller_id = NULL;
        assert_nothing_saved(reply(SELLER), REASON_REVIEW_NOT_FOUND);
        existing = fake_review(REVIEW_PENDING);
        assert_nothing_saved(reply(SELLER), REASON_REVIEW_NOT_FOUND);
        assert_nothing_saved(reply(ADMIN), REASON_REVIEW_NOT_FOUND);
}

int main(void) {
        Suite *suite = suite_create("review/change");
        TCase *tests = tcase_create("change");

        tcase_add_checked_fixture(tests, set_up, NULL);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}

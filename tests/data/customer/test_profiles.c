#include "base/clock.h"
#include "base/memory.h"
#include "base/str.h"
#include "fixture.h"
#include "race.h"

static Fixture *f;
static ProfileRepo *repo;
static const char *id;

static void set_up(void) {
        f = fixture_new();
        repo = f->accounts.profiles;
        id = fixture_register(f)->customer_id;
}

/* Of an admin, who may all of it. */
static Ctx *admin(void) {
        static const Caller caller = { .id = "USER-ADMIN", .roles = ROLE_ADMIN };
        Ctx *ctx = test_ctx();

        ctx->caller = &caller;
        return ctx;
}

static ProfileVersion any(void) {
        return (ProfileVersion) { id, 0 };
}

static const Profile *profile(void) {
        const Profile *found;

        ck_assert_ok(customer_profile(repo, admin(), id, &found));
        return found;
}

static const CustomerAddress *add(const char *type, const char *street, bool is_default) {
        const ProfileVersion of = any();
        const CustomerAddress wanted = {
                .type = type,
                .line1 = street,
                .city = "San Francisco",
                .state = "CA",
                .postal_code = "94105",
                .country = "US",
                .contact_name = "Alex",
                .is_default = is_default,
        };
        const CustomerAddress *added;

        ck_assert_ok(customer_add_address(repo, admin(), &of, &wanted, &added));
        return added;
}

static const PaymentMethod *add_card(const char *token, bool is_default) {
        const ProfileVersion of = any();
        const PaymentMethod wanted = { .type = METHOD_CARD, .token = token, .brand = "visa", .last4 = "4242",
                                       .is_default = is_default };
        const PaymentMethod *added;

        ck_assert_ok(customer_add_method(repo, admin(), &of, &wanted, &added));
        return added;
}

static const char *default_of(const char *type) {
        const CustomerAddress *address = customer_default_address(profile(), type);

        return address ? address->line1 : "none";
}

/* ---- details and standing ---- */

TEST(a_new_customer_is_bronze_and_hears_of_his_orders_alone) {
        const Profile *found = profile();

        ck_assert_str_eq(found->email, EMAIL);
        ck_assert_int_eq(found->version, 1);
        ck_assert_int_eq(found->tier, TIER_BRONZE);
        ck_assert(found->standing.is_active && !found->standing.has_credit_limit);
        ck_assert(found->preferences.notifications && found->preferences.review_requests);
        ck_assert(!found->preferences.marketing);
        ck_assert_uint_eq(found->n_addresses + found->n_methods + found->standing.n_segments, 0);
}

TEST(each_change_counts_and_is_meant_for_one_version) {
        const Preferences quiet = { .marketing = true };
        const ProfileVersion first = { id, 1 };
        const Profile *changed;

        ck_assert_ok(customer_change_details(repo, admin(), &first, "Alex Other", NULL, &changed));
        ck_assert_str_eq(changed->name, "Alex Other");
        ck_assert_ptr_null(changed->phone);
        ck_assert_int_eq(changed->version, 2);
        ck_assert_reason(customer_change_preferences(repo, admin(), &first, &quiet, &changed),
                         REASON_PROFILE_CHANGED);
        ck_assert_reason(repo->save_preferences(repo, admin(), &first, &quiet), INNER_PROFILE_OVERTAKEN);
        ck_assert(profile()->preferences.notifications);
        ck_assert_ok(
                customer_change_preferences(repo, admin(), &(ProfileVersion) { id, 2 }, &quiet, &changed));
        ck_assert(changed->preferences.marketing && !changed->preferences.notifications);
        ck_assert_int_eq(changed->version, 3);
}

static void change_at_once(Ctx *ctx, void *n_done, size_t i) {
        const ProfileVersion of = { id, 1 };

        (void) i;
        const Error *error = repo->save_details(repo, ctx, &of, "Alex", NULL);
        ck_assert(!error || error_is(error, INNER_PROFILE_OVERTAKEN));
        if (!error)
                __atomic_add_fetch((int *) n_done, 1, __ATOMIC_RELAXED);
}

TEST(of_many_changes_of_one_version_one_is_made) {
        int n_done = 0;

        race_run(12, change_at_once, &n_done);
        ck_assert_int_eq(n_done, 1);
        ck_assert_int_eq(profile()->version, 2);
}

static void name_at_once(Ctx *ctx, void *n_done, size_t i) {
        static const Caller caller = { .id = "USER-ADMIN", .roles = ROLE_ADMIN };
        const ProfileVersion first = { id, 1 };
        const Profile *changed;

        (void) i;
        ctx->caller = &caller;
        const Error *error = customer_change_details(repo, ctx, &first, "Alex", NULL, &changed);
        if (error)
                ck_assert_int_eq(
                        ck_assert_reason(error, REASON_PROFILE_CHANGED)->records[0].values[0].number, 2);
        else
                __atomic_add_fetch((int *) n_done, 1, __ATOMIC_RELAXED);
}

TEST(who_is_overtaken_is_told_the_version_that_there_is) {
        int n_done = 0;

        race_run(12, name_at_once, &n_done);
        ck_assert_int_eq(n_done, 1);
}

TEST(who_is_closed_has_no_session_even_when_he_is_not_any_more) {
        const Standing closed = { 0 }, open = { .is_active = true };
        const ProfileVersion of = any();
        const Profile *changed;
        Tokens tokens;

        ck_assert_ok(fixture_login(f, "192.0.2.1", EMAIL, PASSWORD, &tokens));
        ck_assert_ok(customer_change_standing(repo, admin(), &of, &open, &changed));
        ck_assert_int_eq(fixture_count(f, "refresh_families WHERE ended_at IS NULL"), 1);
        ck_assert_ok(customer_change_standing(repo, admin(), &of, &closed, &changed));
        ck_assert_ok(customer_change_standing(repo, admin(), &of, &open, &changed));
        ck_assert_reason(customer_refresh(&f->accounts, test_ctx(), tokens.refresh, &tokens),
                         REASON_SESSION_ENDED);
}

TEST(a_granted_tier_is_a_floor_until_its_end) {
        const Standing gold = { .is_active = true, .tier = TIER_GOLD, .has_tier_until = true,
                                .tier_until_us = clock_wall_us() + 3600 * US_PER_S,
                                .segments = (const char *const[]) { "vip", "regular" }, .n_segments = 2,
                                .has_credit_limit = true, .credit_limit_minor = 0 };
        const ProfileVersion of = any();
        const Profile *changed;

        ck_assert_ok(customer_change_standing(repo, admin(), &of, &gold, &changed));
        ck_assert_int_eq(changed->tier, TIER_GOLD);
        ck_assert_int_eq(changed->standing.tier_until_us, gold.tier_until_us);
        ck_assert_uint_eq(changed->standing.n_segments, 2);
        ck_assert_str_eq(changed->standing.segments[1], "regular");
        ck_assert(changed->standing.has_credit_limit);
        ck_assert_int_eq(changed->standing.credit_limit_minor, 0);
        fixture_age(f, "customers", (const char *const[]) { "tier_until" }, 1, 3601);
        ck_assert_int_eq(profile()->tier, TIER_BRONZE);
        ck_assert_int_eq(profile()->standing.tier, TIER_GOLD);
}

TEST(the_tier_that_counts_says_what_it_takes_off) {
        test_sql(f->dsn, "UPDATE customers SET tier_granted = 'gold', tier_until = now() + interval '1 h'");
        ck_assert_int_eq(profile()->tier_discount_bp, 0);
        test_sql(f->dsn, "INSERT INTO tier_benefits VALUES ('bronze', 100), ('gold', 500)");
        ck_assert_int_eq(profile()->tier_discount_bp, 500);
        fixture_age(f, "customers", (const char *const[]) { "tier_until" }, 1, 7201);
        ck_assert_int_eq(profile()->tier_discount_bp, 100);
}

TEST(a_closed_customer_does_not_log_in) {
        const ProfileVersion of = any();
        const Standing closed = { 0 };
        const Profile *changed;
        Tokens tokens;

        ck_assert_ok(customer_change_standing(repo, admin(), &of, &closed, &changed));
        ck_assert(!changed->standing.is_active);
        ck_assert_reason(fixture_login(f, "192.0.2.1", EMAIL, PASSWORD, &tokens), REASON_ACCOUNT_INACTIVE);
}

TEST(a_tier_that_is_not_known_is_an_error) {
        const Profile *found;

        test_sql(f->dsn, "ALTER DOMAIN customer_tier DROP CONSTRAINT customer_tier_check;"
                         "UPDATE customers SET tier_granted = 'diamond', tier_until = 'infinity'");
        const Error *error = customer_profile(repo, admin(), id, &found);
        ck_assert(error && !error->reason);
}

/* ---- addresses ---- */

TEST(an_address_is_kept_whole) {
        const CustomerAddress *added = add(ADDRESS_SHIPPING, "123 Main St", false);

        ck_assert_str_eq(added->type, ADDRESS_SHIPPING);
        ck_assert_str_eq(added->line1, "123 Main St");
        ck_assert_ptr_null(added->line2);
        ck_assert_str_eq(added->city, "San Francisco");
        ck_assert_str_eq(added->state, "CA");
        ck_assert_str_eq(added->postal_code, "94105");
        ck_assert_str_eq(added->country, "US");
        ck_assert_str_eq(added->contact_name, "Alex");
        ck_assert_ptr_null(added->contact_phone);
        ck_assert_int_eq(fixture_count(f, "addresses WHERE line2 IS NULL AND contact_phone IS NULL"), 1);
        ck_assert_int_eq(test_sql_int64(f->dsn, "SELECT position('Main'::bytea IN line1) FROM addresses"), 0);
}

TEST(each_type_has_one_default) {
        const CustomerAddress *second;

        add(ADDRESS_SHIPPING, "1 First St", false);
        ck_assert_str_eq(default_of(ADDRESS_SHIPPING), "1 First St");
        second = add(ADDRESS_SHIPPING, "2 Second St", false);
        ck_assert(!second->is_default);
        add(ADDRESS_SHIPPING, "3 Third St", true);
        add(ADDRESS_BILLING, "4 Fourth St", false);
        ck_assert_str_eq(default_of(ADDRESS_SHIPPING), "3 Third St");
        ck_assert_str_eq(default_of(ADDRESS_BILLING), "4 Fourth St");
        const ProfileVersion of = any();
        ck_assert_ok(customer_remove_address(repo, admin(), &of,
                                             customer_default_address(profile(), ADDRESS_SHIPPING)->id));
        ck_assert_str_eq(default_of(ADDRESS_SHIPPING), "1 First St");
        ck_assert_ok(customer_remove_address(repo, admin(), &of,
                                             customer_default_address(profile(), ADDRESS_BILLING)->id));
        ck_assert_str_eq(default_of(ADDRESS_BILLING), "none");
}

TEST(a_changed_address_keeps_its_id_and_may_move_to_the_other_type) {
        CustomerAddress wanted = *add(ADDRESS_SHIPPING, "1 First St", false);
        const ProfileVersion of = any();
        const CustomerAddress *changed;

        add(ADDRESS_SHIPPING, "2 Second St", false);
        wanted.type = ADDRESS_BILLING;
        wanted.line2 = "Apt 4";
        wanted.is_default = false;
        ck_assert_ok(customer_change_address(repo, admin(), &of, &wanted, &changed));
        ck_assert_str_eq(changed->id, wanted.id);
        ck_assert_str_eq(changed->line2, "Apt 4");
        ck_assert_str_eq(default_of(ADDRESS_BILLING), "1 First St");
        ck_assert_str_eq(default_of(ADDRESS_SHIPPING), "2 Second St");
        ck_assert_int_eq(fixture_count(f, "addresses"), 2);
}

TEST(what_another_customer_has_is_not_found) {
        const Registration other = { .email = "eve@example.com", .password = PASSWORD, .name = "Eve" };
        const CustomerAddress *own = add(ADDRESS_SHIPPING, "1 First St", false);
        const PaymentMethod *card = add_card("pm_1", false);
        const Profile *eve;

        ck_assert_ok(customer_register(&f->accounts, test_ctx(), &other, &eve));
        const ProfileVersion hers = { eve->customer_id, 0 };
        ck_assert_reason(repo->remove_address(repo, admin(), &hers, own->id), INNER_PROFILE_OVERTAKEN);
        ck_assert_reason(repo->change_address(repo, admin(), &hers, own), INNER_PROFILE_OVERTAKEN);
        ck_assert_reason(repo->choose_method(repo, admin(), &hers, card->id), INNER_PROFILE_OVERTAKEN);
        ck_assert_reason(repo->remove_method(repo, admin(), &hers, card->id), INNER_PROFILE_OVERTAKEN);
        ck_assert_str_eq(default_of(ADDRESS_SHIPPING), "1 First St");
        ck_assert(profile()->methods[0].is_default);
}

/* Who writes the tables, and has no key, gives nobody what another has. */
TEST(what_was_moved_to_another_customer_does_not_open) {
        const Registration other = { .email = "eve@example.com", .password = PASSWORD, .name = "Eve" };
        const Profile *eve;

        ck_assert_ok(customer_register(&f->accounts, test_ctx(), &other, &eve));
        add_card("pm_1", false);
        test_sql(f->dsn, arena_printf(test_ctx()->arena, "UPDATE payment_methods SET customer_id = '%s'",
                                      eve->customer_id));
        const Error *error = customer_profile(repo, admin(), eve->customer_id, &eve);
        ck_assert(error && !error->reason);
        test_sql(f->dsn, "DELETE FROM payment_methods");
        add(ADDRESS_SHIPPING, "1 First St", false);
        test_sql(f->dsn, arena_printf(test_ctx()->arena, "UPDATE addresses SET customer_id = '%s'",
                                      eve->customer_id));
        error = customer_profile(repo, admin(), eve->customer_id, &eve);
        ck_assert(error && !error->reason);
}

static void add_at_once(Ctx *ctx, void *n_done, size_t i) {
        static const Caller caller = { .id = "USER-ADMIN", .roles = ROLE_ADMIN };
        const ProfileVersion of = any();
        const CustomerAddress wanted = { .type = ADDRESS_SHIPPING, .line1 = "1 First St", .city = "Oakland",
                                         .postal_code = "94601", .country = "US", .is_default = i % 2 };
        const CustomerAddress *added;

        ctx->caller = &caller;
        const Error *error = customer_add_address(repo, ctx, &of, &wanted, &added);
        if (error)
                ck_assert_int_eq(ck_assert_reason(error, REASON_PROFILE_FULL)->code,
                                 ERROR_FAILED_PRECONDITION);
        else
                __atomic_add_fetch((int *) n_done, 1, __ATOMIC_RELAXED);
}

TEST(many_that_are_added_at_once_are_no_more_than_may_be_and_one_is_the_default) {
        int n_done = 0;

        race_run(PROFILE_MAX_ADDRESSES + 6, add_at_once, &n_done);
        ck_assert_int_eq(n_done, PROFILE_MAX_ADDRESSES);
        ck_assert_int_eq(fixture_count(f, "addresses"), PROFILE_MAX_ADDRESSES);
        ck_assert_int_eq(fixture_count(f, "addresses WHERE is_default"), 1);
}

/* ---- payment methods ---- */

TEST(a_payment_method_is_kept_whole_and_its_token_sealed) {
        const PaymentMethod *added = add_card("pm_1234567890", false);

        ck_assert_str_eq(added->token, "pm_1234567890");
        ck_assert_str_eq(added->brand, "visa");
        ck_assert_str_eq(added->last4, "4242");
        ck_assert(added->is_default);
        ck_assert_int_eq(
                test_sql_int64(f->dsn, "SELECT position('pm_1'::bytea IN token) FROM payment_methods"), 0);
}

TEST(one_payment_method_is_the_default) {
        const char *first = add_card("pm_1", false)->id;
        const char *second = add_card("pm_2", true)->id;
        const char *third = add_card("pm_3", false)->id;
        const ProfileVersion of = any();
        const PaymentMethod *chosen;

        ck_assert_int_eq(fixture_count(f, "payment_methods WHERE is_default"), 1);
        ck_assert(profile()->methods[1].is_default);
        ck_assert_ok(customer_choose_method(repo, admin(), &of, first, &chosen));
        ck_assert_str_eq(chosen->id, first);
        ck_assert(chosen->is_default && !profile()->methods[1].is_default);
        ck_assert_ok(customer_remove_method(repo, admin(), &of, first));
        ck_assert_str_eq(profile()->methods[0].id, second);
        ck_assert(profile()->methods[0].is_default);
        ck_assert_ok(customer_remove_method(repo, admin(), &of, second));
        ck_assert_ok(customer_remove_method(repo, admin(), &of, third));
        ck_assert_uint_eq(profile()->n_methods, 0);
}

int main(void) {
        Suite *suite = suite_create("customer/profiles");
        TCase *tests = tcase_create("profiles");

        tcase_add_checked_fixture(tests, set_up, NULL);
        tcase_set_timeout(tests, 100);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}

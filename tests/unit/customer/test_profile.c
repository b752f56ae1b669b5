#include "base/clock.h"
#include "base/memory.h"
#include "base/str.h"
#include "biz/profile/profile.h"
#include "support.h"

/* A repository of one profile, whose changes are only counted. */
typedef struct FakeProfiles {
        ProfileRepo base;
        Profile profile;
        const char *last_id; /* that was changed, added or removed */
        size_t n_changes;
        bool is_overtaken; /* once, by who takes all addresses away and makes version 8 */
} FakeProfiles;

static FakeProfiles fake;
static ProfileRepo *repo = &fake.base;
static CustomerAddress addresses[PROFILE_MAX_ADDRESSES];
static PaymentMethod methods[PROFILE_MAX_METHODS];

static const Error *fake_find(ProfileRepo *self, Ctx *ctx, const char *customer_id,
                              const Profile **ret_profile) {
        (void) self;
        (void) ctx;
        *ret_profile = str_equal(customer_id, "CUST-1") ? &fake.profile : NULL;
        return NULL;
}

static const Error *overtake(Ctx *ctx) {
        fake.is_overtaken = false;
        fake.profile.n_addresses = 0;
        fake.profile.version = 8;
        return error_new(ctx->arena, ERROR_ABORTED, INNER_PROFILE_OVERTAKEN, "A fence did not hold");
}

static const Error *fake_details(ProfileRepo *self, Ctx *ctx, const ProfileVersion *of, const char *name,
                                 const char *phone) {
        (void) self;
        (void) of;
        (void) phone;
        if (fake.is_overtaken)
                return overtake(ctx);
        fake.profile.name = name;
        fake.n_changes++;
        return NULL;
}

static const Error *fake_preferences(ProfileRepo *self, Ctx *ctx, const ProfileVersion *of,
                                     const Preferences *preferences) {
        (void) self;
        (void) ctx;
        (void) of;
        fake.profile.preferences = *preferences;
        fake.n_changes++;
        return NULL;
}

static const Error *fake_standing(ProfileRepo *self, Ctx *ctx, const ProfileVersion *of,
                                  const Standing *standing) {
        (void) self;
        (void) ctx;
        (void) of;
        fake.profile.standing = *standing;
        fake.n_changes++;
        return NULL;
}

static const Error *fake_address(ProfileRepo *self, Ctx *ctx, const ProfileVersion *of,
                                 const CustomerAddress *address) {
        (void) self;
        (void) of;
        fake.last_id = arena_strdup(ctx->arena, address->id);
        addresses[fake.profile.n_addresses] = *address;
        addresses[fake.profile.n_addresses++].id = fake.last_id;
        fake.n_changes++;
        return NULL;
}

static const Error *fake_method(ProfileRepo *self, Ctx *ctx, const ProfileVersion *of,
                                const PaymentMethod *method) {
        (void) self;
        (void) of;
        fake.last_id = arena_strdup(ctx->arena, method->id);
        methods[fake.profile.n_methods] = *method;
        methods[fake.profile.n_methods++].id = fake.last_id;
        fake.n_changes++;
        return NULL;
}

static const Error *fake_by_id(ProfileRepo *self, Ctx *ctx, const ProfileVersion *of, const char *id) {
        (void) self;
        (void) of;
        if (fake.is_overtaken)
                return overtake(ctx);
        fake.last_id = id;
        fake.n_changes++;
        return NULL;
}

static void set_up(void) {
        fake = (FakeProfiles) {
                .base = {
                        .find = fake_find,
                        .save_details = fake_details,
                        .save_preferences = fake_preferences,
                        .save_standing = fake_standing,
                        .add_address = fake_address,
                        .change_address = fake_address,
                        .remove_address = fake_by_id,
                        .add_method = fake_method,
                        .choose_method = fake_by_id,
                        .remove_method = fake_by_id,
                },
                .profile = { .customer_id = "CUST-1", .name = "Alex", .version = 7, .addresses = addresses,
                             .methods = methods },
        };
}

static Ctx *ctx_of(const char *id, unsigned roles) {
        Ctx *ctx = test_ctx();
        Caller *caller = ARENA_NEW(ctx->arena, Caller);

        *caller = (Caller) { .id = id, .roles = roles };
        ctx->caller = caller;
        return ctx;
}

static Ctx *own(void) {
        return ctx_of("CUST-1", ROLE_CUSTOMER);
}

static const ProfileVersion any = { "CUST-1", 0 };

static CustomerAddress address(void) {
        return (CustomerAddress) { .type = ADDRESS_SHIPPING, .line1 = "123 Main St", .city = "San Francisco",
                                   .postal_code = "94105", .country = "US" };
}

static PaymentMethod card(void) {
        return (PaymentMethod) { .type = METHOD_CARD, .token = "pm_1", .brand = "visa", .last4 = "4242" };
}

/* ---- who, and which version ---- */

TEST(a_customer_an_admin_and_a_service_see_it_and_nobody_else) {
        const Profile *profile;

        ck_assert_ok(customer_profile(repo, own(), "CUST-1", &profile));
        ck_assert_ok(customer_profile(repo, ctx_of("USER-ADMIN", ROLE_ADMIN), "CUST-1", &profile));
        ck_assert_ok(customer_profile(repo, ctx_of("order", ROLE_SERVICE), "CUST-1", &profile));
        ck_assert_reason(customer_profile(repo, ctx_of("CUST-2", ROLE_CUSTOMER), "CUST-1", &profile),
                         REASON_NO_SUCH_CUSTOMER);
        ck_assert_reason(customer_profile(repo, ctx_of("CUST-1", ROLE_SELLER), "CUST-1", &profile),
                         REASON_NO_SUCH_CUSTOMER);
        ck_assert_reason(customer_profile(repo, ctx_of("", 0), "CUST-1", &profile), REASON_NO_SUCH_CUSTOMER);
        ck_assert_reason(customer_profile(repo, ctx_of("USER-ADMIN", ROLE_ADMIN), "CUST-2", &profile),
                         REASON_NO_SUCH_CUSTOMER);
}

TEST(nobody_changes_what_is_not_his) {
        const CustomerAddress wanted = address(), *added;
        const PaymentMethod method = card(), *added_method;
        const Profile *profile;
        Ctx *other = ctx_of("CUST-2", ROLE_CUSTOMER);

        ck_assert_reason(customer_change_details(repo, other, &any, "Eve", NULL, &profile),
                         REASON_NO_SUCH_CUSTOMER);
        ck_assert_reason(customer_add_address(repo, other, &any, &wanted, &added), REASON_NO_SUCH_CUSTOMER);
        ck_assert_reason(customer_remove_address(repo, other, &any, "ADDR-1"), REASON_NO_SUCH_CUSTOMER);
        ck_assert_reason(customer_add_method(repo, other, &any, &method, &added_method),
                         REASON_NO_SUCH_CUSTOMER);
        ck_assert_reason(customer_find_method(repo, other, "CUST-1", "PM-1", &added_method),
                         REASON_NO_SUCH_CUSTOMER);
        ck_assert_uint_eq(fake.n_changes, 0);
}

TEST(a_change_is_meant_for_a_version) {
        const Profile *profile;

        ck_assert_ok(customer_change_details(repo, own(), &(ProfileVersion) { "CUST-1", 7 }, "A", NULL,
                                             &profile));
        ck_assert_str_eq(profile->name, "A");
        const Error *error = ck_assert_reason(
                customer_change_details(repo, own(), &(ProfileVersion) { "CUST-1", 6 }, "B", NULL, &profile),
                REASON_PROFILE_CHANGED);
        ck_assert_int_eq(error->code, ERROR_ABORTED);
        ck_assert_int_eq(error->records[0].values[0].number, 7);
        ck_assert_uint_eq(fake.n_changes, 1);
}

TEST(who_is_overtaken_is_told_what_stands_in_his_way) {
        const Profile *profile;

        fake.is_overtaken = true;
        const Error *error = ck_assert_reason(
                customer_change_details(repo, own(), &(ProfileVersion) { "CUST-1", 7 }, "A", NULL, &profile),
                REASON_PROFILE_CHANGED);
        ck_assert_int_eq(error->records[0].values[0].number, 8);
        addresses[0].id = "ADDR-1";
        fake.profile.n_addresses = 1;
        fake.is_overtaken = true;
        error = ck_assert_reason(customer_remove_address(repo, own(), &any, "ADDR-1"),
                                 REASON_ADDRESS_NOT_FOUND);
        ck_assert_int_eq(error->code, ERROR_NOT_FOUND);
        ck_assert_uint_eq(fake.n_changes, 0);
}

TEST(who_is_overtaken_makes_a_change_that_is_allowed_still) {
        const Profile *profile;

        fake.is_overtaken = true;
        ck_assert_ok(customer_change_details(repo, own(), &any, "A", NULL, &profile));
        ck_assert_str_eq(profile->name, "A");
}

/* ---- standing ---- */

static const Error *grant(Tier tier, bool has_until, int64_t until_us, const char *segment) {
        const Standing wanted = { .tier = tier, .has_tier_until = has_until, .tier_until_us = until_us,
                                  .segments = &segment, .n_segments = segment ? 1 : 0 };
        const Profile *profile;

        return customer_change_standing(repo, ctx_of("USER-ADMIN", ROLE_ADMIN), &any, &wanted, &profile);
}

TEST(a_tier_is_granted_until_a_time_to_come) {
        int64_t later_us = clock_wall_us() + TEST_WAIT_MS * US_PER_MS;

        ck_assert_ok(grant(TIER_GOLD, true, later_us, NULL));
        ck_assert_ok(grant(TIER_NONE, false, 0, NULL));
        ck_assert_reason(grant(TIER_GOLD, false, 0, NULL), REASON_INVALID_REQUEST);
        ck_assert_reason(grant(TIER_NONE, true, later_us, NULL), REASON_INVALID_REQUEST);
        ck_assert_reason(grant(TIER_GOLD, true, 0, NULL), REASON_INVALID_REQUEST);
        ck_assert_reason(grant(TIER_GOLD, true, clock_wall_us() - 1, NULL), REASON_INVALID_REQUEST);
        ck_assert_uint_eq(fake.n_changes, 2);
}

TEST(a_segment_is_a_word) {
        static const char *const bad[] = { "", "two words", "a,b", "\xC3\xA4" };

        ck_assert_ok(grant(TIER_NONE, false, 0, "high_value-2"));
        for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
                ck_assert_str_eq(ck_assert_reason(grant(TIER_NONE, false, 0, bad[i]), REASON_INVALID_REQUEST)
                                         ->violations[0]
                                         .field,
                                 "segments[0]");
}

TEST(tiers_have_words) {
        for (Tier tier = TIER_BRONZE; tier <= TIER_PLATINUM; tier++)
                ck_assert_int_eq(customer_tier_of(customer_tier_word(tier)), tier);
        ck_assert_int_eq(customer_tier_of("diamond"), TIER_NONE);
        ck_assert_ptr_null(customer_tier_word(TIER_NONE));
}

/* ---- addresses and payment methods ---- */

TEST(an_address_has_its_parts) {
        static const struct {
                const char *field;
                CustomerAddress address;
        } bad[] = {
                { "address.street", { .postal_code = "94105", .country = "US" } },
                { "address.zipCode", { .line1 = "123 Main St", .country = "US" } },
                { "address.country", { .line1 = "123 Main St", .postal_code = "94105", .country = "us" } },
                { "address.country", { .line1 = "123 Main St", .postal_code = "94105", .country = "U" } },
        };
        const CustomerAddress wanted = address(), *added;

        ck_assert_ok(customer_add_address(repo, own(), &any, &wanted, &added));
        ck_assert(str_starts_with(added->id, "ADDR-"));
        for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
                const Error *error = ck_assert_reason(
                        customer_add_address(repo, own(), &any, &bad[i].address, &added),
                        REASON_INVALID_REQUEST);

                ck_assert_str_eq(error->violations[0].field, bad[i].field);
        }
        ck_assert_uint_eq(fake.n_changes, 1);
}

TEST(what_is_not_there_is_neither_changed_nor_removed) {
        CustomerAddress wanted = address();
        const CustomerAddress *changed;
        const PaymentMethod *method;

        wanted.id = "ADDR-9";
        ck_assert_reason(customer_change_address(repo, own(), &any, &wanted, &changed),
                         REASON_ADDRESS_NOT_FOUND);
        ck_assert_reason(customer_remove_address(repo, own(), &any, "ADDR-9"), REASON_ADDRESS_NOT_FOUND);
        ck_assert_reason(customer_choose_method(repo, own(), &any, "PM-9", &method), REASON_METHOD_NOT_FOUND);
        ck_assert_reason(customer_remove_method(repo, own(), &any, "PM-9"), REASON_METHOD_NOT_FOUND);
        ck_assert_reason(customer_find_method(repo, own(), "CUST-1", "PM-9", &method),
                         REASON_METHOD_NOT_FOUND);
        ck_assert_uint_eq(fake.n_changes, 0);
}

TEST(there_are_so_many_at_most) {
        const CustomerAddress wanted = address(), *added;
        const PaymentMethod method = card(), *added_method;

        for (int i = 0; i < PROFILE_MAX_ADDRESSES; i++)
                ck_assert_ok(customer_add_address(repo, own(), &any, &wanted, &added));
        ck_assert_reason(customer_add_address(repo, own(), &any, &wanted, &added), REASON_PROFILE_FULL);
        for (int i = 0; i < PROFILE_MAX_METHODS; i++)
                ck_assert_ok(customer_add_method(repo, own(), &any, &method, &added_method));
        ck_assert_reason(customer_add_method(repo, own(), &any, &method, &added_method), REASON_PROFILE_FULL);
}

TEST(a_card_and_no_other_has_four_last_digits) {
        static const char *const bad[] = { NULL, "", "424", "42424", "42a4" };
        PaymentMethod method = card();
        const PaymentMethod *added;

        ck_assert_ok(customer_add_method(repo, own(), &any, &method, &added));
        ck_assert(str_starts_with(added->id, "PM-"));
        for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
                method.last4 = bad[i];
                ck_assert_reason(customer_add_method(repo, own(), &any, &method, &added),
                                 REASON_INVALID_REQUEST);
        }
        method.type = "wallet";
        method.last4 = "4242";
        ck_assert_reason(customer_add_method(repo, own(), &any, &method, &added), REASON_INVALID_REQUEST);
        method.last4 = NULL;
        ck_assert_ok(customer_add_method(repo, own(), &any, &method, &added));
}

int main(void) {
        Suite *suite = suite_create("customer/profile");
        TCase *tests = tcase_create("profile");

        tcase_add_checked_fixture(tests, set_up, NULL);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}

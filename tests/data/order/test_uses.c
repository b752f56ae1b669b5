/* Uses of promotions beside the stock: held, counted and given back, whatever dies or is away. */
#include "base/callee.h"
#include "race.h"
#include "real_promotions.h"
#include "saga_fixture.h"

#define USAGE(name) PROMOTION__V1__USAGE_STATUS__USAGE_STATUS_##name
#define HOLD(name) WAREHOUSE__V1__RESERVATION_STATUS__RESERVATION_STATUS_##name
#define KEY "a-key-of-16-chars"

static void open_for_business(void) {
        ck_assert_ok(app_part_start(shop->part, test_ctx()));
}

static const OrderV1Order *place(void) {
        const Error *error;
        const OrderV1Order *order = shop_place(shop, KEY, &error);

        ck_assert_ok(error);
        return order;
}

/* The sample without codes. */
static const OrderV1Order *place_without_codes(const char *key, const Error **ret_error) {
        Ctx *call = shop_ctx(shop, "CUST-12345", ROLE_CUSTOMER, key);
        OrderV1PlaceOrderRequest *request = shop_request(call);
        OrderV1PlaceOrderResponse *response = order_v1_place_order_response_new(call->arena);

        request->n_promotion_codes = 0;
        *ret_error = shop->orders->place_order(shop->orders, call, request, response);
        return *ret_error ? NULL : response->order;
}

static void assert_nothing_is_left(void) {
        ck_assert_str_eq(SQL("SELECT (SELECT count(*) FROM orders) + (SELECT count(*) FROM outbox)"
                             " + (SELECT count(*) FROM order_sagas WHERE due_at IS NOT NULL)"),
                         "0");
        ck_assert_uint_eq(warehouse_count(shop->warehouse, HOLD(ACTIVE)), 0);
        ck_assert_uint_eq(promotion_book_count(shop->promotions, USAGE(HELD)), 0);
        ck_assert_int_eq(payment_book_kept_minor(shop->payments), 0);
}

static void assert_refused(const char *reason) {
        const Error *error;

        ck_assert_ptr_null(shop_place(shop, KEY, &error));
        ck_assert_reason(error, reason);
}

static void wait_for_step(const char *step) {
        shop_wait(shop, "SELECT step FROM order_sagas", step);
}

/* ---- held and counted ---- */

TEST(what_the_sample_takes_off_is_held_and_counted_behind_the_reply) {
        const OrderV1Order *order = place();

        ck_assert_int_eq(promotion_book_status(shop->promotions, order->order_id), USAGE(HELD));
        ck_assert_str_eq(SQL("SELECT holds FROM order_sagas"), "3");
        ck_assert_str_eq(
                SQL("SELECT concat_ws(' ', d->>'campaignId', d->>'campaignVersion', d->>'amountMinor')"
                    "  FROM orders, jsonb_array_elements(discounts) d WHERE d->>'type' = 'promotion'"),
                "CMP-SUMMER2024 3 6500");
        open_for_business();
        wait_for_step("DONE");
        ck_assert_int_eq(promotion_book_status(shop->promotions, order->order_id), USAGE(COMMITTED));
        ck_assert_str_eq(SQL("SELECT metadata::text FROM orders"), "{}");
}

TEST(an_order_without_campaigns_asks_only_what_applies) {
        const Error *error;

        open_for_business();
        ck_assert_ptr_nonnull(place_without_codes(NULL, &error));
        wait_for_step("DONE");
        ck_assert_str_eq(SQL("SELECT holds FROM order_sagas"), "1");
        ck_assert_int_eq(shop->promotions->n_evaluated, 1);
        ck_assert_int_eq(shop->promotions->n_held + shop->promotions->n_counted, 0);
}

TEST(a_campaign_without_a_code_is_read_as_it_was_answered) {
        const Error *error;

        shop->promotions->automatic_minor = 100;
        const OrderV1Order *order = place_without_codes(NULL, &error);
        ck_assert_ok(error);
        ck_assert_str_eq(order->pricing->discounts[0]->name, "10% off");
        Order *read;
        ck_assert_ok(orders_of_one->find(orders_of_one, ctx(), order->order_id, &read));
        ck_assert_ptr_null(read->pricing.discounts[0].code);
        ck_assert_str_eq(read->pricing.discounts[0].name, "10% off");
        ck_assert_str_eq(read->pricing.discounts[0].campaign_id, BOOK_AUTOMATIC);
        ck_assert_int_eq(read->pricing.discounts[0].campaign_version, 3);
}

TEST(uses_that_cannot_be_counted_are_noted_until_they_are) {
        shop->promotions->cannot_count = true;
        open_for_business();
        const OrderV1Order *order = place();
        shop_wait(shop, "SELECT metadata->'reservation_confirmation_errors'->>0 FROM orders", "away");
        ck_assert_str_eq(SQL("SELECT status FROM orders"), "CONFIRMED");
        shop->promotions->cannot_count = false;
        wait_for_step("DONE");
        ck_assert_int_eq(promotion_book_status(shop->promotions, order->order_id), USAGE(COMMITTED));
        ck_assert_int_eq(warehouse_status(shop->warehouse, order->order_id), HOLD(CONFIRMED));
        ck_assert_str_eq(SQL("SELECT metadata::text FROM orders"), "{}");
        ck_assert_str_eq(SQL("SELECT count(*) FROM order_manual_reviews"), "0");
}

/* Whichever ends last, the review is written once. */
TEST(a_paid_order_whose_uses_are_gone_stays_and_is_looked_at) {
        shop->warehouse->cannot_confirm = true;
        open_for_business();
        place();
        promotion_book_lose(shop->promotions, USAGE(RELEASED));
        shop_wait(shop, "SELECT (attempts > 1)::text FROM order_sagas", "true");
        ck_assert_str_eq(SQL("SELECT count(*) FROM order_manual_reviews"), "0");
        shop->warehouse->cannot_confirm = false;
        wait_for_step("DONE");
        ck_assert_str_eq(SQL("SELECT min(o.status::text) || ' ' || count(r.*) || ' ' || min(r.reason)"
                             "  FROM orders o LEFT JOIN order_manual_reviews r USING (order_id)"),
                         "CONFIRMED 1 Confirmed, but the uses of its promotions were given back");
        ck_assert_int_eq(payment_book_kept_minor(shop->payments), 61379);
}

/* ---- refused ---- */

TEST(short_stock_gives_the_uses_back) {
        shop->warehouse->is_short = true;
        assert_refused("PRODUCT_OUT_OF_STOCK");
        ck_assert_uint_eq(promotion_book_count(shop->promotions, USAGE(RELEASED)), 1);
        assert_nothing_is_left();
}

TEST(a_use_that_is_gone_gives_the_stock_back) {
        shop->promotions->uses_left = 0;
        assert_refused("INVALID_PROMOTION");
        ck_assert_uint_eq(warehouse_count(shop->warehouse, HOLD(RELEASED)), 1);
        assert_nothing_is_left();
}

TEST(a_hold_whose_answer_was_lost_is_given_back) {
        shop->promotions->answers_get_lost = true;
        assert_refused("UNAVAILABLE");
        ck_assert_uint_eq(promotion_book_count(shop->promotions, USAGE(RELEASED)), 1);
        assert_nothing_is_left();
}

TEST(while_promotions_are_away_a_code_waits_and_others_say_so) {
        const Error *error;

        shop->promotions->mood = MOOD_AWAY;
        shop->promotions->automatic_minor = 100;
        assert_refused("UNAVAILABLE");
        assert_nothing_is_left();
        const OrderV1Order *order = place_without_codes(NULL, &error);
        ck_assert_ok(error);
        ck_assert(order->pricing->degraded);
        ck_assert_str_eq(SQL("SELECT degraded FROM orders"), "t");
}

TEST(uses_that_end_before_the_order_is_written_refuse_it) {
        shop->promotions->hold_s = 59;
        assert_refused("HOLD_EXPIRED");
        assert_nothing_is_left();
}

/* ---- given back ---- */

TEST(a_cancelled_order_gives_back_what_was_counted) {
        open_for_business();
        const OrderV1Order *order = place();
        wait_for_step("DONE");
        ck_assert_ok(shop_cancel(shop, order->order_id, NULL));
        ck_assert_int_eq(promotion_book_status(shop->promotions, order->order_id), USAGE(RELEASED));
        ck_assert_int_eq(warehouse_status(shop->warehouse, order->order_id), HOLD(RELEASED));
}

TEST(an_order_whose_saga_is_forgotten_knows_what_it_used) {
        const Error *error;
        const char *with = place()->order_id;
        const char *without = place_without_codes(NULL, &error)->order_id;

        test_sql(shop->dsn, "DELETE FROM order_sagas");
        ck_assert_ok(shop_cancel(shop, with, NULL));
        ck_assert_int_eq(shop->promotions->n_released, 1);
        ck_assert_int_eq(promotion_book_status(shop->promotions, with), USAGE(RELEASED));
        ck_assert_ok(shop_cancel(shop, without, NULL));
        ck_assert_int_eq(shop->promotions->n_released, 1);
        ck_assert_str_eq(SQL("SELECT string_agg(holds::text, ',' ORDER BY holds) FROM order_sagas"), "1,3");
}

TEST(what_cannot_be_given_back_now_is_given_back_later) {
        shop->promotions->release_mood = MOOD_AWAY;
        shop->warehouse->hold_s = 59;
        assert_refused("HOLD_EXPIRED");
        ck_assert_str_eq(SQL("SELECT step || holds FROM order_sagas"), "COMPENSATE3");
        ck_assert_uint_eq(warehouse_count(shop->warehouse, HOLD(RELEASED)), 1);
        open_for_business();
        shop_wait(shop, "SELECT (attempts > 1)::text FROM order_sagas", "true");
        shop->promotions->release_mood = MOOD_ANSWERS;
        shop_wait(shop, "SELECT count(*) FROM order_sagas", "0");
        assert_nothing_is_left();
}

TEST(what_was_surely_not_held_needs_nobody_to_give_it_back) {
        shop->promotions->release_mood = MOOD_AWAY;
        shop->warehouse->is_short = true;
        assert_refused("PRODUCT_OUT_OF_STOCK");
        ck_assert_str_eq(SQL("SELECT step || holds FROM order_sagas"), "COMPENSATE2");
        shop->promotions->release_mood = MOOD_ANSWERS;
        shop->warehouse->is_away = true;
        open_for_business();
        shop_wait(shop, "SELECT count(*) FROM order_sagas", "0");
}

static Saga claimed(void) {
        Saga want = wanted();
        Claim found;

        want.holds = HOLDS_ANY;
        ck_assert_ok(one->claim(one, ctx(), &want, packed, &found));
        ck_assert(found.is_mine);
        return found.saga;
}

/* Its process died while it held, or before: nobody knows. */
TEST(a_claim_that_nobody_asks_for_again_gives_both_back) {
        Saga saga = claimed();

        ck_assert_uint_eq(saga.holds, HOLDS_ANY);
        let_leases_run_out();
        open_for_business();
        shop_wait(shop, "SELECT count(*) FROM order_sagas", "0");
        ck_assert_int_eq(promotion_book_status(shop->promotions, saga.order_id), USAGE(RELEASED));
        assert_nothing_is_left();
}

TEST(an_order_without_a_key_says_what_it_holds_from_its_first_row_on) {
        const Error *error;

        shop->payments->is_away = true;
        ck_assert_ptr_null(shop_place(shop, NULL, &error));
        ck_assert_reason(error, "PAYMENT_PENDING");
        ck_assert_str_eq(SQL("SELECT step || holds FROM order_sagas"), "PAYMENT3");
}

TEST(an_order_row_says_what_it_holds_and_keeps_it) {
        Saga saga = claimed();
        Order order = order_of(&saga);

        saga.holds = HOLDS_STOCK;
        ck_assert_ok(insert(orders_of_one, &order, &saga));
        ck_assert_str_eq(SQL("SELECT step || holds FROM order_sagas"), "PAYMENT1");
        Saga seized;
        ck_assert_ok(two->seize(two, ctx(), saga.order_id, &seized));
        ck_assert_uint_eq(seized.holds, HOLDS_STOCK);
}

/* ---- races, with the promotion service itself ---- */

#define N_CLIENTS 64
#define N_USES 10

static const char *promotion_dsn;

static void let_real_promotions_in(const char *code) {
        test_host_replace(&shop->host, &promotion_service_rpc,
                          real_promotions_new(shop->orders, &promotion_dsn));
        test_sql(promotion_dsn,
                 arena_printf(test_ctx()->arena,
                              "INSERT INTO campaigns (campaign_id, version, code, max_uses)"
                              " VALUES ('CMP-1', 1, %s, %d);"
                              "INSERT INTO campaign_versions (campaign_id, version, code, type,"
                              "  discount_type, description, percent_bp, max_uses, changed_by)"
                              " VALUES ('CMP-1', 1, %s, 'cart', 'percentage', 'off', 1000, %d, 'test')",
                              code, N_USES, code, N_USES));
}

typedef struct Race {
        atomic_int n_placed, n_reduced, n_used_up, n_degraded;
} Race;

static void note(Race *race, const OrderV1Order *order, const Error *error) {
        if (!order) {
                ck_assert_reason(error, "INVALID_PROMOTION");
                ck_assert_str_eq(error->records[0].values[1].text, "USAGE_LIMIT_REACHED");
                race->n_used_up++;
                return;
        }
        race->n_placed++;
        race->n_reduced += str_equal(order->pricing->discounts[0]->type, "promotion");
        race->n_degraded += order->pricing->degraded;
}

/* On a busy machine one is told to come again, and does. */
static bool shall_come_again(const Error *error) {
        return callee_is_away(error) || error_is(error, REASON_IDEMPOTENCY_IN_FLIGHT);
}

static void place_with_a_code(Ctx *racer, void *race, size_t i) {
        const char *key = arena_printf(racer->arena, "key-of-client-%02zu", i);
        const OrderV1Order *order;
        const Error *error;

        do
                order = shop_place(shop, key, &error);
        while (shall_come_again(error));
        note(race, order, error);
}

static void place_with_none(Ctx *racer, void *race, size_t i) {
        const char *key = arena_printf(racer->arena, "key-of-client-%02zu", i);
        const OrderV1Order *order;
        const Error *error;

        do
                order = place_without_codes(key, &error);
        while (shall_come_again(error));
        note(race, order, error);
}

static void assert_books_agree(int n_uses) {
        shop_wait(shop, "SELECT count(*) FROM order_sagas WHERE due_at IS NOT NULL", "0");
        ck_assert_int_eq(test_sql_int64(promotion_dsn, "SELECT uses FROM campaigns"), n_uses);
        ck_assert_int_eq(test_sql_int64(promotion_dsn, "SELECT count(*) FROM usages JOIN usage_lines"
                                                       " USING (order_id) WHERE status = 'COMMITTED'"),
                         n_uses);
        ck_assert_str_eq(test_sql_text(promotion_dsn,
                                       "SELECT string_agg(order_id, ' ' ORDER BY order_id COLLATE \"C\")"
                                       "  FROM usages WHERE status = 'COMMITTED'"),
                         SQL("SELECT string_agg(order_id, ' ' ORDER BY order_id COLLATE \"C\") FROM orders"
                             " WHERE discounts @> '[{\"campaignId\": \"CMP-1\"}]'"));
        ck_assert_str_eq(SQL("SELECT count(*) FROM order_manual_reviews"), "0");
}

TEST(of_many_clients_with_a_code_so_many_have_it_as_it_has_uses) {
        Race race = { 0 };

        let_real_promotions_in("'SUMMER2024'");
        open_for_business();
        race_run(N_CLIENTS, place_with_a_code, &race);
        ck_assert_int_eq(race.n_placed, N_USES);
        ck_assert_int_eq(race.n_used_up, N_CLIENTS - N_USES);
        assert_books_agree(N_USES);
        ck_assert_uint_eq(warehouse_count(shop->warehouse, HOLD(CONFIRMED)), N_USES);
        ck_assert_uint_eq(warehouse_count(shop->warehouse, HOLD(ACTIVE)), 0);
}

/* Who is not answered in time orders without, and leaves his use to nobody. */
TEST(of_many_clients_without_one_all_have_their_orders) {
        Race race = { 0 };

        let_real_promotions_in("NULL");
        open_for_business();
        race_run(N_CLIENTS, place_with_none, &race);
        ck_assert_int_eq(race.n_placed, N_CLIENTS);
        ck_assert_int_le(race.n_reduced, N_USES);
        ck_assert(race.n_reduced == N_USES || race.n_degraded > 0);
        assert_books_agree(race.n_reduced);
}

int main(void) {
        Suite *suite = suite_create("uses of promotions on PostgreSQL");
        TCase *tests = tcase_create("uses");

        tcase_set_timeout(tests, 60);
        tcase_add_checked_fixture(tests, setup, teardown);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}

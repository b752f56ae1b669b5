#include <string.h>

#include "app/keys.h"
#include "fixture.h"
#include "part.h"
#include "pg/idempotency.h"
#include "race.h"
#include "service/promotion_service.h"

#define KEY "key-0123456789abcdef"
#define N_CALLERS 32

static Fixture *f;
static PromotionService *promotions;

static void set_up(void) {
        Arena *arena = test_ctx()->arena;

        f = fixture_new();
        f->campaigns.snapshot = promotion_service_snapshot;
        void *implementation = promotion_service_new(arena, &f->campaigns, &f->usages);
        RpcKeys *keys = app_keys_new(arena, f->pool, "promotion", NULL);
        RpcChannel *channel = test_channel_with_keys(&promotion_service_rpc, implementation, keys);
        promotions = promotion_service_connect(arena, channel);
}

/* A call of an admin's, and how it was answered. */
typedef struct Call {
        Ctx *ctx;
        const Error *error;
        Bytes answer;
} Call;

static Call create_with(Ctx *ctx, const char *admin, const char *code) {
        PromotionV1CreateCampaignRequest *request = promotion_v1_create_campaign_request_new(ctx->arena);
        PromotionV1CreateCampaignResponse *response = promotion_v1_create_campaign_response_new(ctx->arena);
        Caller *caller = ARENA_NEW(ctx->arena, Caller);
        Call call = { .ctx = ctx };

        *caller = (Caller) { .id = admin, .roles = ROLE_ADMIN };
        ctx->caller = caller;
        ctx->idempotency_key = KEY;
        ctx->reply_headers = NULL;
        request->rules = promotion_v1_campaign_rules_new(ctx->arena);
        request->rules->type = "cart";
        request->rules->discount_type = "percentage";
        request->rules->description = "10% off";
        request->rules->code = code;
        request->rules->percent_bp = 1000;
        call.error = promotions->create_campaign(promotions, ctx, request, response);
        if (!call.error)
                call.answer = proto_message_pack(ctx->arena, &response->base);
        return call;
}

static Call create(const char *admin, const char *code) {
        return create_with(test_ctx(), admin, code);
}

static int64_t n_campaigns(void) {
        return test_sql_int64(f->dsn, "SELECT count(*) FROM campaigns JOIN campaign_versions"
                                      " USING (campaign_id, version)");
}

TEST(a_replay_is_identical_to_the_byte_even_after_the_campaign_was_changed) {
        Call first = create("USER-1", "");

        ck_assert_ok(first.error);
        ck_assert(!test_is_replay(first.ctx));
        test_sql(f->dsn, "UPDATE campaign_versions SET percent_bp = 1; UPDATE campaigns SET uses = 5");
        Call again = create("USER-1", "");
        ck_assert_ok(again.error);
        ck_assert(test_is_replay(again.ctx));
        ck_assert_uint_gt(first.answer.n_bytes, 0);
        ck_assert_uint_eq(first.answer.n_bytes, again.answer.n_bytes);
        ck_assert_mem_eq(first.answer.data, again.answer.data, first.answer.n_bytes);
        ck_assert_int_eq(n_campaigns(), 1);
        ck_assert_str_eq(test_sql_text(f->dsn, "SELECT changed_by FROM campaign_versions"), "USER-1");
}

TEST(a_key_is_not_for_another_campaign_and_belongs_to_its_admin) {
        ck_assert_ok(create("USER-1", "A").error);
        ck_assert_reason(create("USER-1", "B").error, REASON_IDEMPOTENCY_KEY_REUSED);
        ck_assert_ok(create("USER-2", "B").error);
        ck_assert_int_eq(n_campaigns(), 2);
}

TEST(after_a_refusal_the_key_starts_anew) {
        const char *other = fixture_create(f, fixture_rules("A"))->campaign_id;

        ck_assert_reason(create("USER-1", "A").error, REASON_CODE_TAKEN);
        test_sql(f->dsn, arena_printf(test_ctx()->arena,
                                      "UPDATE campaigns SET code = NULL WHERE campaign_id = '%s'", other));
        ck_assert_ok(create("USER-1", "A").error);
        ck_assert_int_eq(n_campaigns(), 2);
}

static uint8_t answers[N_CALLERS][256];

/* As a client does: again, while another call with its key is under way. */
static void create_until_answered(Ctx *ctx, void *arg, size_t i) {
        Call call;

        (void) arg;
        do
                call = create_with(ctx, "USER-1", "");
        while (error_is(call.error, REASON_IDEMPOTENCY_IN_FLIGHT));
        ck_assert_ok(call.error);
        ck_assert_uint_lt(call.answer.n_bytes, sizeof(answers[i]));
        memcpy(answers[i], call.answer.data, call.answer.n_bytes);
}

TEST(one_key_from_32_threads_is_one_campaign_and_one_answer) {
        race_run(N_CALLERS, create_until_answered, NULL);
        for (size_t i = 0; i < N_CALLERS; i++)
                ck_assert_mem_eq(answers[i], answers[0], sizeof(answers[0]));
        ck_assert_int_eq(n_campaigns(), 1);
}

TEST(a_call_whose_key_was_taken_over_makes_nothing) {
        IdempotencyClaim gone = { .id = "00000000-0000-4000-8000-000000000000" };
        CampaignRules rules = fixture_rules("A");
        const Campaign *campaign;
        Ctx *ctx = test_ctx();

        ctx->claim = &gone;
        ck_assert_reason(promotion_create(&f->campaigns, ctx, &rules, &campaign), INNER_KEY_TAKEN_OVER);
        ck_assert_int_eq(n_campaigns(), 0);
}

int main(void) {
        Suite *suite = suite_create("promotion/keys");
        TCase *tests = tcase_create("keys");

        tcase_add_checked_fixture(tests, set_up, NULL);
        tcase_set_timeout(tests, 60);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}

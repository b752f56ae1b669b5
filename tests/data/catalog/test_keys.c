#include "fixture.h"

#include "app/keys.h"
#include "catalog/v1/catalog.rpc.h"
#include "part.h"
#include "pg/idempotency.h"
#include "proto/message.h"
#include "service/catalog_service.h"

#define KEY "key-0123456789abcdef"

static Fixture *f;
static void *implementation;
static RpcKeys *keys;
static CatalogService *catalog;

static void set_up(void) {
        Arena *arena = test_ctx()->arena;

        f = fixture_new();
        implementation = catalog_service_new(arena, &f->catalog);
        keys = app_keys_new(arena, f->pool, "catalog", NULL);
        RpcChannel *channel = test_channel_with_keys(&catalog_service_rpc, implementation, keys);
        catalog = catalog_service_connect(arena, channel);
}

static Ctx *ctx_with_key(void) {
        Ctx *ctx = fixture_ctx(f);

        ctx->idempotency_key = KEY;
        return ctx;
}

static CatalogV1CreateProductRequest *product_request(Arena *arena, const char *sku) {
        CatalogV1CreateProductRequest *request = catalog_v1_create_product_request_new(arena);

        request->sku = sku;
        request->seller_id = "SELLER-1";
        request->content = catalog_v1_product_content_new(arena);
        request->content->name = "Radio";
        request->content->category_id = "CAT-LEAF";
        request->content->currency = "USD";
        request->content->price_case = CATALOG__V1__PRODUCT_CONTENT__PRICE_BASE_PRICE_MINOR;
        request->content->base_price_minor = 100;
        request->content->active = true;
        return request;
}

static const Error *create(Ctx *ctx, const char *sku, Bytes *ret_answer) {
        CatalogV1CreateProductResponse *response = catalog_v1_create_product_response_new(ctx->arena);

        TRY(catalog->create_product(catalog, ctx, product_request(ctx->arena, sku), response));
        *ret_answer = proto_message_pack(ctx->arena, &response->base);
        return NULL;
}

static void assert_same(Bytes a, Bytes b) {
        ck_assert_uint_gt(a.n_bytes, 0);
        ck_assert_uint_eq(a.n_bytes, b.n_bytes);
        ck_assert_mem_eq(a.data, b.data, a.n_bytes);
}

TEST(a_product_is_added_once_per_key_and_answered_the_same) {
        Ctx *second = ctx_with_key();
        Bytes first_answer, second_answer;

        ck_assert_ok(create(ctx_with_key(), "SKU-1", &first_answer));
        ck_assert_ok(create(second, "SKU-1", &second_answer));
        ck_assert(test_is_replay(second));
        assert_same(first_answer, second_answer);
        ck_assert_int_eq(test_sql_int64(f->dsn, "SELECT count(*) FROM products"), 1);
        ck_assert_reason(create(ctx_with_key(), "SKU-2", &second_answer), REASON_IDEMPOTENCY_KEY_REUSED);
}

TEST(after_a_refusal_the_key_starts_anew) {
        Bytes answer;

        fixture_create(f, "SKU-1", "Other");
        ck_assert_reason(create(ctx_with_key(), "SKU-1", &answer), REASON_SKU_TAKEN);
        test_sql(f->dsn, "UPDATE products SET sku = 'SKU-0'");
        ck_assert_ok(create(ctx_with_key(), "SKU-1", &answer));
}

static const RpcMethod *method_named(const char *name) {
        const RpcMethod *method = &catalog_service_rpc.methods[0];

        while (!str_equal(method->name, name))
                method++;
        return method;
}

/* What a call does up to its end, of which its process dies; its lease is over. */
static void die_behind(const char *name, const ProtobufCMessage *request, ProtobufCMessage *response,
                       Ctx *ctx) {
        const RpcMethod *method = method_named(name);
        bool replay;

        ck_assert_ok(keys->claim(keys, ctx, &(RpcCall) { .method = method, .request = request,
                                                         .response = response }, &replay));
        ck_assert(!replay);
        ck_assert_ok(method->call(implementation, ctx, request, response));
        test_sql(f->dsn, "UPDATE idempotency_keys SET lease_until = now() - interval '1 ms'");
}

TEST(a_product_of_a_dead_process_is_answered_and_not_refused) {
        Ctx *ctx = ctx_with_key(), *again = ctx_with_key();
        CatalogV1CreateProductResponse *response = catalog_v1_create_product_response_new(ctx->arena);
        Bytes answer;

        die_behind("CreateProduct", &product_request(ctx->arena, "SKU-1")->base, &response->base, ctx);
        ck_assert_ok(create(again, "SKU-1", &answer));
        ck_assert(test_is_replay(again));
        assert_same(proto_message_pack(ctx->arena, &response->base), answer);
}

TEST(a_seller_of_a_dead_process_is_answered_and_not_refused) {
        Ctx *ctx = ctx_with_key(), *again = ctx_with_key();
        CatalogV1CreateSellerRequest *request = catalog_v1_create_seller_request_new(ctx->arena);
        CatalogV1CreateSellerResponse *first = catalog_v1_create_seller_response_new(ctx->arena);
        CatalogV1CreateSellerResponse *second = catalog_v1_create_seller_response_new(ctx->arena);

        request->seller_id = "SELLER-3";
        request->name = "Three";
        die_behind("CreateSeller", &request->base, &first->base, ctx);
        ck_assert_ok(catalog->create_seller(catalog, again, request, second));
        ck_assert(test_is_replay(again));
        ck_assert_str_eq(second->seller->name, "Three");
}

TEST(a_category_of_a_dead_process_is_answered_and_not_refused) {
        Ctx *ctx = ctx_with_key(), *again = ctx_with_key();
        CatalogV1CreateCategoryRequest *request = catalog_v1_create_category_request_new(ctx->arena);
        CatalogV1CreateCategoryResponse *first = catalog_v1_create_category_response_new(ctx->arena);
        CatalogV1CreateCategoryResponse *second = catalog_v1_create_category_response_new(ctx->arena);

        request->category_id = "CAT-NEW";
        request->name = "New";
        die_behind("CreateCategory", &request->base, &first->base, ctx);
        ck_assert_ok(catalog->create_category(catalog, again, request, second));
        ck_assert(test_is_replay(again));
        ck_assert_str_eq(second->category->category_id, "CAT-NEW");
}

int main(void) {
        Suite *suite = suite_create("catalog/keys");
        TCase *tests = tcase_create("keys");

        tcase_add_checked_fixture(tests, set_up, NULL);
        tcase_set_timeout(tests, 60);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/metrics.h"
#include "catalog/v1/catalog.rpc.h"
#include "part.h"
#include "pricing/v1/pricing.rpc.h"
#include "proto/message.h"
#include "proto/values.h"
#include "server/server.h"
#include "support.h"
#include "warehouse/v1/warehouse.reasons.h"
#include "warehouse/v1/warehouse.rpc.h"

/* What pricing and the warehouse do. */
static const char *asked_currency, *asked_warehouse;
static bool are_away;
static size_t n_warehouses;

static const Error *away(Ctx *ctx) {
        return error_new(ctx->arena, ERROR_UNAVAILABLE, REASON_UNAVAILABLE, "away");
}

/* One minor unit less than the base price, in the currency that is asked for. */
static const Error *calculate_prices(PricingService *self, Ctx *ctx,
                                     const PricingV1CalculatePricesRequest *request,
                                     PricingV1CalculatePricesResponse *response) {
        (void) self;
        if (are_away)
                return away(ctx);
        asked_currency = arena_strdup(test_ctx()->arena, request->currency);
        response->n_lines = request->n_lines;
        response->lines = ARENA_ARRAY(ctx->arena, PricingV1PricedLine *, request->n_lines);
        response->rules_version = 12;
        response->as_of = proto_time_to_message(ctx->arena, 5000000);
        for (size_t i = 0; i < request->n_lines; i++) {
                PricingV1PricedLine *line = pricing_v1_priced_line_new(ctx->arena);
                int64_t unit_minor = request->lines[i]->base_price->minor - 1;

                line->unit_price = proto_money_to_message(ctx->arena, unit_minor, request->currency);
                line->total_price = proto_money_to_message(
                        ctx->arena, unit_minor * request->lines[i]->quantity, request->currency);
                response->lines[i] = line;
        }
        return NULL;
}

static const Error *get_stock(WarehouseService *self, Ctx *ctx, const WarehouseV1GetStockRequest *request,
                              WarehouseV1GetStockResponse *response) {
        (void) self;
        if (are_away)
                return away(ctx);
        if (str_equal(request->sku, "SKU-NEW"))
                return error_new(ctx->arena, ERROR_NOT_FOUND, REASON_SKU_NOT_FOUND, "none");
        asked_warehouse = arena_strdup(test_ctx()->arena, request->warehouse_id);
        response->items = ARENA_ARRAY(ctx->arena, WarehouseV1Stock *, n_warehouses);
        while (response->n_items < n_warehouses) {
                WarehouseV1Stock *stock = warehouse_v1_stock_new(ctx->arena);

                stock->warehouse_id = "W-1";
                stock->on_hand = 9;
                stock->reserved = 2;
                stock->available = 7;
                response->items[response->n_items++] = stock;
        }
        return NULL;
}

static PricingService pricing = { .calculate_prices = calculate_prices };
static WarehouseService warehouse = { .get_stock = get_stock };
static const char *dsn;
static TestHost host;
static Arena *arena;
static AppPart *part;
static CatalogService *catalog;

static void set_up(void) {
        are_away = false;
        n_warehouses = 1;
        dsn = test_database("catalog_server");
        test_host_init(&host);
        test_host_serve(&host, &pricing_service_rpc, &pricing);
        test_host_serve(&host, &warehouse_service_rpc, &warehouse);
        arena = arena_new();
        part = test_part_new(arena, &catalog_app_service, &host, dsn, 2, NULL);
        ck_assert_ok(app_part_start(part, test_ctx()));
        catalog = app_part_implementation(part);
        test_sql(dsn, "INSERT INTO sellers (seller_id, name) VALUES ('SELLER-1', 'One');"
                      "INSERT INTO categories (category_id, name) VALUES ('CAT-1', 'One');"
                      "INSERT INTO products (product_id, sku, name, category_id, seller_id, base_price_minor,"
                      "                      currency)"
                      " VALUES ('PROD-1', 'SKU-1', 'Radio', 'CAT-1', 'SELLER-1', 1000, 'EUR'),"
                      "        ('PROD-2', 'SKU-NEW', 'New', 'CAT-1', 'SELLER-1', 1000, 'EUR')");
}

static void tear_down(void) {
        app_part_drain(part);
        app_part_stop(part);
        app_part_free(part);
        arena_free(arena);
}

static const CatalogV1CompleteProduct *complete(const char *product_id) {
        Ctx *ctx = test_ctx();
        CatalogV1GetCompleteProductRequest *request = catalog_v1_get_complete_product_request_new(ctx->arena);
        CatalogV1GetCompleteProductResponse *response =
                catalog_v1_get_complete_product_response_new(ctx->arena);

        request->product_id = product_id;
        request->quantity = 3;
        request->warehouse_id = "W-1";
        ck_assert_ok(catalog->get_complete_product(catalog, ctx, request, response));
        return response->product;
}

TEST(a_product_is_completed_by_pricing_and_the_warehouse) {
        const CatalogV1CompleteProduct *product = complete("PROD-1");

        ck_assert_str_eq(product->sku, "SKU-1");
        ck_assert_str_eq(product->details->name, "Radio");
        ck_assert_int_eq(product->pricing->unit_price->minor, 999);
        ck_assert_int_eq(product->pricing->total_price->minor, 2997);
        ck_assert_int_eq(product->pricing->rules_version, 12);
        ck_assert_int_eq(product->pricing->as_of->seconds, 5);
        ck_assert_str_eq(asked_currency, "EUR");
        ck_assert_int_eq(product->stock->available, 7);
        ck_assert_str_eq(product->stock->warehouses[0]->warehouse_id, "W-1");
        ck_assert_str_eq(asked_warehouse, "W-1");
        ck_assert_uint_eq(product->n_degraded, 0);
}

TEST(a_product_is_shown_while_pricing_and_the_warehouse_are_away) {
        are_away = true;
        const CatalogV1CompleteProduct *product = complete("PROD-1");
        ck_assert_str_eq(product->details->name, "Radio");
        ck_assert_int_eq(product->pricing->unit_price->minor, 1000);
        ck_assert_int_eq(product->pricing->total_price->minor, 3000);
        ck_assert_ptr_null(product->stock);
        ck_assert_uint_eq(product->n_degraded, 2);
}

TEST(what_the_warehouse_never_had_is_out_of_stock_and_not_unknown) {
        const CatalogV1CompleteProduct *product = complete("PROD-2");

        ck_assert_int_eq(product->stock->available, 0);
        ck_assert_uint_eq(product->stock->n_warehouses, 0);
        ck_assert_uint_eq(product->n_degraded, 0);
}

static const char *name_of_facts(void) {
        Ctx *ctx = test_ctx();
        CatalogV1GetProductsRequest *request = catalog_v1_get_products_request_new(ctx->arena);
        CatalogV1GetProductsResponse *response = catalog_v1_get_products_response_new(ctx->arena);
        const char *skus[] = { "SKU-1", "SKU-NONE" };

        request->skus = skus;
        request->n_skus = 2;
        ck_assert_ok(catalog->get_products(catalog, ctx, request, response));
        ck_assert_str_eq(response->products[1]->product_id, "");
        ck_assert_ptr_nonnull(response->as_of);
        return response->products[0]->name;
}

static bool is_renamed(void *arg) {
        (void) arg;
        return strcmp(name_of_facts(), "Large radio") == 0;
}

/* What another process does to the database. */
TEST(a_change_from_elsewhere_is_known_after_a_while) {
        ck_assert_str_eq(name_of_facts(), "Radio");
        test_sql(dsn, "UPDATE products SET name = 'Large radio' WHERE sku = 'SKU-1'");
        test_wait_until(is_renamed, NULL, TEST_WAIT_MS, "the new name");
}

#define N_LARGE 100

/* Products whose every text is as long as it may be, in a category of the last level. */
static const char **add_large_products(void) {
        const char **skus = ARENA_ARRAY(test_ctx()->arena, const char *, N_LARGE);

        test_sql(dsn,
                 "INSERT INTO sellers (seller_id, name) VALUES (repeat('S', 64), 'Large');"
                 "INSERT INTO categories (category_id, name, parent_id)"
                 " SELECT rpad('C' || n, 64, '.'), 'Large',"
                 "        CASE WHEN n > 1 THEN rpad('C' || n - 1, 64, '.') END"
                 "   FROM generate_series(1, 8) n;"
                 "INSERT INTO products (product_id, sku, name, description, attributes, category_id,"
                 "                      seller_id, image_url, weight_grams, length_mm, width_mm,"
                 "                      height_mm, tax_class,"
                 "                      base_price_minor, currency)"
                 " SELECT rpad('P' || n, 64, '.'), rpad('SKU-' || n, 64, '.'), repeat('n', 200),"
                 "        repeat('d ', 2048),"
                 "        (SELECT jsonb_object_agg(rpad('A' || a, 64, '.'), repeat('v', 256))"
                 "           FROM generate_series(1, 50) a),"
                 "        rpad('C8', 64, '.'), repeat('S', 64), repeat('u', 1024), 1000000, 100000, 100000,"
                 "        100000, repeat('t', 32), 1000000000000, 'USD' FROM generate_series(1, 100) n");
        for (int i = 0; i < N_LARGE; i++) {
                const char *name = arena_printf(test_ctx()->arena, "SKU-%d", i + 1);

                skus[i] = arena_printf(test_ctx()->arena, "%s%.*s", name, (int) (64 - strlen(name)),
                                       "................................................................");
        }
        return skus;
}

static void ck_assert_fits(const ProtobufCMessage *message) {
        ck_assert_uint_le(protobuf_c_message_get_packed_size(message), MESSAGE_MAX_BYTES);
}

TEST(a_page_is_as_long_as_a_message_may_be) {
        CatalogV1ListProductsRequest *request = catalog_v1_list_products_request_new(test_ctx()->arena);
        size_t n = 0, n_pages = 0;

        add_large_products();
        request->page_size = N_LARGE;
        request->seller_id = test_sql_text(dsn, "SELECT repeat('S', 64)");
        do {
                Ctx *ctx = test_ctx();
                CatalogV1ListProductsResponse *page = catalog_v1_list_products_response_new(ctx->arena);

                ck_assert_ok(catalog->list_products(catalog, ctx, request, page));
                ck_assert_uint_gt(page->n_products, 0);
                ck_assert_fits(&page->base);
                n += page->n_products;
                n_pages++;
                request->cursor = page->next_cursor;
        } while (*request->cursor);
        ck_assert_uint_eq(n, N_LARGE);
        ck_assert_uint_gt(n_pages, 1);
}

TEST(the_facts_of_100_products_fit_into_a_message) {
        CatalogV1GetProductsRequest *request = catalog_v1_get_products_request_new(test_ctx()->arena);
        CatalogV1GetProductsResponse *response = catalog_v1_get_products_response_new(test_ctx()->arena);

        request->skus = add_large_products();
        request->n_skus = N_LARGE;
        ck_assert_ok(catalog->get_products(catalog, test_ctx(), request, response));
        ck_assert_uint_eq(response->products[99]->n_category_ids, 8);
        ck_assert_fits(&response->base);
}

static const Error *complete_cart(const char *const *skus, size_t n,
                                  CatalogV1CompleteProductsResponse *response) {
        Ctx *ctx = test_ctx();
        CatalogV1CompleteProductsRequest *request = catalog_v1_complete_products_request_new(ctx->arena);

        request->lines = ARENA_ARRAY(ctx->arena, CatalogV1CartLine *, n);
        for (request->n_lines = 0; request->n_lines < n; request->n_lines++) {
                request->lines[request->n_lines] = catalog_v1_cart_line_new(ctx->arena);
                request->lines[request->n_lines]->sku = skus[request->n_lines];
        }
        return catalog->complete_products(catalog, ctx, request, response);
}

TEST(a_cart_of_100_products_fits_into_a_message) {
        CatalogV1CompleteProductsResponse *response =
                catalog_v1_complete_products_response_new(test_ctx()->arena);

        ck_assert_ok(complete_cart(add_large_products(), N_LARGE, response));
        ck_assert_uint_eq(response->n_products, N_LARGE);
        ck_assert_uint_eq(strlen(response->products[99]->details->name), 200);
        ck_assert_uint_eq(strlen(response->products[99]->details->description), 0);
        ck_assert_fits(&response->base);
}

TEST(a_cart_with_more_stock_than_fits_is_refused_with_the_number_of_lines_that_fit) {
        CatalogV1CompleteProductsResponse *response =
                catalog_v1_complete_products_response_new(test_ctx()->arena);
        const char **skus = add_large_products();
        const char *description;
        size_t n_fit;

        n_warehouses = 1000;
        const Error *error = ck_assert_reason(complete_cart(skus, N_LARGE, response), REASON_INVALID_REQUEST);
        ck_assert_str_eq(error->violations[0].field, "lines");
        description = error->violations[0].description;
        ck_assert_int_eq(sscanf(description, "must be the first %zu at most", &n_fit), 1);
        response = catalog_v1_complete_products_response_new(test_ctx()->arena);
        ck_assert_ok(complete_cart(skus, n_fit, response));
        ck_assert_fits(&response->base);
}

static void look_up(void) {
        Ctx *ctx = test_ctx();
        CatalogV1GetProductRequest *request = catalog_v1_get_product_request_new(ctx->arena);
        CatalogV1GetProductResponse *response = catalog_v1_get_product_response_new(ctx->arena);

        request->product_id = "PROD-1";
        ck_assert_ok(catalog->get_product(catalog, ctx, request, response));
        request->product_id = "PROD-NONE";
        ck_assert_ptr_nonnull(catalog->get_product(catalog, ctx, request, response));
        are_away = true;
        complete("PROD-1");
}

TEST(each_lookup_is_a_trace_event_and_a_number) {
        log_init("catalog", LOG_INFO);
        const char *lines = test_stderr_of(look_up);
        StrBuf metrics = { .arena = test_ctx()->arena };

        ck_assert_ptr_nonnull(strstr(lines, "\"event\":\"data_lookup\",\"status\":\"success\","
                                            "\"method\":\"GetProduct\""));
        ck_assert_ptr_nonnull(strstr(lines, "\"event\":\"data_lookup\",\"status\":\"failed\","
                                            "\"method\":\"GetProduct\""));
        ck_assert_ptr_nonnull(strstr(lines, "\"reason\":\"PRODUCT_NOT_FOUND\""));
        metrics_write(&metrics);
        const char *page = strbuf_text(&metrics);
        ck_assert_ptr_nonnull(strstr(
                page, "millrace_catalog_lookups_total{method=\"GetProduct\",status=\"success\"} 1"));
        ck_assert_ptr_nonnull(strstr(
                page, "millrace_catalog_lookups_total{method=\"GetProduct\",status=\"failed\"} 1"));
        ck_assert_ptr_nonnull(strstr(page, "millrace_catalog_degraded_total{part=\"pricing\"} 1"));
        ck_assert_ptr_nonnull(strstr(page, "millrace_catalog_degraded_total{part=\"stock\"} 1"));
}

int main(void) {
        Suite *suite = suite_create("catalog/server");
        TCase *tests = tcase_create("server");

        tcase_add_checked_fixture(tests, set_up, tear_down);
        tcase_set_timeout(tests, 90);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}

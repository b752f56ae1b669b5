#include "service/mapping.h"

#include "base/memory.h"
#include "proto/message.h"
#include "support.h"

static const char *const category_ids[] = { "CAT-AUDIO", "CAT-ELECTRONICS" };
static const ProductAttribute attributes[] = { { "color", "black" }, { "size", "M" } };

static Product product(void) {
        return (Product) {
                .product_id = "PROD-1",
                .sku = "SKU-1",
                .name = "Radio",
                .description = "Small",
                .attributes = attributes,
                .n_attributes = ARRAY_SIZE(attributes),
                .category_id = "CAT-AUDIO",
                .category_ids = category_ids,
                .n_category_ids = ARRAY_SIZE(category_ids),
                .seller_id = "SELLER-1",
                .image_url = "https://example/1.jpg",
                .tax_class = "standard",
                .currency = "VND",
                .base_price_minor = 450000,
                .weight_grams = 1,
                .length_mm = 2,
                .width_mm = 3,
                .height_mm = 4,
                .is_active = true,
                .seller_is_active = true,
                .version = 5,
                .created_at_us = 6000000,
                .updated_at_us = 7000000,
                .read_at_us = 8000000,
        };
}

TEST(content_is_read_whole) {
        Arena *arena = test_ctx()->arena;
        CatalogV1ProductContent *content = catalog_v1_product_content_new(arena);
        CatalogV1ProductAttribute *attribute = catalog_v1_product_attribute_new(arena);

        attribute->name = "color";
        attribute->value = "black";
        content->name = "Radio";
        content->description = "Small";
        content->attributes = &attribute;
        content->n_attributes = 1;
        content->category_id = "CAT-AUDIO";
        content->image_url = "https://example/1.jpg";
        content->weight_grams = 1;
        content->length_mm = 2;
        content->width_mm = 3;
        content->height_mm = 4;
        content->tax_class = "reduced";
        content->price_case = CATALOG__V1__PRODUCT_CONTENT__PRICE_BASE_PRICE_MINOR;
        content->base_price_minor = 450000;
        content->currency = "VND";
        content->active = true;
        Product read = catalog_product_from_message(arena, content);
        ck_assert_str_eq(read.name, "Radio");
        ck_assert_str_eq(read.description, "Small");
        ck_assert_uint_eq(read.n_attributes, 1);
        ck_assert_str_eq(read.attributes[0].name, "color");
        ck_assert_str_eq(read.attributes[0].value, "black");
        ck_assert_str_eq(read.category_id, "CAT-AUDIO");
        ck_assert_str_eq(read.image_url, "https://example/1.jpg");
        ck_assert_int_eq(read.weight_grams, 1);
        ck_assert_int_eq(read.length_mm, 2);
        ck_assert_int_eq(read.width_mm, 3);
        ck_assert_int_eq(read.height_mm, 4);
        ck_assert_str_eq(read.tax_class, "reduced");
        ck_assert_int_eq(read.base_price_minor, 450000);
        ck_assert_str_eq(read.currency, "VND");
        ck_assert(read.is_active);
}

TEST(a_price_of_nothing_must_be_said) {
        Arena *arena = test_ctx()->arena;
        CatalogV1ProductContent *content = catalog_v1_product_content_new(arena);

        content->name = "Radio";
        content->category_id = "CAT-AUDIO";
        content->currency = "VND";
        const Error *error = ck_assert_reason(
                proto_message_validate(arena, &catalog_v1_product_content_info, &content->base),
                REASON_INVALID_REQUEST);
        ck_assert_uint_eq(error->n_violations, 1);
        ck_assert_str_eq(error->violations[0].field, "basePriceMinor");
        content->price_case = CATALOG__V1__PRODUCT_CONTENT__PRICE_BASE_PRICE_MINOR;
        ck_assert_ok(proto_message_validate(arena, &catalog_v1_product_content_info, &content->base));
        content->base_price_minor = -1;
        ck_assert_reason(proto_message_validate(arena, &catalog_v1_product_content_info, &content->base),
                         REASON_INVALID_REQUEST);
}

TEST(what_is_not_said_of_taxes_is_standard) {
        CatalogV1ProductContent *content = catalog_v1_product_content_new(test_ctx()->arena);

        ck_assert_str_eq(catalog_product_from_message(test_ctx()->arena, content).tax_class, "standard");
}

TEST(a_query_is_read_whole_and_what_is_empty_does_not_count) {
        CatalogV1ListProductsRequest *request = catalog_v1_list_products_request_new(test_ctx()->arena);
        ProductQuery query = catalog_query_from_message(request);

        ck_assert_ptr_null(query.text);
        ck_assert_ptr_null(query.category_id);
        ck_assert_ptr_null(query.seller_id);
        ck_assert_ptr_null(query.currency);
        request->q = "radio";
        request->category_id = "CAT-AUDIO";
        request->seller_id = "SELLER-1";
        request->currency = "USD";
        request->min_price_minor = 1;
        request->max_price_minor = 2;
        request->include_inactive = true;
        request->page_size = 3;
        query = catalog_query_from_message(request);
        ck_assert_str_eq(query.text, "radio");
        ck_assert_str_eq(query.category_id, "CAT-AUDIO");
        ck_assert_str_eq(query.seller_id, "SELLER-1");
        ck_assert_str_eq(query.currency, "USD");
        ck_assert_int_eq(query.min_price_minor, 1);
        ck_assert_int_eq(query.max_price_minor, 2);
        ck_assert(query.with_inactive);
        ck_assert_int_eq(query.limit, 3);
}

TEST(a_product_is_shown_whole) {
        Product shown = product();
        CatalogV1Product *message = catalog_product_to_message(test_ctx()->arena, &shown);

        ck_assert_str_eq(message->product_id, "PROD-1");
        ck_assert_str_eq(message->sku, "SKU-1");
        ck_assert_str_eq(message->name, "Radio");
        ck_assert_str_eq(message->description, "Small");
        ck_assert_uint_eq(message->n_attributes, 2);
        ck_assert_str_eq(message->attributes[1]->name, "size");
        ck_assert_str_eq(message->attributes[1]->value, "M");
        ck_assert_str_eq(message->category_id, "CAT-AUDIO");
        ck_assert_str_eq(message->seller_id, "SELLER-1");
        ck_assert_str_eq(message->image_url, "https://example/1.jpg");
        ck_assert_int_eq(message->weight_grams, 1);
        ck_assert_int_eq(message->length_mm, 2);
        ck_assert_int_eq(message->width_mm, 3);
        ck_assert_int_eq(message->height_mm, 4);
        ck_assert_str_eq(message->tax_class, "standard");
        ck_assert_int_eq(message->base_price->minor, 450000);
        ck_assert_str_eq(message->currency, "VND");
        ck_assert(message->active && message->is_for_sale);
        ck_assert_int_eq(message->version, 5);
        ck_assert_int_eq(message->created_at->seconds, 6);
        ck_assert_int_eq(message->updated_at->seconds, 7);
        ck_assert_int_eq(message->as_of->seconds, 8);
}

TEST(facts_are_shown_whole_and_of_nothing_only_the_sku) {
        Product shown = product(), none = { .sku = "SKU-NONE" };
        CatalogV1ProductFacts *message = catalog_facts_to_message(test_ctx()->arena, &shown);

        ck_assert_str_eq(message->sku, "SKU-1");
        ck_assert_str_eq(message->product_id, "PROD-1");
        ck_assert_str_eq(message->name, "Radio");
        ck_assert(message->is_for_sale);
        ck_assert_str_eq(message->seller_id, "SELLER-1");
        ck_assert_uint_eq(message->n_category_ids, 2);
        ck_assert_str_eq(message->category_ids[1], "CAT-ELECTRONICS");
        ck_assert_str_eq(message->tax_class, "standard");
        ck_assert_int_eq(message->base_price->minor, 450000);
        ck_assert_str_eq(message->base_price->currency, "VND");
        ck_assert_str_eq(message->image_url, "https://example/1.jpg");
        ck_assert_int_eq(message->weight_grams, 1);
        ck_assert_int_eq(message->length_mm, 2);
        ck_assert_int_eq(message->width_mm, 3);
        ck_assert_int_eq(message->height_mm, 4);
        message = catalog_facts_to_message(test_ctx()->arena, &none);
        ck_assert_str_eq(message->sku, "SKU-NONE");
        ck_assert_str_eq(message->product_id, "");
        ck_assert_ptr_null(message->base_price);
}

static CompleteProduct complete(void) {
        static const StockLevel levels[] = { { "W-1", 5 }, { "W-2", 7 } };

        return (CompleteProduct) {
                .product = product(),
                .price = { .unit_minor = 400000, .total_minor = 800000, .quantity = 2, .currency = "VND",
                           .rules_version = 9, .as_of_us = 10000000 },
                .stock = { .is_known = true, .levels = levels, .n_levels = 2, .as_of_us = 11000000 },
        };
}

TEST(a_complete_product_is_shown_whole) {
        CompleteProduct shown = complete();
        CatalogV1CompleteProduct *message = catalog_complete_to_message(test_ctx()->arena, "SKU-1", &shown);

        ck_assert_str_eq(message->sku, "SKU-1");
        ck_assert_str_eq(message->details->product_id, "PROD-1");
        ck_assert_int_eq(message->pricing->unit_price->minor, 400000);
        ck_assert_int_eq(message->pricing->total_price->minor, 800000);
        ck_assert_str_eq(message->pricing->currency, "VND");
        ck_assert_int_eq(message->pricing->quantity, 2);
        ck_assert_int_eq(message->pricing->rules_version, 9);
        ck_assert_int_eq(message->pricing->as_of->seconds, 10);
        ck_assert_int_eq(message->stock->available, 12);
        ck_assert_str_eq(message->stock->warehouses[1]->warehouse_id, "W-2");
        ck_assert_int_eq(message->stock->warehouses[1]->available, 7);
        ck_assert_int_eq(message->stock->as_of->seconds, 11);
        ck_assert_uint_eq(message->n_degraded, 0);
}

TEST(a_part_without_an_answer_is_named) {
        CompleteProduct shown = complete();

        shown.price.is_fallback = true;
        shown.stock = (ProductStock) { 0 };
        CatalogV1CompleteProduct *message = catalog_complete_to_message(test_ctx()->arena, "SKU-1", &shown);
        ck_assert_ptr_null(message->stock);
        ck_assert_uint_eq(message->n_degraded, 2);
        ck_assert_str_eq(message->degraded[0], "pricing");
        ck_assert_str_eq(message->degraded[1], "stock");
        const char **degraded;
        ck_assert_uint_eq(catalog_degraded(test_ctx()->arena, &shown, false, &degraded), 1);
        ck_assert_str_eq(degraded[0], "pricing");
}

TEST(of_a_sku_that_there_is_not_only_the_sku_is_shown) {
        CompleteProduct none = { .product.sku = "SKU-NONE" };
        CatalogV1CompleteProduct *message = catalog_complete_to_message(test_ctx()->arena, "SKU-NONE", &none);

        ck_assert_str_eq(message->sku, "SKU-NONE");
        ck_assert_ptr_null(message->details);
        ck_assert_ptr_null(message->pricing);
        ck_assert_ptr_null(message->stock);
        ck_assert_uint_eq(message->n_degraded, 0);
}

TEST(sellers_and_categories_are_shown_whole) {
        Arena *arena = test_ctx()->arena;
        CatalogV1Seller *seller = catalog_seller_to_message(
                arena, &(Seller) { .seller_id = "SELLER-1", .name = "One", .is_active = true, .version = 2,
                                   .created_at_us = 3000000, .updated_at_us = 4000000 });
        CatalogV1Category *category = catalog_category_to_message(
                arena, &(Category) { .category_id = "CAT-1", .name = "A", .parent_id = "CAT-0",
                                     .created_at_us = 5000000 });

        ck_assert_str_eq(seller->seller_id, "SELLER-1");
        ck_assert_str_eq(seller->name, "One");
        ck_assert(seller->active);
        ck_assert_int_eq(seller->version, 2);
        ck_assert_int_eq(seller->created_at->seconds, 3);
        ck_assert_int_eq(seller->updated_at->seconds, 4);
        ck_assert_str_eq(category->category_id, "CAT-1");
        ck_assert_str_eq(category->name, "A");
        ck_assert_str_eq(category->parent_id, "CAT-0");
        ck_assert_int_eq(category->created_at->seconds, 5);
}

int main(void) {
        Suite *suite = suite_create("catalog/mapping");
        TCase *tests = tcase_create("mapping");

        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}

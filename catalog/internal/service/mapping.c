#include "service/mapping.h"

#include "proto/values.h"

static const ProductAttribute *attributes_from_message(Arena *arena, const CatalogV1ProductContent *content) {
        ProductAttribute *attributes = ARENA_ARRAY(arena, ProductAttribute, content->n_attributes);

        for (size_t i = 0; i < content->n_attributes; i++)
                attributes[i] = (ProductAttribute) {
                        .name = content->attributes[i]->name,
                        .value = content->attributes[i]->value,
                };
        return attributes;
}

Product catalog_product_from_message(Arena *arena, const CatalogV1ProductContent *content) {
        return (Product) {
                .name = content->name,
                .description = str_or_empty(content->description),
                .attributes = attributes_from_message(arena, content),
                .n_attributes = content->n_attributes,
                .category_id = content->category_id,
                .image_url = str_or_empty(content->image_url),
                .tax_class = str_is_empty(content->tax_class) ? CATALOG_TAX_CLASS : content->tax_class,
                .currency = content->currency,
                .base_price_minor = content->base_price_minor,
                .weight_grams = content->weight_grams,
                .length_mm = content->length_mm,
                .width_mm = content->width_mm,
                .height_mm = content->height_mm,
                .is_active = content->active,
        };
}

ProductQuery catalog_query_from_message(const CatalogV1ListProductsRequest *request) {
        return (ProductQuery) {
                .text = str_is_blank(request->q) ? NULL : request->q,
                .category_id = str_or_null(request->category_id),
                .seller_id = str_or_null(request->seller_id),
                .currency = str_or_null(request->currency),
                .min_price_minor = request->min_price_minor,
                .max_price_minor = request->max_price_minor,
                .with_inactive = request->include_inactive,
                .limit = request->page_size,
        };
}

static CatalogV1ProductAttribute *attribute_to_message(Arena *arena, const ProductAttribute *attribute) {
        CatalogV1ProductAttribute *message = catalog_v1_product_attribute_new(arena);

        message->name = attribute->name;
        message->value = attribute->value;
        return message;
}

CatalogV1Product *catalog_product_to_message(Arena *arena, const Product *product) {
        CatalogV1Product *message = catalog_v1_product_new(arena);

        message->product_id = str_or_empty(product->product_id);
        message->sku = str_or_empty(product->sku);
        message->name = str_or_empty(product->name);
        message->description = str_or_empty(product->description);
        message->n_attributes = product->n_attributes;
        message->attributes = ARENA_ARRAY(arena, CatalogV1ProductAttribute *, product->n_attributes);
        for (size_t i = 0; i < product->n_attributes; i++)
                message->attributes[i] = attribute_to_message(arena, &product->attributes[i]);
        message->category_id = str_or_empty(product->category_id);
        message->seller_id = str_or_empty(product->seller_id);
        message->image_url = str_or_empty(product->image_url);
        message->weight_grams = product->weight_grams;
        message->length_mm = product->length_mm;
        message->width_mm = product->width_mm;
        message->height_mm = product->height_mm;
        message->tax_class = str_or_empty(product->tax_class);
        message->base_price = proto_money_to_message(arena, product->base_price_minor, product->currency);
        message->currency = str_or_empty(product->currency);
        message->active = product->is_active;
        message->is_for_sale = catalog_is_for_sale(product);
        message->version = product->version;
        message->created_at = proto_time_to_message(arena, product->created_at_us);
        message->updated_at = proto_time_to_message(arena, product->updated_at_us);
        message->as_of = proto_time_to_message(arena, product->read_at_us);
        return message;
}

CatalogV1ProductFacts *catalog_facts_to_message(Arena *arena, const Product *product) {
        CatalogV1ProductFacts *message = catalog_v1_product_facts_new(arena);

        message->sku = str_or_empty(product->sku);
        if (!product->product_id)
                return message;
        message->product_id = product->product_id;
        message->name = str_or_empty(product->name);
        message->is_for_sale = catalog_is_for_sale(product);
        message->seller_id = str_or_empty(product->seller_id);
        message->category_ids = (const char **) product->category_ids;
        message->n_category_ids = product->n_category_ids;
        message->tax_class = str_or_empty(product->tax_class);
        message->base_price = proto_money_to_message(arena, product->base_price_minor, product->currency);
        message->image_url = str_or_empty(product->image_url);
        message->weight_grams = product->weight_grams;
        message->length_mm = product->length_mm;
        message->width_mm = product->width_mm;
        message->height_mm = product->height_mm;
        return message;
}

CatalogV1Seller *catalog_seller_to_message(Arena *arena, const Seller *seller) {
        CatalogV1Seller *message = catalog_v1_seller_new(arena);

        message->seller_id = str_or_empty(seller->seller_id);
        message->name = str_or_empty(seller->name);
        message->active = seller->is_active;
        message->version = seller->version;
        message->created_at = proto_time_to_message(arena, seller->created_at_us);
        message->updated_at = proto_time_to_message(arena, seller->updated_at_us);
        return message;
}

CatalogV1Category *catalog_category_to_message(Arena *arena, const Category *category) {
        CatalogV1Category *message = catalog_v1_category_new(arena);

        message->category_id = str_or_empty(category->category_id);
        message->name = str_or_empty(category->name);
        message->parent_id = str_or_empty(category->parent_id);
        message->created_at = proto_time_to_message(arena, category->created_at_us);
        return message;
}

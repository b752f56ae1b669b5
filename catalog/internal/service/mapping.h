/* Messages of the catalog and what they mean to the business; texts are borrowed from what is mapped. */
#pragma once

#include "biz/catalog/complete.h"
#include "catalog/v1/catalog.rpc.h"

/* A product with that content, and nothing else. */
Product catalog_product_from_message(Arena *arena, const CatalogV1ProductContent *content);

/* What is empty there is NULL here; without a cursor. */
ProductQuery catalog_query_from_message(const CatalogV1ListProductsRequest *request);

CatalogV1Product *catalog_product_to_message(Arena *arena, const Product *product);
CatalogV1ProductFacts *catalog_facts_to_message(Arena *arena, const Product *product);
CatalogV1Seller *catalog_seller_to_message(Arena *arena, const Seller *seller);
CatalogV1Category *catalog_category_to_message(Arena *arena, const Category *category);

/* What pricing and the warehouse say of it (parts.c). */
CatalogV1ProductPrice *catalog_price_to_message(Arena *arena, const ProductPrice *price);
CatalogV1CompleteProduct *catalog_complete_to_message(Arena *arena, const char *sku,
                                                      const CompleteProduct *complete);

/* The parts that gave no answer; with_stock: its stock was asked for. ret_degraded: in arena */
size_t catalog_degraded(Arena *arena, const CompleteProduct *complete, bool with_stock,
                        const char ***ret_degraded);

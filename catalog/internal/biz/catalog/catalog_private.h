/* What the files of the use case share. */
#pragma once

#include "biz/catalog/catalog.h"

/* Says that a currency is one that Millrace knows. errors: INVALID_REQUEST for that field */
const Error *catalog_check_currency(Ctx *ctx, const char *field, const char *currency) MUST_CHECK;

/* Checks what can be said of a product anew. errors: INVALID_REQUEST, with the path of the field */
const Error *catalog_check_content(Ctx *ctx, const Product *product) MUST_CHECK;

/* The product's attributes in the order of their names, as the database shows them; in arena. */
const ProductAttribute *catalog_sort_attributes(Arena *arena, const Product *product);

/* Whether the caller may change or see everything of a seller's; a service acts for nobody here. */
bool catalog_may_act_for(const Ctx *ctx, const char *seller_id);

/* errors: SELLER_MISMATCH, its field being that one */
const Error *catalog_check_seller(Ctx *ctx, const char *field, const char *seller_id) MUST_CHECK;

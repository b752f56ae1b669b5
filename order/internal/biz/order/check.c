#include "base/money.h"
#include "biz/order/order_private.h"

#define UNPAID_RETRY_MS 10000

/* What is wrong with an order is told together, for the reason of the first. */
static void refuse(Ctx *ctx, Error **error, const char *reason, const char *field, const char *description) {
        if (!*error)
                *error = error_new(ctx->arena, ERROR_INVALID_ARGUMENT, reason,
                                   "The order cannot be placed as it is");
        error_add_violation(ctx->arena, *error, field, description);
}

static bool is_same_stock(const OrderLine *a, const OrderLine *b) {
        return str_equal(a->sku, b->sku) && str_equal(a->warehouse, b->warehouse);
}

/* True when one before it is from the same stock. */
static bool is_repeated_line(const OrderRequest *request, size_t i) {
        for (size_t k = 0; k < i; k++)
                if (is_same_stock(&request->lines[i], &request->lines[k]))
                        return true;
        return false;
}

static bool is_repeated_code(const OrderRequest *request, size_t i) {
        for (size_t k = 0; k < i; k++)
                if (str_equal(request->promotion_codes[i], request->promotion_codes[k]))
                        return true;
        return false;
}

const Error *order_check_request(Ctx *ctx, const OrderRequest *request) {
        Error *error = NULL;

        TRY(order_check_customer(ctx, request->customer_id));
        if (money_decimals(order_currency(request)) < 0)
                refuse(ctx, &error, REASON_INVALID_REQUEST, "currency",
                       "must be the ISO 4217 code of a currency that orders can be paid in");
        if (request->use_points > 0 && !str_equal(order_currency(request), ORDER_POINTS_CURRENCY))
                refuse(ctx, &error, REASON_INVALID_REQUEST, "usePoints",
                       "must be 0: points count in orders in " ORDER_POINTS_CURRENCY " alone");
        for (size_t i = 1; i < request->n_lines; i++)
                if (is_repeated_line(request, i))
                        refuse(ctx, &error, REASON_INVALID_REQUEST,
                               arena_printf(ctx->arena, "items[%zu].sku", i), "appears twice");
        for (size_t i = 1; i < request->n_promotion_codes; i++)
                if (is_repeated_code(request, i))
                        refuse(ctx, &error, REASON_INVALID_REQUEST,
                               arena_printf(ctx->arena, "promotionCodes[%zu]", i), "appears twice");
        return error;
}

const Error *order_check_context(Ctx *ctx, const char *id, const Customer *customer) {
        Error *error;

        if (!customer->is_known)
                error = error_new(ctx->arena, ERROR_FAILED_PRECONDITION, REASON_CUSTOMER_NOT_FOUND,
                                  "There is no customer %s", id);
        else if (!customer->is_active)
                error = error_new(ctx->arena, ERROR_FAILED_PRECONDITION, REASON_CUSTOMER_INACTIVE,
                                  "Customer %s is not active", id);
        else
                return NULL;
        ERROR_ADD_RECORD(ctx->arena, error, error_text("customerId", id));
        return error;
}

static const Error *too_many(Ctx *ctx, const char *reason, int64_t retry_after_ms, const char *message) {
        Error *error = error_new(ctx->arena, ERROR_RESOURCE_EXHAUSTED, reason, "%s", message);

        error->retry_after_ms = retry_after_ms;
        return error;
}

const Error *order_check_standing(Ctx *ctx, const OrderLimits *limits, const OrderStanding *standing) {
        if (limits->n_unpaid > 0 && standing->n_unpaid >= limits->n_unpaid)
                return too_many(ctx, REASON_TOO_MANY_UNPAID_ORDERS, UNPAID_RETRY_MS,
                                "Orders that are not paid yet come first");
        if (limits->n_declines > 0 && standing->pause_ms > 0)
                return too_many(ctx, REASON_TOO_MANY_DECLINES, standing->pause_ms,
                                "Too many payments failed a short time ago");
        return NULL;
}

const Error *order_check_products(Ctx *ctx, const OrderRequest *request, const Product *products) {
        Error *error = NULL;

        for (size_t i = 0; i < request->n_lines; i++) {
                const Product *product = &products[i];

                if (!product->product_id || !product->is_for_sale)
                        refuse(ctx, &error, REASON_UNKNOWN_SKU,
                               arena_printf(ctx->arena, "items[%zu].sku", i),
                               "is not a SKU that is for sale");
                else if (!str_equal(product->product_id, request->lines[i].product_id))
                        refuse(ctx, &error, REASON_UNKNOWN_SKU,
                               arena_printf(ctx->arena, "items[%zu].productId", i),
                               "is not the product of this SKU");
        }
        return error;
}

static const Error *invalid_promotion(Ctx *ctx, const char *code, const char *reason) {
        Error *error = error_new(ctx->arena, ERROR_FAILED_PRECONDITION, REASON_INVALID_PROMOTION,
                                 "Promotion code %s is not valid for this order", code);

        ERROR_ADD_RECORD(ctx->arena, error, error_text("code", code), error_text("reason", reason));
        return error;
}

static const Error *check_code(Ctx *ctx, const char *code, const PromotionAnswer *answer) {
        for (size_t i = 0; i < answer->n_refused; i++) {
                const RefusedCode *refused = &answer->refused[i];

                if (str_equal(refused->code, code) && !str_equal(refused->reason, PROMOTION_NOT_STACKABLE))
                        return invalid_promotion(ctx, code, refused->reason);
        }
        return NULL;
}

const Error *order_check_codes(Ctx *ctx, const OrderRequest *request, const PromotionAnswer *answer) {
        for (size_t i = 0; i < request->n_promotion_codes; i++)
                TRY(check_code(ctx, request->promotion_codes[i], answer));
        return NULL;
}

static const Error *check_use(Ctx *ctx, const OrderDiscount *discount, const GoneUse *gone, size_t n_gone) {
        for (size_t i = 0; i < n_gone; i++)
                if (str_equal(gone[i].campaign_id, discount->campaign_id))
                        return invalid_promotion(ctx, discount->code, gone[i].reason);
        return NULL;
}

const Error *order_check_uses(Ctx *ctx, const Order *order, const GoneUse *gone, size_t n_gone) {
        for (size_t i = 0; i < order->pricing.n_discounts; i++) {
                const OrderDiscount *discount = &order->pricing.discounts[i];

                if (discount->campaign_id && discount->code)
                        TRY(check_use(ctx, discount, gone, n_gone));
        }
        return NULL;
}

const Error *order_check_payment(Ctx *ctx, const char *problem) {
        if (problem)
                return error_invalid(ctx->arena, "paymentMethod.token", "cannot be paid with: %s", problem);
        return NULL;
}

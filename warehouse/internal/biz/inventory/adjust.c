#include "biz/inventory/inventory.h"

static const Error *zero_quantity(Ctx *ctx) {
        Error *error = error_new(ctx->arena, ERROR_INVALID_ARGUMENT, REASON_INVALID_REQUEST,
                                 "The request has an invalid field");

        error_add_violation(ctx->arena, error, "quantity", "must not be 0");
        return error;
}

static const Error *below_reserved(Ctx *ctx, const StockAdjustment *adjustment, const Stock *stock) {
        Error *error = error_new(ctx->arena, ERROR_FAILED_PRECONDITION, REASON_STOCK_BELOW_RESERVED,
                                 "Stock of %s in warehouse %s would fall below what is reserved",
                                 adjustment->sku, adjustment->warehouse_id);
        const ErrorValue record[] = {
                { .key = "sku", .text = adjustment->sku },
                { .key = "warehouseId", .text = adjustment->warehouse_id },
                { .key = "onHand", .number = stock->on_hand },
                { .key = "reserved", .number = stock->reserved },
                { .key = "quantity", .number = adjustment->quantity },
        };

        error_add_record(ctx->arena, error, record, sizeof(record) / sizeof(record[0]));
        return error;
}

static const Error *refusal(Ctx *ctx, const StockAdjustment *adjustment, AdjustVerdict verdict,
                            const Stock *stock) {
        if (verdict == ADJUST_NO_STOCK)
                return error_new(ctx->arena, ERROR_NOT_FOUND, REASON_SKU_NOT_FOUND,
                                 "There is no SKU %s in warehouse %s", adjustment->sku,
                                 adjustment->warehouse_id);
        return below_reserved(ctx, adjustment, stock);
}

const Error *inventory_adjust(InventoryUsecase *usecase, Ctx *ctx, const StockAdjustment *adjustment,
                              Stock *ret_stock) {
        StockAdjustment complete = *adjustment;
        AdjustVerdict verdict;
        Stock stock = { 0 };

        if (adjustment->quantity == 0)
                return zero_quantity(ctx);
        complete.actor = ctx_actor(ctx, INVENTORY_ACTOR);
        TRY(usecase->repo->adjust(usecase->repo, ctx, &complete, &verdict, &stock));
        if (verdict != ADJUST_DONE)
                return refusal(ctx, &complete, verdict, &stock);
        *ret_stock = stock;
        return NULL;
}

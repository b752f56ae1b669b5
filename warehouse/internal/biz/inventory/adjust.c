#include "biz/inventory/inventory.h"

static const Error *below_reserved(Ctx *ctx, const StockAdjustment *adjustment, const Stock *stock) {
        Error *error = error_new(ctx->arena, ERROR_FAILED_PRECONDITION, REASON_STOCK_BELOW_RESERVED,
                                 "Stock of %s in warehouse %s would fall below what is reserved",
                                 adjustment->sku, adjustment->warehouse_id);

        ERROR_ADD_RECORD(ctx->arena, error, error_text("sku", adjustment->sku),
                         error_text("warehouseId", adjustment->warehouse_id),
                         error_number("onHand", stock->on_hand),
                         error_number("reserved", stock->reserved),
                         error_number("quantity", adjustment->quantity));
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

const Error *warehouse_adjust(InventoryUsecase *usecase, Ctx *ctx, const StockAdjustment *adjustment,
                              Stock *ret_stock) {
        StockAdjustment complete = *adjustment;
        AdjustVerdict verdict;
        Stock stock = { 0 };

        if (adjustment->quantity == 0)
                return error_invalid(ctx->arena, "quantity", "must not be 0");
        complete.actor = ctx_actor(ctx, INVENTORY_ACTOR);
        TRY(usecase->repo->adjust(usecase->repo, ctx, &complete, &verdict, &stock));
        if (verdict != ADJUST_DONE)
                return refusal(ctx, &complete, verdict, &stock);
        *ret_stock = stock;
        return NULL;
}

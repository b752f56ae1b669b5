#include "biz/inventory/inventory.h"

#include "base/str.h"

const Error *warehouse_stock(InventoryUsecase *usecase, Ctx *ctx, const char *sku, const char *warehouse_id,
                             const Stock **ret_stock, size_t *ret_n_stock) {
        const Stock *stock;
        size_t n_stock;

        TRY(usecase->repo->stock(usecase->repo, ctx, sku, warehouse_id, &stock, &n_stock));
        if (n_stock == 0)
                return error_new(ctx->arena, ERROR_NOT_FOUND, REASON_SKU_NOT_FOUND, "There is no SKU %s%s%s",
                                 sku, str_is_empty(warehouse_id) ? "" : " in warehouse ", warehouse_id);
        *ret_stock = stock;
        *ret_n_stock = n_stock;
        return NULL;
}

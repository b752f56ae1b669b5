#include "biz/catalog/complete.h"

#include "base/many.h"
#include "base/money.h"
#include "base/task.h"
#include "biz/catalog/catalog_private.h"

/* A cart while it is gathered; the lines are those whose product there is. */
typedef struct Gathering {
        CatalogUsecase *usecase;
        const CartTerms *terms;
        PriceLine *lines;
        CompleteProduct **complete; /* of the same line */
        size_t n;
        ProductPrice *prices;
} Gathering;

/* Every n_at_once-th line, from first on. */
typedef struct StockShare {
        Gathering *gathering;
        size_t first, n_at_once;
} StockShare;

static const Error *fall_back(Ctx *ctx, const PriceLine *line, ProductPrice *ret_price) {
        const Product *product = line->product;
        ProductPrice price = {
                .unit_minor = product->base_price_minor,
                .quantity = line->quantity,
                .currency = product->currency,
                .is_fallback = true,
                .as_of_us = product->read_at_us,
        };

        if (!money_multiply(price.unit_minor, price.quantity, &price.total_minor))
                return error_internal(ctx->arena, NULL, "The price of %s does not fit", product->sku);
        *ret_price = price;
        return NULL;
}

static const Error *calculate(void *arg, Ctx *ctx, size_t first, size_t n) {
        Gathering *gathering = arg;
        Prices *prices = gathering->usecase->prices;

        return prices->calculate(prices, ctx, &gathering->lines[first], n, gathering->terms,
                                 &gathering->prices[first]);
}

/*
 * All at once, and each alone when one of them has no price: that one gets its base price, as all do when
 * pricing is away.
 */
static const Error *ask_prices(Ctx *ctx, void *arg) {
        Gathering *gathering = arg;
        const Error **errors = ARENA_ARRAY(ctx->arena, const Error *, gathering->n);
        Ctx call = ctx_for_call(ctx, CATALOG_PART_TIMEOUT_MS);

        many_run(&call, calculate, gathering, gathering->n, errors);
        for (size_t i = 0; i < gathering->n; i++) {
                if (errors[i])
                        TRY(fall_back(ctx, &gathering->lines[i], &gathering->prices[i]));
                gathering->complete[i]->price = gathering->prices[i];
        }
        return NULL;
}

/* A share ends at the first that has no answer: the others would wait for the same warehouse. */
static const Error *ask_stock(Ctx *ctx, void *arg) {
        StockShare *share = arg;
        Gathering *gathering = share->gathering;
        Stock *stock = gathering->usecase->stock;
        Ctx call = ctx_for_call(ctx, CATALOG_PART_TIMEOUT_MS);

        for (size_t i = share->first; i < gathering->n; i += share->n_at_once) {
                const PriceLine *line = &gathering->lines[i];

                if (stock->levels(stock, &call, line->product->sku, line->warehouse_id,
                                  &gathering->complete[i]->stock))
                        break;
        }
        return NULL;
}

static void add_stock_steps(Ctx *ctx, TaskGroup *group, Gathering *gathering) {
        size_t n = gathering->n < CATALOG_STOCK_AT_ONCE ? gathering->n : CATALOG_STOCK_AT_ONCE;
        StockShare *shares = ARENA_ARRAY(ctx->arena, StockShare, n);

        for (size_t i = 0; i < n; i++) {
                shares[i] = (StockShare) { .gathering = gathering, .first = i, .n_at_once = n };
                task_run(group, ask_stock, &shares[i]);
        }
}

static const Error *gather(Ctx *ctx, Gathering *gathering, bool with_stock) {
        TaskGroup *group = task_group_new(ctx);

        if (gathering->n == 0)
                return NULL;
        gathering->prices = ARENA_ARRAY(ctx->arena, ProductPrice, gathering->n);
        task_run(group, ask_prices, gathering);
        if (with_stock)
                add_stock_steps(ctx, group, gathering);
        TRY(task_join(group));
        return ctx_check(ctx); /* what is missing because the caller's own time is over is no answer */
}

static void add_line(Gathering *gathering, const CartLine *line, CompleteProduct *complete) {
        gathering->complete[gathering->n] = complete;
        gathering->lines[gathering->n++] = (PriceLine) {
                .product = &complete->product,
                .quantity = line->quantity > 0 ? line->quantity : 1,
                .warehouse_id = str_or_empty(line->warehouse_id),
        };
}

static Gathering gathering_of(CatalogUsecase *usecase, Ctx *ctx, const CartTerms *terms, size_t n) {
        return (Gathering) {
                .usecase = usecase,
                .terms = terms,
                .lines = ARENA_ARRAY(ctx->arena, PriceLine, n),
                .complete = ARENA_ARRAY(ctx->arena, CompleteProduct *, n),
        };
}

const Error *catalog_complete_many(CatalogUsecase *usecase, Ctx *ctx, const CartLine *lines, size_t n,
                                   const CartTerms *terms, CompleteProduct *ret_complete) {
        const char **skus = ARENA_ARRAY(ctx->arena, const char *, n);
        Product *products = ARENA_ARRAY(ctx->arena, Product, n);
        CartTerms known = *terms;
        Gathering gathering = gathering_of(usecase, ctx, &known, n);

        if (str_is_empty(known.currency))
                known.currency = CATALOG_CURRENCY;
        TRY(catalog_check_currency(ctx, "currency", known.currency));
        for (size_t i = 0; i < n; i++)
                skus[i] = lines[i].sku;
        TRY(catalog_get_many(usecase, ctx, skus, n, products));
        for (size_t i = 0; i < n; i++) {
                ret_complete[i] = (CompleteProduct) { .product = products[i] };
                if (products[i].product_id)
                        add_line(&gathering, &lines[i], &ret_complete[i]);
        }
        return gather(ctx, &gathering, true);
}

const Error *catalog_complete(CatalogUsecase *usecase, Ctx *ctx, const char *product_id,
                              const CartLine *wanted, const char *currency, bool with_stock,
                              CompleteProduct *ret_complete) {
        CartTerms terms = { .currency = currency, .tier = "" };
        Gathering gathering = gathering_of(usecase, ctx, &terms, 1);
        CompleteProduct complete = { 0 };
        const Product *product;

        if (!str_is_empty(currency))
                TRY(catalog_check_currency(ctx, "currency", currency));
        TRY(catalog_get(usecase, ctx, product_id, &product));
        if (str_is_empty(currency))
                terms.currency = product->currency;
        complete.product = *product;
        add_line(&gathering, wanted, &complete);
        TRY(gather(ctx, &gathering, with_stock));
        *ret_complete = complete;
        return NULL;
}

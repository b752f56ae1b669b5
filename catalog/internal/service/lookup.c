#include "service/lookup.h"

#include "base/log.h"
#include "base/metrics.h"
#include "base/str.h"

static Metric *lookups, *degraded;

void catalog_lookup_init(void) {
        lookups = metric_counter("millrace_catalog_lookups_total",
                                 "Look-ups of products, by method and status (success, failed).");
        degraded = metric_counter("millrace_catalog_degraded_total",
                                  "Products that were shown without the answer of a part (pricing, stock).");
}

const Error *catalog_lookup_note(Ctx *ctx, const char *method, const Error *error) {
        const char *status = error ? "failed" : "success";

        metric_add(lookups, 1, METRIC_LABELS({ "method", method }, { "status", status }));
        if (error)
                log_info("trace event", log_text("event", "data_lookup"), log_text("status", status),
                         log_text("method", method), log_text("trace", ctx->trace.trace_id),
                         log_text("reason", error->reason), log_cause(ctx->arena, error));
        else
                log_success("trace event", log_text("event", "data_lookup"), log_text("status", status),
                            log_text("method", method), log_text("trace", ctx->trace.trace_id));
        return error;
}

static void note_missing(const Ctx *ctx, const char *part, size_t n) {
        if (n == 0)
                return;
        metric_add(degraded, (int64_t) n, METRIC_LABELS({ "part", part }));
        log_warning("products without an answer", log_text("part", part), log_number("products", (int64_t) n),
                    log_text("trace", ctx->trace.trace_id));
}

void catalog_lookup_note_degraded(Ctx *ctx, const CompleteProduct *complete, size_t n, bool with_stock) {
        size_t n_prices = 0, n_stock = 0;

        for (size_t i = 0; i < n; i++) {
                bool is_known = complete[i].product.product_id != NULL;

                n_prices += is_known && complete[i].price.is_fallback;
                n_stock += is_known && with_stock && !complete[i].stock.is_known;
        }
        note_missing(ctx, "pricing", n_prices);
        note_missing(ctx, "stock", n_stock);
}

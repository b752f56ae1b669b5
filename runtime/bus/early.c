#include "bus/early_private.h"

#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "bus/delivery_private.h"

/* So many events of one aggregate are read back at most; the next delivery goes on from there. */
#define MAX_DEPTH 500

typedef enum Found {
        FOUND_NOTHING, /* the server did not say */
        FOUND_IT,
        FOUND_STRANGER, /* there is another event in its place: the stream was replaced since */
        FOUND_GONE,     /* the stream has nothing there any more */
} Found;

EarlyHelper bus_early_helper(jsCtx *js, const BusConsumerConfig *config) {
        return (EarlyHelper) {
                .js = js,
                .config = config,
                .gone = metric_counter("millrace_consumer_gone_total",
                                       "Events applied without a predecessor, which the stream lost"),
        };
}

static void destroy_message(void *message) {
        natsMsg_Destroy(message);
}

/* "events.order.created" and "events.order.confirmed" are of one type of aggregates. */
static bool are_of_one_type(const char *subject, const char *other) {
        const char *end = strrchr(subject, '.');
        size_t n_bytes = end ? (size_t) (end - subject) + 1 : 0;

        return end && strncmp(subject, other, n_bytes) == 0 && !strchr(other + n_bytes, '.');
}

/* Aggregates of two types may have the same id, as an order and its fulfilment do. */
static bool is_predecessor(const BusDelivery *before, const BusDelivery *early) {
        return before->aggregate_id && str_equal(before->aggregate_id, early->aggregate_id) &&
               are_of_one_type(before->subject, early->subject) &&
               before->aggregate_version == early->previous_version;
}

/* Tries of the predecessor are counted by those of the event that waits for it. */
static Found find(const EarlyHelper *helper, Ctx *ctx, const BusDelivery *early, BusDelivery *ret_before) {
        natsMsg *message = NULL;
        jsErrCode code = 0;

        if (ctx_remaining_ms(ctx) <= 0)
                return FOUND_NOTHING;
        natsStatus status = js_GetMsg(&message, helper->js, BUS_STREAM, (uint64_t) early->previous_sequence,
                                      NULL, &code);
        if (status != NATS_OK)
                return code == JSNoMessageFoundErr ? FOUND_GONE : FOUND_NOTHING;
        arena_defer(ctx->arena, destroy_message, message);
        *ret_before = bus_delivery_read(message);
        ret_before->n_delivered = early->n_delivered;
        ret_before->sequence = natsMsg_GetSequence(message);
        return is_predecessor(ret_before, early) ? FOUND_IT : FOUND_STRANGER;
}

static bool needs_help(const BusDelivery *delivery) {
        return delivery->verdict == BUS_EARLY && delivery->previous_sequence > 0 &&
               delivery->n_delivered >= BUS_EARLY_PATIENCE;
}

static void report_gone(const EarlyHelper *helper, size_t n) {
        metric_add(helper->gone, (int64_t) n, METRIC_LABELS({ "consumer", helper->config->durable }));
        log_warning("events are applied without those before them, which the stream no longer has",
                    log_text("consumer", helper->config->durable), log_number("events", (int64_t) n));
}

static void hand_over(const EarlyHelper *helper, Ctx *ctx, BusDelivery *deliveries, size_t n, int depth);

/* What the events wait for comes first; then they themselves again. */
static void help(const EarlyHelper *helper, Ctx *ctx, BusDelivery *early, size_t n, int depth) {
        BusDelivery *before = ARENA_ARRAY(ctx->arena, BusDelivery, n);
        size_t n_before = 0, n_gone = 0;

        for (size_t i = 0; i < n; i++) {
                Found found = find(helper, ctx, &early[i], &before[n_before]);

                n_before += found == FOUND_IT;
                n_gone += found == FOUND_GONE;
                if (found == FOUND_GONE)
                        early[i].previous_version = 0;
                early[i].is_orphan = found == FOUND_STRANGER &&
                                     early[i].n_delivered >= BUS_EARLY_MAX_DELIVERIES;
        }
        if (n_gone > 0)
                report_gone(helper, n_gone);
        if (n_before > 0)
                hand_over(helper, ctx, before, n_before, depth + 1);
        helper->config->handler(helper->config->self, ctx, early, n);
}

static void hand_over(const EarlyHelper *helper, Ctx *ctx, BusDelivery *deliveries, size_t n, int depth) {
        BusDelivery *early = ARENA_ARRAY(ctx->arena, BusDelivery, n);
        size_t *places = ARENA_ARRAY(ctx->arena, size_t, n);
        size_t n_early = 0;

        helper->config->handler(helper->config->self, ctx, deliveries, n);
        for (size_t i = 0; i < n; i++) {
                if (!needs_help(&deliveries[i]))
                        continue;
                places[n_early] = i;
                early[n_early++] = deliveries[i];
        }
        if (n_early == 0 || depth == MAX_DEPTH)
                return;
        help(helper, ctx, early, n_early, depth);
        for (size_t i = 0; i < n_early; i++)
                deliveries[places[i]] = early[i];
}

void bus_early_hand_over(const EarlyHelper *helper, Ctx *ctx, BusDelivery *deliveries, size_t n) {
        hand_over(helper, ctx, deliveries, n, 0);
}

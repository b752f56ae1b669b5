#include "events/consumer.h"

#include "base/fault.h"
#include "base/log.h"
#include "base/many.h"
#include "base/metrics.h"
#include "events/delivered_private.h"
#include "events/inbox_private.h"
#include "events/outbox.h"

#define BATCH_LIMIT 64
#define MAX_ACK_PENDING 512
#define SWEEP_INTERVAL_MS 10000

struct EventConsumer {
        EventConsumerSpec spec;
        Inbox inbox;
        InboxSweep sweep;
        int64_t ack_wait_ms;
        const char *filter;       /* "events.order.*" */
        const char *before_apply; /* its fault points */
        const char *after_apply;
        Metric *events;
};

/* Events that could be read, each beside its item for the inbox and the delivery that it came in. */
typedef struct Batch {
        EventConsumer *consumer;
        Event *events;
        InboxItem *items;
        BusDelivery **sources;
        size_t n;
} Batch;

/* How an event is found in the logs. */
#define EVENT_FIELDS(self, event)                                                                            \
        log_text("consumer", (self)->spec.consumer), log_text("trace", (event)->trace.trace_id),             \
                log_text("type", (event)->type), log_text("id", (event)->aggregate_id),                      \
                log_number("version", (event)->version)

static void count(const EventConsumer *consumer, const char *outcome) {
        metric_add(consumer->events, 1,
                   METRIC_LABELS({ "consumer", consumer->spec.consumer }, { "outcome", outcome }));
}

static void retry_later(const EventConsumer *consumer, BusDelivery *delivery, const Error *error) {
        bool was_overtaken = error->code == ERROR_ABORTED;

        delivery->verdict = BUS_RETRY;
        delivery->retry_delay_ms = was_overtaken ? EVENT_OVERTAKEN_DELAY_MS : BUS_RETRY_DELAY_MS;
        count(consumer, "retried");
}

/* What may pass by itself, as a database that is away, is told by who waits for it. */
static void log_failure(const EventConsumer *consumer, const BusDelivery *delivery, const Event *event,
                        const char *what, const Error *error, LogField cause) {
        if (!error_may_pass(error))
                log_error(what, EVENT_FIELDS(consumer, event),
                          log_number("delivery", (int64_t) delivery->n_delivered), cause);
}

/* Says whether it was the event's turn; if not, the delivery has its answer. */
static bool is_next(const EventConsumer *consumer, BusDelivery *delivery, InboxVerdict verdict) {
        switch (verdict) {
        case INBOX_NEXT:
                return true;
        case INBOX_DUPLICATE:
                delivery->verdict = BUS_ACK;
                count(consumer, "duplicate");
                return false;
        case INBOX_EARLY:
                break;
        }
        delivery->verdict = BUS_EARLY;
        count(consumer, "early");
        return false;
}

/* What cannot be the version before is taken for the one before. */
static InboxItem item_of(const BusDelivery *delivery, const Event *event) {
        bool has_previous = delivery->previous_version >= 0 && delivery->previous_version < event->version;

        return (InboxItem) {
                .aggregate_id = event->aggregate_id,
                .version = event->version,
                .previous_version = has_previous ? delivery->previous_version : event->version - 1,
        };
}

static InboxDead dead_of(Ctx *ctx, const BusDelivery *delivery, const char *problem) {
        const char *event_id = event_delivered_text(delivery->message_id);
        const char *subject = event_delivered_text(delivery->subject);

        if (!event_id)
                event_id = arena_printf(ctx->arena, "sequence-%llu", (unsigned long long) delivery->sequence);
        return (InboxDead) {
                .event_id = event_id,
                .subject = subject ? subject : "",
                .payload = { .data = (const uint8_t *) delivery->payload,
                             .n_bytes = delivery->payload_bytes },
                .reason = problem,
        };
}

static void park(const EventConsumer *consumer, Ctx *ctx, BusDelivery *delivery, const char *problem) {
        Event event = event_delivered_event(delivery);
        InboxDead dead = dead_of(ctx, delivery, problem);
        InboxItem item = item_of(delivery, &event);
        bool is_known = event.aggregate_id && event.version > 0;

        if (delivery->is_orphan)
                item.previous_version = 0;
        const Error *error = inbox_park(&consumer->inbox, ctx, &dead, is_known ? &item : NULL);

        if (error) {
                log_failure(consumer, delivery, &event, "event is not parked", error,
                            log_cause(ctx->arena, error));
                retry_later(consumer, delivery, error);
        } else if (is_next(consumer, delivery, item.verdict)) {
                delivery->verdict = BUS_PARK;
                count(consumer, "parked");
                log_error("event is parked", EVENT_FIELDS(consumer, &event), log_text("event", dead.event_id),
                          log_text("subject", dead.subject), log_text("problem", problem));
        }
}

/*
 * A person must look at what the database can never take. Whatever else fails may be mended: it is tried
 * again without end.
 */
static void retry_or_park(const EventConsumer *consumer, Ctx *ctx, BusDelivery *delivery, const Event *event,
                          const Error *error) {
        LogField cause = log_cause(ctx->arena, error);

        log_failure(consumer, delivery, event, "event is not applied", error, cause);
        if (error_is_final(error) && delivery->n_delivered >= EVENT_MAX_DELIVERIES)
                park(consumer, ctx, delivery, cause.text);
        else
                retry_later(consumer, delivery, error);
}

/* The effects of those events that are next, and the moves of the inbox, in one transaction. */
static const Error *apply_next(const EventConsumer *consumer, Ctx *ctx, const Event *events,
                               const InboxItem *items, size_t n) {
        Event *next = ARENA_ARRAY(ctx->arena, Event, n);
        size_t n_next = 0;

        for (size_t i = 0; i < n; i++)
                if (items[i].verdict == INBOX_NEXT)
                        next[n_next++] = events[i];
        if (n_next == 0)
                return NULL;
        PgBatch *batch = pg_batch_new(consumer->inbox.pool, ctx);
        TRY(consumer->spec.apply(consumer->spec.self, batch, next, n_next));
        inbox_move(&consumer->inbox, batch, items, n);
        return pg_batch_run(batch);
}

static const Error *apply(void *arg, Ctx *ctx, size_t first, size_t n) {
        Batch *batch = arg;
        const EventConsumer *consumer = batch->consumer;
        InboxItem *items = &batch->items[first];

        TRY(fault_point(ctx, consumer->before_apply));
        TRY(inbox_judge(&consumer->inbox, ctx, items, n));
        TRY(apply_next(consumer, ctx, &batch->events[first], items, n));
        return fault_point(ctx, consumer->after_apply);
}

static void apply_all(Batch *batch, Ctx *ctx) {
        const EventConsumer *consumer = batch->consumer;
        const Error **errors = ARENA_ARRAY(ctx->arena, const Error *, batch->n);

        many_run(ctx, apply, batch, batch->n, errors);
        for (size_t i = 0; i < batch->n; i++) {
                const Event *event = &batch->events[i];

                if (errors[i]) {
                        retry_or_park(consumer, ctx, batch->sources[i], event, errors[i]);
                } else if (is_next(consumer, batch->sources[i], batch->items[i].verdict)) {
                        batch->sources[i]->verdict = BUS_ACK;
                        count(consumer, "applied");
                        log_success("event is applied", EVENT_FIELDS(consumer, event));
                }
        }
}

/* A BusHandler: what can be read is applied; then what cannot, or what waits for nothing, is parked. */
static void handle(void *self, Ctx *ctx, BusDelivery *deliveries, size_t n) {
        EventConsumer *consumer = self;
        const char **problems = ARENA_ARRAY(ctx->arena, const char *, n);
        Batch batch = {
                .consumer = consumer,
                .events = ARENA_ARRAY(ctx->arena, Event, n),
                .items = ARENA_ARRAY(ctx->arena, InboxItem, n),
                .sources = ARENA_ARRAY(ctx->arena, BusDelivery *, n),
        };

        for (size_t i = 0; i < n; i++) {
                Event *event = &batch.events[batch.n];

                *event = event_delivered_event(&deliveries[i]);
                problems[i] = event_delivered_read(ctx->arena, &consumer->spec, &deliveries[i], event);
                if (problems[i])
                        continue;
                batch.items[batch.n] = item_of(&deliveries[i], event);
                batch.sources[batch.n++] = &deliveries[i];
        }
        apply_all(&batch, ctx);
        for (size_t i = 0; i < n; i++) {
                if (problems[i])
                        park(consumer, ctx, &deliveries[i], problems[i]);
                else if (deliveries[i].verdict == BUS_EARLY && deliveries[i].is_orphan)
                        park(consumer, ctx, &deliveries[i], "The event before it never came");
        }
}

static const Error *sweep(void *consumer, Ctx *ctx, bool *ret_more) {
        ctx_limit(ctx, 2 * PG_STATEMENT_TIMEOUT_MS);
        return inbox_sweep(&((EventConsumer *) consumer)->sweep, ctx, ret_more);
}

EventConsumer *event_consumer_new(Arena *arena, PgPool *pool, const EventConsumerSpec *spec,
                                  const EventSettings *settings) {
        EventConsumer *consumer = ARENA_NEW(arena, EventConsumer);

        *consumer = (EventConsumer) {
                .spec = *spec,
                .inbox = { .pool = pool,
                           .consumer = spec->consumer,
                           .aggregate_type = spec->aggregate_type },
                .sweep = { .inbox = &consumer->inbox, .retention_hours = settings->inbox_hours },
                .ack_wait_ms = settings->ack_wait_ms,
                .filter = arena_printf(arena, EVENT_SUBJECT_PREFIX "%s.*", spec->aggregate_type),
                .before_apply = arena_printf(arena, "%s.before_apply", spec->consumer),
                .after_apply = arena_printf(arena, "%s.after_apply", spec->consumer),
                .events = metric_counter("millrace_consumer_events_total",
                                         "Deliveries of events, by what became of them"),
        };
        return consumer;
}

BusConsumerConfig event_consumer_on_bus(EventConsumer *consumer) {
        return (BusConsumerConfig) {
                .durable = consumer->spec.consumer,
                .filter = consumer->filter,
                .batch_limit = BATCH_LIMIT,
                .max_ack_pending = MAX_ACK_PENDING,
                .ack_wait_ms = consumer->ack_wait_ms,
                .handler = handle,
                .self = consumer,
        };
}

LoopSpec event_consumer_sweep(EventConsumer *consumer) {
        return (LoopSpec) { .name = "forget applied events",
                            .interval_ms = SWEEP_INTERVAL_MS,
                            .arg = consumer,
                            .round = sweep };
}

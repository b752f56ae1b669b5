#include "server/order_events.h"

#include <string.h>

#include "base/fault.h"
#include "base/log.h"
#include "base/many.h"
#include "base/str.h"
#include "biz/inventory/inventory.h"
#include "events/v1/order.rpc.h"
#include "json/codec.h"

/* Events that could be read, each beside the delivery that it came in. */
typedef struct Batch {
        InventoryUsecase *inventory;
        InventoryEvent *events;
        BusDelivery **sources;
        size_t n;
} Batch;

/* A violation says more than the message above it. */
static const char *problem_of(const Error *error) {
        return error->n_violations > 0 ? error->violations[0].description : error->message;
}

/* Returns what is wrong with the event, NULL when nothing is. */
static const char *read_event(Ctx *ctx, const BusDelivery *delivery, InventoryEvent *ret_event) {
        ProtobufCMessage *message;
        const Error *error = json_read_event(ctx->arena, &events_v1_order_event_info, delivery->payload,
                                             delivery->payload_bytes, &message);

        if (error)
                return problem_of(error);
        const EventsV1OrderEvent *event = (const EventsV1OrderEvent *) message;
        if (str_is_empty(event->event_type))
                return "The event has no type";
        if (!event->data || str_is_empty(event->data->order_id) || event->data->version < 1)
                return "The event has no order, or no version";
        if (delivery->aggregate_id && !str_equal(delivery->aggregate_id, event->data->order_id))
                return "The event is of another order than its header says";
        *ret_event = (InventoryEvent) {
                .order_id = event->data->order_id,
                .version = event->data->version,
                .previous_version = delivery->aggregate_version == event->data->version
                                            ? delivery->previous_version
                                            : event->data->version - 1,
                .event_type = event->event_type,
        };
        return NULL;
}

static void answer(BusDelivery *delivery, EventVerdict verdict, BusVerdict when_settled) {
        delivery->verdict = verdict == EVENT_EARLY ? BUS_EARLY : when_settled;
}

static void retry_later(BusDelivery *delivery, const Error *error) {
        bool was_overtaken = error->code == ERROR_ABORTED;

        delivery->verdict = BUS_RETRY;
        delivery->retry_delay_ms = was_overtaken ? ORDER_EVENTS_OVERTAKEN_DELAY_MS : BUS_RETRY_DELAY_MS;
}

static bool is_text(const char *text) {
        return text && str_is_utf8(text, strlen(text));
}

/* Headers of a poison event are as little to be trusted as the rest of it: what is no text is left out. */
static PoisonEvent poison_of(Ctx *ctx, const BusDelivery *delivery, const char *problem) {
        bool has_order = is_text(delivery->aggregate_id) && delivery->aggregate_version > 0;

        return (PoisonEvent) {
                .message_id = is_text(delivery->message_id)
                                      ? delivery->message_id
                                      : arena_printf(ctx->arena, "sequence-%llu",
                                                     (unsigned long long) delivery->sequence),
                .subject = is_text(delivery->subject) ? delivery->subject : "",
                .payload = delivery->payload,
                .payload_bytes = delivery->payload_bytes,
                .problem = problem,
                .order_id = has_order ? delivery->aggregate_id : NULL,
                .version = delivery->aggregate_version,
                .previous_version = delivery->is_orphan ? 0 : delivery->previous_version,
        };
}

static void park(InventoryUsecase *inventory, Ctx *ctx, BusDelivery *delivery, const char *problem) {
        PoisonEvent poison = poison_of(ctx, delivery, problem);
        EventVerdict verdict;
        const Error *error = inventory_park_event(inventory, ctx, &poison, &verdict);

        if (error) {
                retry_later(delivery, error);
                return;
        }
        answer(delivery, verdict, BUS_PARK);
        if (verdict == EVENT_APPLIED)
                log_error("event is parked", log_text("event", poison.message_id),
                          log_text("subject", poison.subject), log_text("problem", problem));
}

/*
 * A person must look at what the database can never take. Whatever else fails may be mended: it is tried
 * again without end.
 */
static void retry_or_park(InventoryUsecase *inventory, Ctx *ctx, BusDelivery *delivery, const Error *error) {
        LogField cause = log_cause(ctx->arena, error);

        if (!error_may_pass(error))
                log_error("event is not applied", log_number("delivery", (int64_t) delivery->n_delivered),
                          cause);
        if (error_is_final(error) && delivery->n_delivered >= ORDER_EVENTS_MAX_DELIVERIES)
                park(inventory, ctx, delivery, cause.text);
        else
                retry_later(delivery, error);
}

static const Error *apply(void *arg, Ctx *ctx, size_t first, size_t n) {
        Batch *batch = arg;

        TRY(fault_point(ctx, "warehouse.before_apply"));
        TRY(inventory_apply_events(batch->inventory, ctx, &batch->events[first], n));
        return fault_point(ctx, "warehouse.after_apply");
}

static void apply_all(Batch *batch, Ctx *ctx) {
        const Error **errors = ARENA_ARRAY(ctx->arena, const Error *, batch->n);

        many_run(ctx, apply, batch, batch->n, errors);
        for (size_t i = 0; i < batch->n; i++) {
                if (errors[i])
                        retry_or_park(batch->inventory, ctx, batch->sources[i], errors[i]);
                else
                        answer(batch->sources[i], batch->events[i].verdict, BUS_ACK);
        }
}

void warehouse_order_events_handle(void *self, Ctx *ctx, BusDelivery *deliveries, size_t n) {
        const char **problems = ARENA_ARRAY(ctx->arena, const char *, n);
        Batch batch = {
                .inventory = self,
                .events = ARENA_ARRAY(ctx->arena, InventoryEvent, n),
                .sources = ARENA_ARRAY(ctx->arena, BusDelivery *, n),
        };

        for (size_t i = 0; i < n; i++) {
                problems[i] = read_event(ctx, &deliveries[i], &batch.events[batch.n]);
                if (!problems[i])
                        batch.sources[batch.n++] = &deliveries[i];
        }
        apply_all(&batch, ctx);
        for (size_t i = 0; i < n; i++) {
                if (problems[i])
                        park(batch.inventory, ctx, &deliveries[i], problems[i]);
                else if (deliveries[i].verdict == BUS_EARLY && deliveries[i].is_orphan)
                        park(batch.inventory, ctx, &deliveries[i], "The event before it never came");
        }
}

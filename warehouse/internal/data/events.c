#include "data/inventory_repo.h"
#include "data/inventory_sql.h"
#include "pg/inbox.h"

static InboxItem *inbox_items(Ctx *ctx, const InventoryEvent *events, size_t n_events) {
        InboxItem *items = ARENA_ARRAY(ctx->arena, InboxItem, n_events);

        for (size_t i = 0; i < n_events; i++)
                items[i] = (InboxItem) { .aggregate_id = events[i].order_id,
                                         .version = events[i].version,
                                         .previous_version = events[i].previous_version };
        return items;
}

static EventVerdict verdict_of(InboxVerdict verdict) {
        switch (verdict) {
        case INBOX_NEXT:
                return EVENT_APPLIED;
        case INBOX_DUPLICATE:
                return EVENT_DUPLICATE;
        case INBOX_EARLY:
                break;
        }
        return EVENT_EARLY;
}

/* The orders of the events that are next and make this move. */
static OrderList orders_to(Ctx *ctx, ReservationMove move, const InventoryEvent *events,
                           const InboxItem *items, size_t n_events) {
        OrderList list = { .ids = ARENA_ARRAY(ctx->arena, const char *, n_events) };

        for (size_t i = 0; i < n_events; i++) {
                if (events[i].move == move && items[i].verdict == INBOX_NEXT)
                        list.ids[list.n++] = events[i].order_id;
        }
        return list;
}

static OrderList both(Ctx *ctx, OrderList first, OrderList second) {
        OrderList list = { .ids = ARENA_ARRAY(ctx->arena, const char *, first.n + second.n) };

        for (size_t i = 0; i < first.n; i++)
                list.ids[list.n++] = first.ids[i];
        for (size_t i = 0; i < second.n; i++)
                list.ids[list.n++] = second.ids[i];
        return list;
}

static void add_move(PgBatch *batch, ReservationMove move, OrderList orders, const char *reason,
                     const char *actor) {
        if (orders.n > 0)
                inventory_sql_add_move(batch, &(MoveRequest) { .move = move,
                                                              .order_ids = orders.ids,
                                                              .n_orders = orders.n,
                                                              .reason = reason,
                                                              .actor = actor });
}

/* An order that is confirmed and cancelled in one batch ends released, as releasing comes last. */
static void add_effects(PgBatch *batch, Ctx *ctx, const InventoryEvent *events, const InboxItem *items,
                        size_t n_events, const char *actor) {
        OrderList confirmed = orders_to(ctx, RESERVATION_CONFIRM, events, items, n_events);
        OrderList released = orders_to(ctx, RESERVATION_RELEASE, events, items, n_events);

        if (confirmed.n + released.n == 0)
                return;
        if (released.n > 0)
                inventory_sql_add_tombstones(batch, released);
        inventory_sql_lock_orders(batch, both(ctx, confirmed, released), released);
        add_move(batch, RESERVATION_CONFIRM, confirmed, "order confirmed", actor);
        add_move(batch, RESERVATION_RELEASE, released, "order came to nothing", actor);
}

const Error *inventory_sql_apply_events(InventoryRepo *self, Ctx *ctx, InventoryEvent *events,
                                        size_t n_events, const char *actor) {
        PgPool *pool = ((PgInventoryRepo *) self)->pool;
        InboxItem *items = inbox_items(ctx, events, n_events);
        bool has_next = false;

        TRY(inbox_judge(pool, ctx, WAREHOUSE_CONSUMER, items, n_events));
        for (size_t i = 0; i < n_events; i++) {
                events[i].verdict = verdict_of(items[i].verdict);
                has_next |= items[i].verdict == INBOX_NEXT;
        }
        if (!has_next)
                return NULL;

        PgBatch *batch = pg_batch_new(pool, ctx);
        add_effects(batch, ctx, events, items, n_events, actor);
        inbox_move(batch, WAREHOUSE_CONSUMER, items, n_events);
        return pg_batch_run(batch);
}

static const PgStatement sql_park = PG_WRITE(
        "INSERT INTO inbox_dead (consumer, event_id, subject, payload, reason) VALUES ($1, $2, $3, $4, $5)"
        " ON CONFLICT (consumer, event_id) DO NOTHING");

const Error *inventory_sql_park_event(InventoryRepo *self, Ctx *ctx, const PoisonEvent *poison,
                                      EventVerdict *ret_verdict) {
        PgPool *pool = ((PgInventoryRepo *) self)->pool;
        InboxItem item = { .aggregate_id = poison->order_id,
                           .version = poison->version,
                           .previous_version = poison->previous_version };
        Bytes payload = { .data = (const uint8_t *) poison->payload, .n_bytes = poison->payload_bytes };
        PgBatch *batch = pg_batch_new(pool, ctx);

        if (poison->order_id)
                TRY(inbox_judge(pool, ctx, WAREHOUSE_CONSUMER, &item, 1));
        if (item.verdict == INBOX_NEXT) {
                pg_batch_add(batch, &sql_park,
                             PG_ARGS(pg_text(WAREHOUSE_CONSUMER), pg_text(poison->message_id),
                                     pg_text(poison->subject), pg_bytes(payload), pg_text(poison->problem)));
                if (poison->order_id)
                        inbox_move(batch, WAREHOUSE_CONSUMER, &item, 1);
                TRY(pg_batch_run(batch));
        }
        *ret_verdict = verdict_of(item.verdict);
        return NULL;
}

#include "data/inventory_repo.h"
#include "data/inventory_private.h"

static OrderList orders_to(Arena *arena, ReservationMove move, const OrderMove *moves, size_t n) {
        OrderList list = { .ids = ARENA_ARRAY(arena, const char *, n) };

        for (size_t i = 0; i < n; i++)
                if (moves[i].move == move)
                        list.ids[list.n++] = moves[i].order_id;
        return list;
}

static OrderList both(Arena *arena, OrderList first, OrderList second) {
        OrderList list = { .ids = ARENA_ARRAY(arena, const char *, first.n + second.n) };

        for (size_t i = 0; i < first.n; i++)
                list.ids[list.n++] = first.ids[i];
        for (size_t i = 0; i < second.n; i++)
                list.ids[list.n++] = second.ids[i];
        return list;
}

static void add_move(PgBatch *batch, ReservationMove move, OrderList orders, const char *reason) {
        if (orders.n > 0)
                warehouse_sql_add_move(batch, &(MoveRequest) { .move = move,
                                                              .order_ids = orders.ids,
                                                              .n_orders = orders.n,
                                                              .reason = reason,
                                                              .actor = INVENTORY_ACTOR });
}

/* Releasing comes last. */
void warehouse_add_moves(PgBatch *batch, const OrderMove *moves, size_t n) {
        Arena *arena = pg_batch_ctx(batch)->arena;
        OrderList confirmed = orders_to(arena, RESERVATION_CONFIRM, moves, n);
        OrderList released = orders_to(arena, RESERVATION_RELEASE, moves, n);

        if (confirmed.n + released.n == 0)
                return;
        if (released.n > 0)
                warehouse_sql_add_tombstones(batch, released);
        warehouse_sql_lock_orders(batch, both(arena, confirmed, released), released);
        add_move(batch, RESERVATION_CONFIRM, confirmed, "order confirmed");
        add_move(batch, RESERVATION_RELEASE, released, "order came to nothing");
}

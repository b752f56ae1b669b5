#include "data/usage_private.h"
#include "data/usage_repo.h"

static OrderList orders_to(Arena *arena, UsageMove move, const OrderMove *moves, size_t n) {
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

/* Releasing comes last. */
void promotion_add_moves(PgBatch *batch, const OrderMove *moves, size_t n) {
        Arena *arena = pg_batch_ctx(batch)->arena;
        OrderList committed = orders_to(arena, USAGE_COMMIT, moves, n);
        OrderList released = orders_to(arena, USAGE_RELEASE, moves, n);

        if (committed.n + released.n == 0)
                return;
        if (released.n > 0) {
                promotion_sql_add_tombstones(batch, released);
                promotion_sql_lock_campaigns(batch, released);
        }
        promotion_sql_lock_usages(batch, both(arena, committed, released));
        if (committed.n > 0)
                promotion_sql_add_move(batch, USAGE_COMMIT, committed);
        if (released.n > 0)
                promotion_sql_add_move(batch, USAGE_RELEASE, released);
}

#include "data/order_numbers.h"

#include "base/monitor.h"
#include "pg/reader.h"

struct OrderNumbers {
        PgPool *pool;
        Monitor monitor;
        int64_t next;
        int64_t end; /* the first that is not ours; next == end: the block is used up */
};

static void release(void *pointer) {
        monitor_destroy(&((OrderNumbers *) pointer)->monitor);
}

OrderNumbers *order_numbers_new(Arena *arena, PgPool *pool) {
        OrderNumbers *numbers = ARENA_NEW(arena, OrderNumbers);

        numbers->pool = pool;
        monitor_init(&numbers->monitor);
        arena_defer(arena, release, numbers);
        return numbers;
}

static bool take(OrderNumbers *numbers, int64_t *ret_number) {
        monitor_lock(&numbers->monitor);
        bool has_one = numbers->next < numbers->end;
        if (has_one)
                *ret_number = numbers->next++;
        monitor_unlock(&numbers->monitor);
        return has_one;
}

static void refill(OrderNumbers *numbers, int64_t first, int64_t n) {
        monitor_lock(&numbers->monitor);
        numbers->next = first;
        numbers->end = first + n;
        monitor_unlock(&numbers->monitor);
}

/* The increment is the sequence's own, so that it stands in one place. */
static const PgStatement sql_next_block = PG_WRITE(
        "SELECT nextval('order_number_blocks'), increment_by FROM pg_sequences"
        " WHERE sequencename = 'order_number_blocks'");

/* Threads that find the block used up together each fetch one; what a later one overwrites is a gap. */
const Error *order_numbers_next(OrderNumbers *numbers, Ctx *ctx, int year, const char **ret_number) {
        const PgRows *rows;
        int64_t number;

        if (!take(numbers, &number)) {
                TRY(pg_run(numbers->pool, ctx, &sql_next_block, PG_NO_ARGS, &rows));
                PgReader at = pg_reader(rows, 0);
                number = pg_next_int64(&at);
                int64_t n = pg_next_int64(&at);
                TRY(pg_reader_end(&at));
                refill(numbers, number + 1, n - 1);
        }
        *ret_number = arena_printf(ctx->arena, "ORD-%d-%06lld", year, (long long) number);
        return NULL;
}

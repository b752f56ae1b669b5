#include "data/order_numbers.h"

#include <pthread.h>

struct OrderNumbers {
        PgPool *pool;
        pthread_mutex_t lock;
        int64_t next;
        int64_t end; /* the first that is not ours; next == end: the block is used up */
};

static void release(void *pointer) {
        pthread_mutex_destroy(&((OrderNumbers *) pointer)->lock);
}

OrderNumbers *order_numbers_new(Arena *arena, PgPool *pool) {
        OrderNumbers *numbers = ARENA_NEW(arena, OrderNumbers);

        numbers->pool = pool;
        pthread_mutex_init(&numbers->lock, NULL);
        arena_defer(arena, release, numbers);
        return numbers;
}

static bool take(OrderNumbers *numbers, int64_t *ret_number) {
        pthread_mutex_lock(&numbers->lock);
        bool has_one = numbers->next < numbers->end;
        if (has_one)
                *ret_number = numbers->next++;
        pthread_mutex_unlock(&numbers->lock);
        return has_one;
}

static void refill(OrderNumbers *numbers, int64_t first, int64_t n) {
        pthread_mutex_lock(&numbers->lock);
        numbers->next = first;
        numbers->end = first + n;
        pthread_mutex_unlock(&numbers->lock);
}

/* The increment is the sequence's own, so that it stands in one place. */
static const PgStatement sql_next_block = PG_WRITE(
        "SELECT nextval('order_number_blocks'), increment_by FROM pg_sequences WHERE sequencename = 'order_number_blocks'");

/* Threads that find the block used up at the same time each fetch one; what a later one overwrites is a gap. */
const Error *order_numbers_next(OrderNumbers *numbers, Ctx *ctx, int year, const char **ret_number) {
        const PgRows *rows;
        int64_t number;

        if (!take(numbers, &number)) {
                TRY(pg_run(numbers->pool, ctx, &sql_next_block, PG_NO_ARGS, &rows));
                number = pg_get_int64(rows, 0, 0);
                refill(numbers, number + 1, pg_get_int64(rows, 0, 1) - 1);
        }
        *ret_number = arena_printf(ctx->arena, "ORD-%d-%06lld", year, (long long) number);
        return NULL;
}

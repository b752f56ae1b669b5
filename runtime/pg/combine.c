#include "pg/combine.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

#include "pg/batch_private.h"
#include "pg/transaction.h"

#define MAX_SHARING 64
#define US_PER_SECOND 1000000

typedef enum Turn {
        TURN_LEADING, /* the next transaction is its own */
        TURN_DONE,
        TURN_ALONE,
        TURN_LATE,  /* it left the queue */
} Turn;

typedef struct Waiter Waiter;
struct Waiter {
        PgBatch *batch;
        sem_t has_turn;
        Turn turn;
        Waiter *next;
};

struct PgCombiner {
        pthread_mutex_t lock;
        bool is_running; /* a transaction, or its leader was named */
        Waiter *first, **end; /* who is queued */
};

PgCombiner *pg_combiner_new(void) {
        PgCombiner *combiner = calloc(1, sizeof(PgCombiner));

        if (!combiner)
                abort();
        pthread_mutex_init(&combiner->lock, NULL);
        combiner->end = &combiner->first;
        return combiner;
}

void pg_combiner_free(PgCombiner *combiner) {
        pthread_mutex_destroy(&combiner->lock);
        free(combiner);
}

/* ---- the queue, under the lock ---- */

static void push(PgCombiner *combiner, Waiter *waiter) {
        waiter->next = NULL;
        *combiner->end = waiter;
        combiner->end = &waiter->next;
}

static Waiter *pop(PgCombiner *combiner) {
        Waiter *waiter = combiner->first;

        combiner->first = waiter->next;
        if (!combiner->first)
                combiner->end = &combiner->first;
        return waiter;
}

static void unlink_at(PgCombiner *combiner, Waiter **at) {
        Waiter *waiter = *at;

        *at = waiter->next;
        if (combiner->end == &waiter->next)
                combiner->end = at;
}

static bool unlink_queued(PgCombiner *combiner, const Waiter *waiter) {
        Waiter **at = &combiner->first;

        while (*at && *at != waiter)
                at = &(*at)->next;
        if (!*at)
                return false;
        unlink_at(combiner, at);
        return true;
}

size_t pg_combiner_waiting(PgCombiner *combiner) {
        size_t n = 0;

        pthread_mutex_lock(&combiner->lock);
        for (const Waiter *waiter = combiner->first; waiter; waiter = waiter->next)
                n++;
        pthread_mutex_unlock(&combiner->lock);
        return n;
}

/* ---- who comes ---- */

/* True when it may lead at once; else it is queued. */
static bool enter(PgCombiner *combiner, Waiter *self) {
        pthread_mutex_lock(&combiner->lock);
        bool leads = !combiner->is_running;
        if (!leads)
                push(combiner, self);
        combiner->is_running = true;
        pthread_mutex_unlock(&combiner->lock);
        return leads;
}

static bool leave_queue(PgCombiner *combiner, const Waiter *self) {
        pthread_mutex_lock(&combiner->lock);
        bool was_queued = unlink_queued(combiner, self);
        pthread_mutex_unlock(&combiner->lock);
        return was_queued;
}

static bool wait_until(Waiter *self, int64_t until_us) {
        struct timespec until = { .tv_sec = until_us / US_PER_SECOND,
                                  .tv_nsec = until_us % US_PER_SECOND * 1000 };
        int problem;

        do
                problem = sem_clockwait(&self->has_turn, CLOCK_MONOTONIC, &until);
        while (problem != 0 && errno == EINTR);
        return problem == 0;
}

/*
 * Who is out of time and not queued any more is part of a transaction: only its end tells what became of it.
 */
static Turn wait_for_turn(PgCombiner *combiner, Waiter *self) {
        if (wait_until(self, self->batch->ctx->deadline_us))
                return self->turn;
        if (leave_queue(combiner, self))
                return TURN_LATE;
        wait_until(self, CTX_NO_DEADLINE);
        return self->turn;
}

/* ---- who leads ---- */

static void give_turn(Waiter *waiter, Turn turn) {
        waiter->turn = turn;
        sem_post(&waiter->has_turn);
}

static bool share_a_key(const PgBatch *a, const PgBatch *b) {
        for (size_t i = 0; i < a->n_keys; i++)
                for (size_t k = 0; k < b->n_keys; k++)
                        if (a->keys[i] == b->keys[k])
                                return true;
        return false;
}

static bool is_with_its_like(const PgBatch *batch, PgBatch *const *batches, size_t n) {
        for (size_t i = 0; i < n; i++)
                if (share_a_key(batch, batches[i]))
                        return true;
        return false;
}

/*
 * Adds those who wait to the leader's batch. Who writes to an aggregate that is in it already keeps its place
 * in the queue; the first one there leads the next transaction. Returns the number of followers.
 */
static size_t take_followers(PgCombiner *combiner, PgBatch **batches, Waiter **followers) {
        size_t n = 0;

        pthread_mutex_lock(&combiner->lock);
        for (Waiter **at = &combiner->first; n < MAX_SHARING - 1 && *at;)
                if (is_with_its_like((*at)->batch, batches, n + 1)) {
                        at = &(*at)->next;
                } else {
                        followers[n++] = *at;
                        batches[n] = (*at)->batch;
                        unlink_at(combiner, at);
                }
        pthread_mutex_unlock(&combiner->lock);
        return n;
}

static void pass_on(PgCombiner *combiner) {
        pthread_mutex_lock(&combiner->lock);
        Waiter *next = combiner->first ? pop(combiner) : NULL;
        combiner->is_running = next != NULL;
        pthread_mutex_unlock(&combiner->lock);
        if (next)
                give_turn(next, TURN_LEADING);
}

static Turn lead(PgCombiner *combiner, PgBatch *batch) {
        PgBatch *batches[MAX_SHARING] = { batch };
        Waiter *followers[MAX_SHARING];
        size_t n_followers = take_followers(combiner, batches, followers);

        PgEnd end = pg_transaction_run(batches, n_followers + 1, PG_IMPATIENT);
        pass_on(combiner);
        Turn turn = end == PG_END_COMMITTED || end == PG_END_BROKEN ? TURN_DONE : TURN_ALONE;
        for (size_t i = 0; i < n_followers; i++)
                give_turn(followers[i], turn);
        return turn;
}

bool pg_combine(PgCombiner *combiner, PgBatch *batch) {
        Waiter self = { .batch = batch };

        sem_init(&self.has_turn, 0, 0);
        Turn turn = enter(combiner, &self) ? TURN_LEADING : wait_for_turn(combiner, &self);
        sem_destroy(&self.has_turn);
        if (turn == TURN_LEADING)
                turn = lead(combiner, batch);
        if (turn == TURN_LATE)
                batch->error = ctx_check(batch->ctx);
        return turn != TURN_ALONE;
}

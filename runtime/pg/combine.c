#include "pg/combine_private.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/memory.h"
#include "pg/batch_private.h"
#include "pg/transaction_private.h"

#define MAX_SHARING 64

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
        Waiter *next;         /* in the queue, or of the same transaction */
        Waiter *next_running; /* of a leader: the one that was named before it */
};

struct PgCombiner {
        pthread_mutex_t lock;
        Waiter *running; /* who leads a transaction or was named to; behind each, who shares it */
        size_t n_running, n_running_max;
        int64_t named_us;     /* when the last leader was */
        Waiter *first, **end; /* who is queued */
};

PgCombiner *pg_combiner_new(size_t n_running_max) {
        PgCombiner *combiner = MEMORY_NEW(PgCombiner);

        pthread_mutex_init(&combiner->lock, NULL);
        combiner->end = &combiner->first;
        combiner->n_running_max = n_running_max;
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

static void unlink_at(PgCombiner *combiner, Waiter **at) {
        Waiter *waiter = *at;

        *at = waiter->next;
        if (combiner->end == &waiter->next)
                combiner->end = at;
        waiter->next = NULL;
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

/* ---- what runs, under the lock ---- */

static bool share_a_key(const PgBatch *a, const PgBatch *b) {
        for (size_t i = 0; i < a->n_keys; i++)
                for (size_t k = 0; k < b->n_keys; k++)
                        if (a->keys[i] == b->keys[k])
                                return true;
        return false;
}

/* True when it writes to an aggregate that is in a transaction already. */
static bool must_wait(const PgCombiner *combiner, const PgBatch *batch) {
        for (const Waiter *leader = combiner->running; leader; leader = leader->next_running)
                for (const Waiter *member = leader; member; member = member->next)
                        if (share_a_key(batch, member->batch))
                                return true;
        return false;
}

static bool may_begin(const PgCombiner *combiner) {
        return combiner->n_running == 0 ||
               (combiner->n_running < combiner->n_running_max &&
                clock_monotonic_us() - combiner->named_us >= PG_COMBINE_LONG_MS * 1000);
}

static void name_leader(PgCombiner *combiner, Waiter *waiter) {
        waiter->next_running = combiner->running;
        combiner->running = waiter;
        combiner->n_running++;
        combiner->named_us = clock_monotonic_us();
}

static void remove_leader(PgCombiner *combiner, const Waiter *leader) {
        Waiter **at = &combiner->running;

        while (*at != leader)
                at = &(*at)->next_running;
        *at = leader->next_running;
        combiner->n_running--;
}

/* The first one in the queue that may lead now is named; NULL: nobody. */
static Waiter *name_next(PgCombiner *combiner) {
        Waiter **at = &combiner->first;

        if (!may_begin(combiner))
                return NULL;
        while (*at && must_wait(combiner, (*at)->batch))
                at = &(*at)->next;
        Waiter *next = *at;
        if (!next)
                return NULL;
        unlink_at(combiner, at);
        name_leader(combiner, next);
        return next;
}

/* ---- who comes ---- */

static void give_turn(Waiter *waiter, Turn turn) {
        waiter->turn = turn;
        sem_post(&waiter->has_turn);
}

/* Also when those before hang, and nobody ends a transaction. */
static void call_next(PgCombiner *combiner) {
        pthread_mutex_lock(&combiner->lock);
        Waiter *next = name_next(combiner);
        pthread_mutex_unlock(&combiner->lock);
        if (next)
                give_turn(next, TURN_LEADING);
}

static void enter(PgCombiner *combiner, Waiter *self) {
        pthread_mutex_lock(&combiner->lock);
        push(combiner, self);
        pthread_mutex_unlock(&combiner->lock);
        call_next(combiner);
}

static bool leave_queue(PgCombiner *combiner, const Waiter *self) {
        pthread_mutex_lock(&combiner->lock);
        bool was_queued = unlink_queued(combiner, self);
        pthread_mutex_unlock(&combiner->lock);
        return was_queued;
}

static bool wait_until(Waiter *self, int64_t until_us) {
        struct timespec until = clock_timespec(until_us);
        int problem;

        do
                problem = sem_clockwait(&self->has_turn, CLOCK_MONOTONIC, &until);
        while (problem != 0 && errno == EINTR);
        return problem == 0;
}

/*
 * A batch whose time is over and that is no longer in the queue is part of a transaction: only its end tells
 * what became of it.
 */
static Turn wait_for_turn(PgCombiner *combiner, Waiter *self) {
        int64_t deadline_us = self->batch->ctx->deadline_us, look_us;

        do {
                look_us = clock_monotonic_us() + PG_COMBINE_LONG_MS * 1000;
                if (wait_until(self, look_us < deadline_us ? look_us : deadline_us))
                        return self->turn;
                call_next(combiner);
        } while (look_us < deadline_us);
        if (leave_queue(combiner, self))
                return TURN_LATE;
        wait_until(self, CTX_NO_DEADLINE);
        return self->turn;
}

/* ---- who leads ---- */

/* Those who wait share its transaction. Who must wait for another's, or for this one, keeps its place. */
static void take_followers(PgCombiner *combiner, Waiter *leader) {
        Waiter *last = leader;
        size_t n = 1;

        pthread_mutex_lock(&combiner->lock);
        for (Waiter **at = &combiner->first; n < MAX_SHARING && *at;)
                if (must_wait(combiner, (*at)->batch)) {
                        at = &(*at)->next;
                } else {
                        Waiter *follower = *at;

                        unlink_at(combiner, at);
                        last = last->next = follower;
                        n++;
                }
        pthread_mutex_unlock(&combiner->lock);
}

static PgEnd run(const Waiter *leader) {
        PgBatch *batches[MAX_SHARING];
        size_t n = 0;

        for (const Waiter *member = leader; member; member = member->next)
                batches[n++] = member->batch;
        return pg_transaction_run(batches, n, PG_IMPATIENT);
}

static void pass_on(PgCombiner *combiner, const Waiter *leader) {
        pthread_mutex_lock(&combiner->lock);
        remove_leader(combiner, leader);
        pthread_mutex_unlock(&combiner->lock);
        call_next(combiner);
}

static Turn lead(PgCombiner *combiner, Waiter *self) {
        take_followers(combiner, self);
        PgEnd end = run(self);
        pass_on(combiner, self);
        Turn turn = end == PG_END_COMMITTED || end == PG_END_BROKEN ? TURN_DONE : TURN_ALONE;
        for (Waiter *follower = self->next, *next; follower; follower = next) {
                next = follower->next; /* the follower is gone as soon as it has its turn */
                give_turn(follower, turn);
        }
        return turn;
}

bool pg_combine(PgCombiner *combiner, PgBatch *batch) {
        Waiter self = { .batch = batch };

        sem_init(&self.has_turn, 0, 0);
        enter(combiner, &self);
        Turn turn = wait_for_turn(combiner, &self);
        sem_destroy(&self.has_turn);
        if (turn == TURN_LEADING)
                turn = lead(combiner, &self);
        if (turn == TURN_LATE)
                batch->error = ctx_check(batch->ctx);
        return turn != TURN_ALONE;
}

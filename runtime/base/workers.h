/*
 * A bounded pool of threads that run handlers. A full queue refuses at once; the idle thread that worked last
 * is woken first, because its caches are warm and waking all in turn costs half the throughput.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

typedef struct Workers Workers;

/* n_threads >= 1; at most queue_limit jobs wait. */
Workers *workers_new(size_t n_threads, size_t queue_limit);

/* Runs what is queued, then joins the threads. Accepts NULL. */
void workers_free(Workers *workers);

/* False when the queue is full: nothing will run. */
bool workers_submit(Workers *workers, void (*run)(void *job), void *job) __attribute__((warn_unused_result));

/*
 * Like workers_submit, but only for a worker that idles, and leaves those that are kept: false when there is
 * none, whatever room there is.
 */
bool workers_offer(Workers *workers, void (*run)(void *job), void *job) __attribute__((warn_unused_result));

/*
 * Of n_threads, those that nothing may take that can wait for others: an eighth, so none of fewer than eight.
 */
size_t workers_kept(size_t n_threads);

/* Threads that there are. */
size_t workers_count(const Workers *workers);

/* Jobs that wait now. */
size_t workers_queued(Workers *workers);

/* Threads that have nothing to do now. */
size_t workers_idle(Workers *workers);

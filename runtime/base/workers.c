#include "base/workers.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/memory.h"

#define STACK_BYTES ((size_t) 512 * 1024)

typedef struct Job {
        void (*run)(void *job);
        void *job;
} Job;

typedef struct Worker {
        Workers *pool;
        pthread_t thread;
        pthread_cond_t wake;
        struct Worker *next_idle;
        Job handed; /* what an idle worker was woken for; run is NULL while it idles */
} Worker;

struct Workers {
        pthread_mutex_t lock;
        Worker *idle; /* a stack: the last to idle is on top */
        size_t n_idle;
        Job *queue;   /* a ring */
        size_t queue_limit;
        size_t first;
        size_t n_queued;
        size_t n_threads;
        bool stopping;
        Worker threads[];
};

static Job take_queued(Workers *pool) {
        Job job = pool->queue[pool->first];

        pool->first = (pool->first + 1) % pool->queue_limit;
        pool->n_queued--;
        return job;
}

static void wait_for_job(Worker *worker) {
        worker->next_idle = worker->pool->idle;
        worker->pool->idle = worker;
        worker->pool->n_idle++;
        while (!worker->handed.run && !worker->pool->stopping)
                pthread_cond_wait(&worker->wake, &worker->pool->lock);
}

/* False when the pool stops and nothing is left. */
static bool next_job(Worker *worker, Job *ret_job) {
        Workers *pool = worker->pool;

        pthread_mutex_lock(&pool->lock);
        if (pool->n_queued == 0 && !pool->stopping)
                wait_for_job(worker);
        *ret_job = worker->handed;
        worker->handed = (Job) { 0 };
        if (!ret_job->run && pool->n_queued > 0)
                *ret_job = take_queued(pool);
        pthread_mutex_unlock(&pool->lock);
        return ret_job->run != NULL;
}

static void *run_worker(void *arg) {
        Job job;

        while (next_job(arg, &job))
                job.run(job.job);
        return NULL;
}

static void start_worker(Workers *pool, Worker *worker) {
        pthread_attr_t attributes;

        worker->pool = pool;
        pthread_cond_init(&worker->wake, NULL);
        pthread_attr_init(&attributes);
        pthread_attr_setstacksize(&attributes, STACK_BYTES);
        if (pthread_create(&worker->thread, &attributes, run_worker, worker) != 0)
                abort();
        pthread_attr_destroy(&attributes);
        pthread_setname_np(worker->thread, "worker");
}

Workers *workers_new(size_t n_threads, size_t queue_limit) {
        Workers *pool = MEMORY_NEW_WITH(Workers, threads, n_threads);

        pthread_mutex_init(&pool->lock, NULL);
        pool->queue = MEMORY_ARRAY(Job, queue_limit);
        pool->queue_limit = queue_limit;
        pool->n_threads = n_threads;
        for (size_t i = 0; i < n_threads; i++)
                start_worker(pool, &pool->threads[i]);
        return pool;
}

static void stop_threads(Workers *pool) {
        pthread_mutex_lock(&pool->lock);
        pool->stopping = true;
        for (size_t i = 0; i < pool->n_threads; i++)
                pthread_cond_signal(&pool->threads[i].wake);
        pthread_mutex_unlock(&pool->lock);
        for (size_t i = 0; i < pool->n_threads; i++)
                pthread_join(pool->threads[i].thread, NULL);
}

void workers_free(Workers *workers) {
        if (!workers)
                return;
        stop_threads(workers);
        for (size_t i = 0; i < workers->n_threads; i++)
                pthread_cond_destroy(&workers->threads[i].wake);
        pthread_mutex_destroy(&workers->lock);
        free(workers->queue);
        free(workers);
}

static Worker *pop_idle(Workers *pool) {
        Worker *worker = pool->idle;

        if (!worker)
                return NULL;
        pool->idle = worker->next_idle;
        pool->n_idle--;
        return worker;
}

static bool enqueue(Workers *pool, Job job) {
        if (pool->n_queued == pool->queue_limit)
                return false;
        pool->queue[(pool->first + pool->n_queued++) % pool->queue_limit] = job;
        return true;
}

/* An idle worker is handed the job itself, so that only jobs nobody can run yet count as waiting. */
static bool hand_over(Workers *pool, Job job, bool may_wait) {
        pthread_mutex_lock(&pool->lock);
        Worker *worker = may_wait || pool->n_idle > workers_kept(pool->n_threads) ? pop_idle(pool) : NULL;
        if (worker)
                worker->handed = job;
        bool accepted = worker || (may_wait && enqueue(pool, job));
        pthread_mutex_unlock(&pool->lock);
        if (worker)
                pthread_cond_signal(&worker->wake);
        return accepted;
}

bool workers_submit(Workers *workers, void (*run)(void *job), void *job) {
        return hand_over(workers, (Job) { .run = run, .job = job }, true);
}

bool workers_offer(Workers *workers, void (*run)(void *job), void *job) {
        return hand_over(workers, (Job) { .run = run, .job = job }, false);
}

size_t workers_kept(size_t n_threads) {
        return n_threads / 8;
}

size_t workers_count(const Workers *workers) {
        return workers->n_threads;
}

size_t workers_queued(Workers *workers) {
        pthread_mutex_lock(&workers->lock);
        size_t n_queued = workers->n_queued;
        pthread_mutex_unlock(&workers->lock);
        return n_queued;
}

size_t workers_idle(Workers *workers) {
        pthread_mutex_lock(&workers->lock);
        size_t n_idle = workers->n_idle;
        pthread_mutex_unlock(&workers->lock);
        return n_idle;
}

#include "base/workers.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <unistd.h>

#include "support.h"

/* Jobs that wait at a gate say that they run, and on which thread. */
typedef struct Gate {
        pthread_mutex_t lock;
        pthread_cond_t changed;
        bool open;
        int n_inside;
        int n_done;
        pid_t last_thread;
} Gate;

static void gate_init(Gate *gate) {
        *gate = (Gate) { 0 };
        pthread_mutex_init(&gate->lock, NULL);
        pthread_cond_init(&gate->changed, NULL);
}

static void pass_gate(void *arg) {
        Gate *gate = arg;

        pthread_mutex_lock(&gate->lock);
        gate->n_inside++;
        gate->last_thread = gettid();
        pthread_cond_broadcast(&gate->changed);
        while (!gate->open)
                pthread_cond_wait(&gate->changed, &gate->lock);
        gate->n_done++;
        pthread_cond_broadcast(&gate->changed);
        pthread_mutex_unlock(&gate->lock);
}

static void gate_wait_inside(Gate *gate, int n) {
        pthread_mutex_lock(&gate->lock);
        while (gate->n_inside < n)
                pthread_cond_wait(&gate->changed, &gate->lock);
        pthread_mutex_unlock(&gate->lock);
}

static void gate_open(Gate *gate) {
        pthread_mutex_lock(&gate->lock);
        gate->open = true;
        pthread_cond_broadcast(&gate->changed);
        pthread_mutex_unlock(&gate->lock);
}

TEST(an_offer_is_only_for_a_worker_that_idles) {
        Gate gate;
        Workers *workers = workers_new(1, 3);

        gate_init(&gate);
        while (!workers_offer(workers, pass_gate, &gate))
                sched_yield();
        gate_wait_inside(&gate, 1);
        ck_assert(!workers_offer(workers, pass_gate, &gate));
        ck_assert_uint_eq(workers_queued(workers), 0);
        gate_open(&gate);
        workers_free(workers);
        ck_assert_int_eq(gate.n_done, 1);
}

TEST(refuses_at_once_when_the_queue_is_full) {
        Gate gate;
        Workers *workers = workers_new(2, 3);

        gate_init(&gate);
        for (int i = 1; i <= 2; i++) {
                ck_assert(workers_submit(workers, pass_gate, &gate));
                gate_wait_inside(&gate, i);
        }
        for (int i = 0; i < 3; i++)
                ck_assert(workers_submit(workers, pass_gate, &gate));
        ck_assert_uint_eq(workers_queued(workers), 3);
        ck_assert(!workers_submit(workers, pass_gate, &gate));
        gate_open(&gate);
        workers_free(workers);
        ck_assert_int_eq(gate.n_done, 5);
}

TEST(without_a_queue_takes_only_what_an_idle_thread_can_run) {
        Gate gate;
        Workers *workers = workers_new(1, 0);

        gate_init(&gate);
        while (!workers_submit(workers, pass_gate, &gate))
                sched_yield();
        gate_wait_inside(&gate, 1);
        ck_assert(!workers_submit(workers, pass_gate, &gate));
        gate_open(&gate);
        workers_free(workers);
        ck_assert_int_eq(gate.n_done, 1);
}

static void count(void *arg) {
        atomic_fetch_add((atomic_int *) arg, 1);
}

TEST(runs_what_is_queued_before_it_ends) {
        atomic_int n_run = 0;
        Workers *workers = workers_new(4, 10000);

        for (int i = 0; i < 10000; i++)
                ck_assert(workers_submit(workers, count, &n_run));
        workers_free(workers);
        ck_assert_int_eq(n_run, 10000);
}

static size_t count_distinct(const pid_t *threads, size_t n) {
        size_t n_distinct = 0;

        for (size_t i = 0; i < n; i++) {
                bool seen = false;

                for (size_t k = 0; k < i; k++)
                        seen = seen || threads[k] == threads[i];
                n_distinct += !seen;
        }
        return n_distinct;
}

/* Jobs come one by one while many threads idle: taking turns would use them all. */
TEST(wakes_the_thread_that_worked_last) {
        Gate gate;
        pid_t threads[200];
        Workers *workers = workers_new(16, 16);

        gate_init(&gate);
        gate.open = true;
        for (int i = 0; i < 200; i++) {
                ck_assert(workers_submit(workers, pass_gate, &gate));
                gate_wait_inside(&gate, i + 1);
                threads[i] = gate.last_thread;
        }
        workers_free(workers);
        ck_assert_uint_lt(count_distinct(threads, 200), 8);
}

TEST(accepts_null_when_freed) {
        workers_free(NULL);
}

int main(void) {
        Suite *suite = suite_create("workers");
        TCase *tests = tcase_create("workers");

        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}

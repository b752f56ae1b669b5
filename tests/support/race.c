#include "race.h"

#include <pthread.h>

#include "support.h"

typedef struct Racer {
        pthread_t thread;
        pthread_barrier_t *start;
        RaceBody body;
        void *arg;
        size_t i;
} Racer;

static void *run(void *self) {
        Racer *racer = self;
        Arena *arena = arena_new();
        Ctx ctx = ctx_background(arena);

        pthread_barrier_wait(racer->start);
        racer->body(&ctx, racer->arg, racer->i);
        arena_free(arena);
        return NULL;
}

void race_run(size_t n, RaceBody body, void *arg) {
        Racer *racers = ARENA_ARRAY(test_ctx()->arena, Racer, n);
        pthread_barrier_t start;

        pthread_barrier_init(&start, NULL, (unsigned) n);
        for (size_t i = 0; i < n; i++) {
                racers[i] = (Racer) { .start = &start, .body = body, .arg = arg, .i = i };
                ck_assert_int_eq(pthread_create(&racers[i].thread, NULL, run, &racers[i]), 0);
        }
        for (size_t i = 0; i < n; i++)
                pthread_join(racers[i].thread, NULL);
        pthread_barrier_destroy(&start);
}

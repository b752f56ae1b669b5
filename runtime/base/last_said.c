#include "base/last_said.h"

#include <pthread.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/memory.h"

/* An answer has so many places to be in; the oldest there makes room for it. */
#define N_WAYS 8

typedef struct Saying {
        uint8_t *bytes; /* the question, then the answer; NULL: none */
        size_t n_question_bytes, n_answer_bytes;
        int64_t said_at_us;
} Saying;

struct LastSaid {
        pthread_mutex_t lock;
        int64_t max_age_us;
        size_t n_sets;
        Saying (*sets)[N_WAYS];
};

static void release(void *pointer) {
        LastSaid *said = pointer;

        for (size_t i = 0; i < said->n_sets; i++)
                for (size_t k = 0; k < N_WAYS; k++)
                        free(said->sets[i][k].bytes);
        free(said->sets);
        pthread_mutex_destroy(&said->lock);
}

LastSaid *last_said_new(Arena *arena, size_t n_answers, int64_t max_age_ms) {
        LastSaid *said = ARENA_NEW(arena, LastSaid);

        said->max_age_us = max_age_ms * US_PER_MS;
        said->n_sets = n_answers < N_WAYS ? 1 : n_answers / N_WAYS;
        said->sets = memory_new_array(said->n_sets, sizeof(*said->sets));
        pthread_mutex_init(&said->lock, NULL);
        arena_defer(arena, release, said);
        return said;
}

static Saying *set_of(const LastSaid *said, Bytes question) {
        return said->sets[hash_bytes(HASH_START, question.data, question.n_bytes) % said->n_sets];
}

static bool is_to(const Saying *saying, Bytes question) {
        return saying->bytes && saying->n_question_bytes == question.n_bytes &&
               memcmp(saying->bytes, question.data, question.n_bytes) == 0;
}

/* With the lock held. NULL: none. */
static Saying *find(const LastSaid *said, Bytes question) {
        Saying *set = set_of(said, question);

        for (size_t i = 0; i < N_WAYS; i++)
                if (is_to(&set[i], question))
                        return &set[i];
        return NULL;
}

/* With the lock held. One that is free, else the oldest. */
static Saying *place_for(const LastSaid *said, Bytes question) {
        Saying *set = set_of(said, question), *oldest = &set[0];

        for (size_t i = 0; i < N_WAYS && oldest->bytes; i++)
                if (!set[i].bytes || set[i].said_at_us < oldest->said_at_us)
                        oldest = &set[i];
        return oldest;
}

static Saying saying_of(Bytes question, Bytes answer, int64_t now_us) {
        Saying saying = {
                .bytes = MEMORY_ARRAY(uint8_t, question.n_bytes + answer.n_bytes + 1),
                .n_question_bytes = question.n_bytes,
                .n_answer_bytes = answer.n_bytes,
                .said_at_us = now_us,
        };

        if (question.n_bytes > 0)
                memcpy(saying.bytes, question.data, question.n_bytes);
        if (answer.n_bytes > 0)
                memcpy(saying.bytes + question.n_bytes, answer.data, answer.n_bytes);
        return saying;
}

void last_said_keep(LastSaid *said, Bytes question, Bytes answer, int64_t now_us) {
        if (question.n_bytes + answer.n_bytes > LAST_SAID_MAX_BYTES) {
                last_said_forget(said, question);
                return;
        }
        Saying saying = saying_of(question, answer, now_us);
        pthread_mutex_lock(&said->lock);
        Saying *place = find(said, question);
        if (!place)
                place = place_for(said, question);
        uint8_t *before = place->bytes;
        *place = saying;
        pthread_mutex_unlock(&said->lock);
        free(before);
}

void last_said_forget(LastSaid *said, Bytes question) {
        uint8_t *before = NULL;

        pthread_mutex_lock(&said->lock);
        Saying *place = find(said, question);
        if (place) {
                before = place->bytes;
                *place = (Saying) { 0 };
        }
        pthread_mutex_unlock(&said->lock);
        free(before);
}

bool last_said_find(LastSaid *said, Arena *arena, Bytes question, int64_t now_us, Bytes *ret_answer) {
        pthread_mutex_lock(&said->lock);
        const Saying *saying = find(said, question);
        bool is_known = saying && now_us - saying->said_at_us <= said->max_age_us;
        if (is_known)
                *ret_answer = (Bytes) {
                        .data = arena_memdup(arena, saying->bytes + saying->n_question_bytes,
                                             saying->n_answer_bytes),
                        .n_bytes = saying->n_answer_bytes,
                };
        pthread_mutex_unlock(&said->lock);
        return is_known;
}

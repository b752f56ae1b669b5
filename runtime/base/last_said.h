/*
 * What somebody who was asked said last, for when he does not answer: a bounded number of answers, each for a
 * while.
 *
 *         if (!error)
 *                 last_said_keep(said, question, answer, clock_monotonic_us());
 *         else if (last_said_find(said, arena, question, clock_monotonic_us(), &answer))
 *                 ...
 *
 * Thread-safe. All times are of one clock that does not step, which is the user's.
 */
#pragma once

#include "base/str.h"

/* What is longer, question and answer together, is not kept. */
#define LAST_SAID_MAX_BYTES 4096

typedef struct LastSaid LastSaid;

/*
 * Lives in arena.
 *
 * n_answers    are kept at most; one that needs another's place takes that of an old one
 * max_age_ms   an answer that was said longer ago is none
 */
LastSaid *last_said_new(Arena *arena, size_t n_answers, int64_t max_age_ms);

/* Keeps copies, in the place of what was said to the same question before. */
void last_said_keep(LastSaid *said, Bytes question, Bytes answer, int64_t now_us);

/* Of an answer that is over, or that is never to be kept: what was said before does not count any more. */
void last_said_forget(LastSaid *said, Bytes question);

/* False when nothing is known, or it is too old. The answer is copied into arena. */
bool last_said_find(LastSaid *said, Arena *arena, Bytes question, int64_t now_us, Bytes *ret_answer);

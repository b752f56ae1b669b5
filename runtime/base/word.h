/* Words that stand for values of an enum, as tables keep them. */
#pragma once

#include <stddef.h>

#include "base/error.h"

/* The error of a word that this version does not know; column: "orders.status". */
const Error *word_unknown(Arena *arena, const char *column, const char *text)
        __attribute__((returns_nonnull)) MUST_CHECK;

/*
 * Finds a column's text among the words, of which NULL is none.
 *
 * errors     internal: this version does not know it
 */
const Error *word_read(Arena *arena, const char *const *words, size_t n_words, const char *column,
                       const char *text, size_t *ret_index) MUST_CHECK;

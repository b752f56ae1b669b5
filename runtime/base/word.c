#include "base/word.h"

#include "base/str.h"

const Error *word_unknown(Arena *arena, const char *column, const char *text) {
        return error_internal(arena, NULL, "%s holds %s, which this version does not know", column,
                              text ? text : "nothing");
}

const Error *word_read(Arena *arena, const char *const *words, size_t n_words, const char *column,
                       const char *text, size_t *ret_index) {
        for (size_t i = 0; text && i < n_words; i++) {
                if (words[i] && str_equal(words[i], text)) {
                        *ret_index = i;
                        return NULL;
                }
        }
        return word_unknown(arena, column, text);
}

/* Memory that outlives every arena, how long an array is, and what a member is in. */
#pragma once

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

/* The Type whose member the pointer points to. */
#define CONTAINER_OF(pointer, Type, member) ((Type *) ((char *) (pointer) - offsetof(Type, member)))

/* Zeroed, until free(); running out of memory aborts. */
static inline void *memory_new_array(size_t n_items, size_t item_bytes) {
        void *memory = calloc(n_items, item_bytes);

        if (!memory)
                abort();
        return memory;
}

#define MEMORY_NEW(Type) ((Type *) memory_new_array(1, sizeof(Type)))
#define MEMORY_ARRAY(Type, n_items) ((Type *) memory_new_array(n_items, sizeof(Type)))

/* A Type that ends with an array of n_items. */
#define MEMORY_NEW_WITH(Type, array, n_items)                                                                \
        ((Type *) memory_new_array(1, sizeof(Type) + (n_items) * sizeof(((Type *) NULL)->array[0])))

static inline char *memory_strdup(const char *text) {
        size_t n_bytes = strlen(text) + 1;

        return memcpy(MEMORY_ARRAY(char, n_bytes), text, n_bytes);
}

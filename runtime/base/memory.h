/* Memory that outlives every arena, and how long an array is. */
#pragma once

#include <stddef.h>
#include <stdlib.h>

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

/* Zeroed, until free(); running out of memory aborts. */
static inline void *memory_new_array(size_t n_items, size_t item_bytes) {
        void *memory = calloc(n_items, item_bytes);

        if (!memory)
                abort();
        return memory;
}

#define MEMORY_NEW(Type) ((Type *) memory_new_array(1, sizeof(Type)))

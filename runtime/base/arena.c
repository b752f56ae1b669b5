#include "base/arena.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

#define FIRST_BLOCK_BYTES ((size_t) 16 * 1024)
#define ALIGNMENT _Alignof(max_align_t)

typedef struct Block {
        struct Block *next;
        size_t size_bytes;
        size_t used_bytes;
        _Alignas(max_align_t) unsigned char data[];
} Block;

typedef struct Cleanup {
        struct Cleanup *next;
        void (*release)(void *pointer);
        void *pointer;
} Cleanup;

struct Arena {
        Block *current;
        Cleanup *cleanups;
        size_t used_bytes;
        Block *first;
};

static Block *block_new(size_t size_bytes) {
        Block *block = MEMORY_NEW_WITH(Block, data, size_bytes);

        block->size_bytes = size_bytes;
        return block;
}

Arena *arena_new(void) {
        Arena *arena = MEMORY_NEW(Arena);

        arena->first = block_new(FIRST_BLOCK_BYTES);
        arena->current = arena->first;
        return arena;
}

static void run_cleanups(Arena *arena) {
        while (arena->cleanups) {
                Cleanup *cleanup = arena->cleanups;

                arena->cleanups = cleanup->next;
                cleanup->release(cleanup->pointer);
        }
}

static void free_blocks_after_first(Arena *arena) {
        while (arena->current != arena->first) {
                Block *block = arena->current;

                arena->current = block->next;
                free(block);
        }
}

void arena_free(Arena *arena) {
        if (!arena)
                return;
        run_cleanups(arena);
        free_blocks_after_first(arena);
        free(arena->first);
        free(arena);
}

void arena_reset(Arena *arena) {
        run_cleanups(arena);
        free_blocks_after_first(arena);
        memset(arena->first->data, 0, arena->first->used_bytes);
        arena->first->used_bytes = 0;
        arena->used_bytes = 0;
}

/* The new block becomes current, whatever is left in the old one is not used again. */
static void add_block(Arena *arena, size_t n_bytes) {
        Block *block = block_new(n_bytes > FIRST_BLOCK_BYTES ? n_bytes : FIRST_BLOCK_BYTES);

        block->next = arena->current;
        arena->current = block;
}

void *arena_alloc(Arena *arena, size_t n_bytes) {
        size_t rounded = (n_bytes + ALIGNMENT - 1) & ~(ALIGNMENT - 1);

        if (rounded < n_bytes)
                abort();
        if (arena->current->size_bytes - arena->current->used_bytes < rounded)
                add_block(arena, rounded);

        void *result = arena->current->data + arena->current->used_bytes;
        arena->current->used_bytes += rounded;
        arena->used_bytes += rounded;
        return result;
}

void *arena_alloc_array(Arena *arena, size_t n_items, size_t item_bytes) {
        size_t n_bytes;

        if (__builtin_mul_overflow(n_items, item_bytes, &n_bytes))
                abort();
        return arena_alloc(arena, n_bytes);
}

void *arena_memdup(Arena *arena, const void *bytes, size_t n_bytes) {
        void *copy = arena_alloc(arena, n_bytes);

        if (n_bytes > 0)
                memcpy(copy, bytes, n_bytes);
        return copy;
}

char *arena_strndup(Arena *arena, const char *text, size_t n_bytes) {
        if (!text)
                return NULL;
        char *copy = arena_alloc(arena, n_bytes + 1);
        memcpy(copy, text, n_bytes);
        return copy;
}

char *arena_strdup(Arena *arena, const char *text) {
        return text ? arena_strndup(arena, text, strlen(text)) : NULL;
}

char *arena_vprintf(Arena *arena, const char *format, va_list args) {
        va_list again;

        va_copy(again, args);
        int length = vsnprintf(NULL, 0, format, args);
        if (length < 0)
                abort();
        char *text = arena_alloc(arena, (size_t) length + 1);
        vsnprintf(text, (size_t) length + 1, format, again);
        va_end(again);
        return text;
}

char *arena_printf(Arena *arena, const char *format, ...) {
        va_list args;

        va_start(args, format);
        char *text = arena_vprintf(arena, format, args);
        va_end(args);
        return text;
}

void arena_defer(Arena *arena, void (*release)(void *pointer), void *pointer) {
        Cleanup *cleanup = ARENA_NEW(arena, Cleanup);

        *cleanup = (Cleanup) { .next = arena->cleanups, .release = release, .pointer = pointer };
        arena->cleanups = cleanup;
}

size_t arena_used_bytes(const Arena *arena) {
        return arena->used_bytes;
}

/* One request's memory: zeroed blocks that are freed together, and cleanups that run with them. */
#pragma once

#include <stdarg.h>
#include <stddef.h>

typedef struct Arena Arena;

/*
 * Never returns NULL: running out of real memory aborts. Not thread-safe: one arena belongs to one thread at
 * a time.
 */
Arena *arena_new(void);

/* Runs the deferred cleanups, last first, then frees everything. Accepts NULL. */
void arena_free(Arena *arena);

/* Like arena_free, but keeps the first block, so that a worker can serve the next request with it. */
void arena_reset(Arena *arena);

/* Returns n_bytes zeroed bytes, aligned for any type. */
void *arena_alloc(Arena *arena, size_t n_bytes) __attribute__((malloc, returns_nonnull));

#define ARENA_NEW(arena, Type) ((Type *) arena_alloc((arena), sizeof(Type)))
#define ARENA_ARRAY(arena, Type, n) ((Type *) arena_alloc_array((arena), (n), sizeof(Type)))

/* Aborts when n_items * item_bytes overflows. */
void *arena_alloc_array(Arena *arena, size_t n_items, size_t item_bytes)
        __attribute__((malloc, returns_nonnull));

/* Copies; a NULL text stays NULL. */
char *arena_strdup(Arena *arena, const char *text);
char *arena_strndup(Arena *arena, const char *text, size_t n_bytes);
void *arena_memdup(Arena *arena, const void *bytes, size_t n_bytes);

char *arena_printf(Arena *arena, const char *format, ...)
        __attribute__((format(printf, 2, 3), returns_nonnull));
char *arena_vprintf(Arena *arena, const char *format, va_list args)
        __attribute__((format(printf, 2, 0), nonnull(2), returns_nonnull));

/* Calls release(pointer) when the arena is reset or freed: ties a socket or a transaction to the request. */
void arena_defer(Arena *arena, void (*release)(void *pointer), void *pointer);

/* What was handed out since the last reset; the edges use it to keep a request's budget. */
size_t arena_used_bytes(const Arena *arena);

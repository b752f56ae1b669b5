#include "bus/ack_private.h"

#include <stdlib.h>
#include <string.h>

#define REFUSED_FROM 400
#define REFUSED_TO 499

/* What follows "key": in text, blanks skipped; NULL when the key is not there. */
static const char *find_value(const char *text, const char *key) {
        const char *found = strstr(text, key);

        if (!found)
                return NULL;
        found += strlen(key);
        return found + strspn(found, " \t:");
}

static int64_t find_number(const char *text, const char *key) {
        const char *value = find_value(text, key);

        return value ? strtoll(value, NULL, 10) : 0;
}

/* The server's descriptions hold no escapes. */
static const char *find_text(Arena *arena, const char *text, const char *key) {
        const char *value = find_value(text, key);

        if (!value || *value != '"')
                return NULL;
        return arena_strndup(arena, value + 1, strcspn(value + 1, "\""));
}

Ack bus_ack_read(Arena *arena, const char *text, size_t n_bytes) {
        const char *copy = arena_strndup(arena, text, n_bytes);
        const char *error = find_value(copy, "\"error\"");

        if (!error) {
                int64_t sequence = find_number(copy, "\"seq\"");
                if (sequence > 0)
                        return (Ack) { .is_stored = true, .sequence = sequence };
                return (Ack) { .problem = "The acknowledgement is not readable" };
        }
        int64_t code = find_number(error, "\"code\"");
        const char *description = find_text(arena, error, "\"description\"");
        return (Ack) {
                .is_refused = code >= REFUSED_FROM && code <= REFUSED_TO,
                .problem = description ? description : "The stream gave no description",
        };
}

bool bus_subject_is_valid(const char *subject) {
        if (*subject == '\0' || *subject == '.' || subject[strlen(subject) - 1] == '.' ||
            strstr(subject, ".."))
                return false;
        for (const char *c = subject; *c; c++)
                if ((unsigned char) *c <= ' ' || *c == 0x7F || *c == '*' || *c == '>')
                        return false;
        return true;
}

/* What people type to find products, as PostgreSQL is asked for it. */
#pragma once

#include "base/str.h"

/*
 * The texts of a search: words and "quoted phrases", a minus that stands directly before one leaves it out.
 * Each is quoted anew, so that nothing in it means anything else to websearch_to_tsquery, which refuses some
 * texts that are full of its operators.
 */
typedef struct SearchText {
        const char *query;    /* of all terms, for websearch_to_tsquery */
        const char *names;    /* the terms that are wanted, for names that are almost it */
        const char *left_out; /* one that fits any of the terms left out; NULL: there are none */
} SearchText;

/* text: UTF-8, maybe without any term. The result is in arena. */
SearchText catalog_search_text(Arena *arena, const char *text);

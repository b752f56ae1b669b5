/*
 * A list of things that each have a link in them, so that joining and leaving it takes no memory and no
 * search. It is a ring: of its head, which is a List alone, and of the links.
 */
#pragma once

#include <stdbool.h>

#include "base/memory.h"

typedef struct List List;
struct List {
        List *next, *previous; /* of a link that is in no list: NULL */
};

static inline void list_init(List *head) {
        head->next = head->previous = head;
}

static inline bool list_is_empty(const List *head) {
        return head->next == head;
}

/* True while it is in a list. */
static inline bool list_is_linked(const List *link) {
        return link->next != NULL;
}

/* The link must be in no list. */
static inline void list_prepend(List *head, List *link) {
        *link = (List) { .next = head->next, .previous = head };
        head->next->previous = link;
        head->next = link;
}

/* The link must be in no list. */
static inline void list_append(List *head, List *link) {
        list_prepend(head->previous, link);
}

/* Harmless when it is in no list. */
static inline void list_remove(List *link) {
        if (!list_is_linked(link))
                return;
        link->previous->next = link->next;
        link->next->previous = link->previous;
        *link = (List) { 0 };
}

/* NULL: the list is empty. */
#define LIST_FIRST(head, Type, link)                                                                         \
        (list_is_empty(head) ? NULL : CONTAINER_OF((head)->next, Type, link))

/* What follows may remove the item, and free it, but no other. */
#define LIST_FOR_EACH(Type, item, head, link)                                                                \
        for (Type *item = CONTAINER_OF((head)->next, Type, link),                                            \
                  *item##_next = CONTAINER_OF(item->link.next, Type, link);                                  \
             &item->link != (head);                                                                          \
             item = item##_next, item##_next = CONTAINER_OF(item->link.next, Type, link))

/*
 * Intrusive doubly linked list with a head of its own type's shape.
 *
 * A node that is in no list points at itself, so removing twice is harmless. AB_LIST_EACH_SAFE survives removal of the
 * current node; walks that call out use ab_list_take on a list moved aside with ab_list_splice.
 */
#ifndef AB_BASE_LIST_H
#define AB_BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct ab_list {
    struct ab_list *next;
    struct ab_list *prev;
};

#define AB_CONTAINER(pointer, type, member) ((type *)(void *)((char *)(pointer)-offsetof(type, member)))

static inline void ab_list_init(struct ab_list *list)
{
    list->next = list;
    list->prev = list;
}

static inline bool ab_list_empty(const struct ab_list *list)
{
    return list->next == list;
}

/* True when the node is in some list. */
static inline bool ab_list_linked(const struct ab_list *node)
{
    return node->next != node;
}

static inline void ab_list_insert_before(struct ab_list *where, struct ab_list *node)
{
    node->prev = where->prev;
    node->next = where;
    where->prev->next = node;
    where->prev = node;
}

static inline void ab_list_append(struct ab_list *list, struct ab_list *node)
{
    ab_list_insert_before(list, node);
}

static inline void ab_list_prepend(struct ab_list *list, struct ab_list *node)
{
    ab_list_insert_before(list->next, node);
}

static inline void ab_list_remove(struct ab_list *node)
{
    node->prev->next = node->next;
    node->next->prev = node->prev;
    ab_list_init(node);
}

/* Takes the first node off; NULL when the list is empty. */
static inline struct ab_list *ab_list_take(struct ab_list *list)
{
    struct ab_list *node = list->next;

    if (node == list)
        return NULL;
    ab_list_remove(node);
    return node;
}

/* Moves all nodes of `from` to the end of `to`; `from` is empty after. */
static inline void ab_list_splice(struct ab_list *to, struct ab_list *from)
{
    if (ab_list_empty(from))
        return;
    from->next->prev = to->prev;
    to->prev->next = from->next;
    from->prev->next = to;
    to->prev = from->prev;
    ab_list_init(from);
}

#define AB_LIST_EACH(node, list) for (struct ab_list *node = (list)->next; node != (list); node = node->next)

#define AB_LIST_EACH_SAFE(node, list)                                                    \
    for (struct ab_list *node = (list)->next, *node##_next = node->next; node != (list); \
         node = node##_next, node##_next = node->next)

#endif

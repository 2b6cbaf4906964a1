/*
 * Intrusive hash table from numbers that the owner counts up, as streams are named by, to the structure that embeds the
 * node. There is one for every connection, so it is small: a map's node is two and a half times that.
 *
 * Inserting allocates nothing itself: when the table cannot grow the chains get longer. The order of a walk depends on
 * the numbers alone.
 */
#ifndef AB_BASE_NUMBERS_H
#define AB_BASE_NUMBERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ab_number_node {
    struct ab_number_node *next; /* in its bucket */
    uint64_t number;
};

struct ab_numbers {
    union {
        struct ab_number_node **buckets;
        struct ab_number_node *only; /* while mask is 0: the bucket itself */
    };
    uint32_t mask;
    uint32_t count;
};

void ab_numbers_init(struct ab_numbers *numbers);
void ab_numbers_deinit(struct ab_numbers *numbers); /* frees the table, not the nodes; idempotent */

/* The number must not be there. */
void ab_numbers_insert(struct ab_numbers *numbers, struct ab_number_node *node, uint64_t number);
void ab_numbers_remove(struct ab_numbers *numbers, struct ab_number_node *node); /* the node must be in this table */
struct ab_number_node *ab_numbers_find(const struct ab_numbers *numbers, uint64_t number);
/* The one after `node` in a walk, the first for NULL; NULL at the end. */
struct ab_number_node *ab_numbers_next(const struct ab_numbers *numbers, const struct ab_number_node *node);

/* The current node may be removed; nothing else may be removed or inserted. */
#define AB_NUMBERS_EACH(node, numbers)                                                 \
    for (struct ab_number_node *node = ab_numbers_next((numbers), NULL), *node##_next; \
         node && (node##_next = ab_numbers_next((numbers), node), true); node = node##_next)

#endif

/*
 * Intrusive hash map from bytes (a string, or an integer's bytes) to the structure that embeds the node.
 *
 * Inserting allocates nothing itself: when the table cannot grow the chains get longer, so a map never refuses what
 * its owner has already made. A walk goes in the order of insertion, so that what is shown keeps the order in which it was
 * made and a run repeats. Keys are the owner's and must stay as they are while the node is in. The hash is SipHash
 * with the map's own seed, because peers choose many of the keys.
 */
#ifndef AB_BASE_MAP_H
#define AB_BASE_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ab_map_node {
    struct ab_map_node *next; /* in its bucket */
    struct ab_map_node *older;
    struct ab_map_node *newer;
    const void *key;
    uint32_t key_size;
    uint32_t hash;
};

struct ab_map {
    union {
        struct ab_map_node **buckets;
        struct ab_map_node *only; /* while mask is 0: the bucket itself */
    };
    uint32_t mask;
    uint32_t count;
    struct ab_map_node *oldest;
    struct ab_map_node *newest;
    uint64_t seed;
};

/* `seed` is random. What the owner counts up has a table of its own kind (numbers.h). */
void ab_map_init(struct ab_map *map, uint64_t seed);
void ab_map_deinit(struct ab_map *map); /* frees the table, not the nodes; idempotent */

/* Takes no duplicate: returns AB_EEXIST (error.h) and changes nothing when the key is there. */
int ab_map_insert(struct ab_map *map, struct ab_map_node *node, const void *key, size_t key_size);
struct ab_map_node *ab_map_find(const struct ab_map *map, const void *key, size_t key_size);
struct ab_map_node *ab_map_find_text(const struct ab_map *map, const char *key);
void ab_map_remove(struct ab_map *map, struct ab_map_node *node); /* the node must be in this map */

/* The node that was inserted after `node`, the oldest for NULL; NULL at the end. */
struct ab_map_node *ab_map_next(const struct ab_map *map, const struct ab_map_node *node);

/* The current node may be removed; nothing else may be removed or inserted. */
#define AB_MAP_EACH(node, map)                                              \
    for (struct ab_map_node *node = ab_map_next((map), NULL), *node##_next; \
         node && (node##_next = ab_map_next((map), node), true); node = node##_next)

#endif

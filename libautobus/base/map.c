/*
 * Owns the buckets of a hash map and the order of the nodes in them. Must not know what the nodes are part of.
 *
 * Invariants: the number of buckets is a power of two; a node is in the chain of its stored hash; no two nodes have
 * equal keys. The table only grows by inserting and only goes when the last node does, so that a walk may remove the
 * node it is at. SipHash-1-3 (Aumasson and Bernstein, with the rounds that Rust and Python use) keeps a peer that
 * chooses keys from choosing chains.
 */
#include "base/map.h"

#include <string.h>

#include "base/error.h"
#include "base/memory.h"

#define SMALLEST 4 /* of tables: a map of one node needs none */

struct sip {
    uint64_t a, b, c, d;
};

static uint64_t rotate(uint64_t value, int bits)
{
    return (value << bits) | (value >> (64 - bits));
}

static void sip_round(struct sip *sip)
{
    sip->a += sip->b;
    sip->b = rotate(sip->b, 13) ^ sip->a;
    sip->a = rotate(sip->a, 32);
    sip->c += sip->d;
    sip->d = rotate(sip->d, 16) ^ sip->c;
    sip->a += sip->d;
    sip->d = rotate(sip->d, 21) ^ sip->a;
    sip->c += sip->b;
    sip->b = rotate(sip->b, 17) ^ sip->c;
    sip->c = rotate(sip->c, 32);
}

static void sip_take(struct sip *sip, uint64_t word)
{
    sip->d ^= word;
    sip_round(sip);
    sip->a ^= word;
}

static uint32_t map_hash(const struct ab_map *map, const void *key, size_t size)
{
    const unsigned char *byte = key;
    uint64_t one = map->seed, other = map->seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
    struct sip sip = {
        one ^ UINT64_C(0x736f6d6570736575),
        other ^ UINT64_C(0x646f72616e646f6d),
        one ^ UINT64_C(0x6c7967656e657261),
        other ^ UINT64_C(0x7465646279746573),
    };
    uint64_t word;
    size_t left = size;

    for (; left >= sizeof(word); left -= sizeof(word), byte += sizeof(word)) {
        memcpy(&word, byte, sizeof(word));
        sip_take(&sip, word);
    }
    word = (uint64_t)size << 56;
    for (size_t i = 0; i < left; i++)
        word |= (uint64_t)byte[i] << (8 * i);
    sip_take(&sip, word);
    sip.c ^= 0xff;
    sip_round(&sip);
    sip_round(&sip);
    sip_round(&sip);
    return (uint32_t)(sip.a ^ sip.b ^ sip.c ^ sip.d);
}

static struct ab_map_node **map_bucket(struct ab_map *map, uint32_t hash)
{
    return map->mask ? map->buckets + (hash & map->mask) : &map->only;
}

/* Forgets the table and every node that was in it. */
static void map_clear(struct ab_map *map)
{
    if (map->mask)
        ab_free(map->buckets);
    map->only = NULL;
    map->mask = 0;
    map->count = 0;
    map->oldest = map->newest = NULL;
}

void ab_map_init(struct ab_map *map, uint64_t seed)
{
    map->mask = 0;
    map->seed = seed;
    map_clear(map);
}

void ab_map_deinit(struct ab_map *map)
{
    map_clear(map);
}

/* Twice the buckets; when there is no memory for them the map works on with longer chains. The order within a chain does
 * not matter, so the list of all nodes is what is gone through. */
static AB_COLD void map_grow(struct ab_map *map)
{
    uint32_t mask = map->mask ? map->mask * 2 + 1 : SMALLEST - 1;
    struct ab_map_node **buckets = ab_calloc((size_t)mask + 1, sizeof(struct ab_map_node *));

    if (!buckets)
        return;
    for (struct ab_map_node *node = map->oldest; node; node = node->newer) {
        node->next = buckets[node->hash & mask];
        buckets[node->hash & mask] = node;
    }
    if (map->mask)
        ab_free(map->buckets);
    map->buckets = buckets;
    map->mask = mask;
}

static bool has_key(const struct ab_map_node *node, const void *key, size_t size)
{
    return node->key_size == size && memcmp(node->key, key, size) == 0;
}

static struct ab_map_node *map_search(const struct ab_map *map, uint32_t hash, const void *key, size_t size)
{
    struct ab_map_node *node = map->mask ? map->buckets[hash & map->mask] : map->only;

    while (node && !(node->hash == hash && has_key(node, key, size)))
        node = node->next;
    return node;
}

int ab_map_insert(struct ab_map *map, struct ab_map_node *node, const void *key, size_t key_size)
{
    uint32_t hash = map_hash(map, key, key_size);
    struct ab_map_node **bucket;

    if (map_search(map, hash, key, key_size))
        return AB_EEXIST;
    if (map->count > map->mask)
        map_grow(map);
    bucket = map_bucket(map, hash);
    node->key = key;
    node->key_size = (uint32_t)key_size;
    node->hash = hash;
    node->next = *bucket;
    *bucket = node;
    node->older = map->newest;
    node->newer = NULL;
    *(map->newest ? &map->newest->newer : &map->oldest) = node;
    map->newest = node;
    map->count++;
    return 0;
}

struct ab_map_node *ab_map_find(const struct ab_map *map, const void *key, size_t key_size)
{
    if (map->count == 0)
        return NULL;
    /* As most do that events, values and calls are looked up in; the hash was 5 % of the instructions of an event heard. */
    if (map->count == 1)
        return has_key(map->oldest, key, key_size) ? map->oldest : NULL;
    return map_search(map, map_hash(map, key, key_size), key, key_size);
}

struct ab_map_node *ab_map_find_text(const struct ab_map *map, const char *key)
{
    return ab_map_find(map, key, strlen(key));
}

void ab_map_remove(struct ab_map *map, struct ab_map_node *node)
{
    struct ab_map_node **place = map_bucket(map, node->hash);

    while (*place != node)
        place = &(*place)->next;
    *place = node->next;
    node->next = NULL;
    *(node->older ? &node->older->newer : &map->oldest) = node->newer;
    *(node->newer ? &node->newer->older : &map->newest) = node->older;
    if (--map->count == 0)
        map_clear(map);
}

struct ab_map_node *ab_map_next(const struct ab_map *map, const struct ab_map_node *node)
{
    return node ? node->newer : map->oldest;
}

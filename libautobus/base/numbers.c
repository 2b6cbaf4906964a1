/*
 * Owns the buckets of a table of numbers. Must not know what the nodes are part of.
 *
 * Invariants: the number of buckets is a power of two; a node is in the bucket that the low bits of its number say, so
 * numbers that are counted up fill the buckets evenly. The table only grows by inserting and only goes when the last
 * node does, so that a walk may remove the node it is at.
 */
#include "base/numbers.h"

#include "base/memory.h"

#define SMALLEST 4 /* of tables: one node needs none */
#define CHAIN    2 /* nodes to a bucket before there are more of these */

static struct ab_number_node **bucket_of(struct ab_numbers *numbers, uint64_t number)
{
    return numbers->mask ? numbers->buckets + (number & numbers->mask) : &numbers->only;
}

static struct ab_number_node *first_in(const struct ab_numbers *numbers, uint64_t number)
{
    return numbers->mask ? numbers->buckets[number & numbers->mask] : numbers->only;
}

void ab_numbers_init(struct ab_numbers *numbers)
{
    numbers->only = NULL;
    numbers->mask = 0;
    numbers->count = 0;
}

void ab_numbers_deinit(struct ab_numbers *numbers)
{
    if (numbers->mask)
        ab_free(numbers->buckets);
    ab_numbers_init(numbers);
}

static void put(struct ab_number_node **bucket, struct ab_number_node *node)
{
    node->next = *bucket;
    *bucket = node;
}

/* When there is no memory for more buckets it works on with longer chains. */
static void grow(struct ab_numbers *numbers)
{
    uint32_t mask = numbers->mask ? numbers->mask * 2 + 1 : SMALLEST - 1;
    struct ab_number_node **buckets = ab_calloc((size_t)mask + 1, sizeof(struct ab_number_node *));

    if (!buckets)
        return;
    AB_NUMBERS_EACH (node, numbers) {
        put(&buckets[node->number & mask], node);
    }
    if (numbers->mask)
        ab_free(numbers->buckets);
    numbers->buckets = buckets;
    numbers->mask = mask;
}

void ab_numbers_insert(struct ab_numbers *numbers, struct ab_number_node *node, uint64_t number)
{
    if (numbers->count >= CHAIN * ((size_t)numbers->mask + 1))
        grow(numbers);
    node->number = number;
    put(bucket_of(numbers, number), node);
    numbers->count++;
}

void ab_numbers_remove(struct ab_numbers *numbers, struct ab_number_node *node)
{
    struct ab_number_node **place = bucket_of(numbers, node->number);

    while (*place != node)
        place = &(*place)->next;
    *place = node->next;
    node->next = NULL;
    if (--numbers->count == 0)
        ab_numbers_deinit(numbers);
}

struct ab_number_node *ab_numbers_find(const struct ab_numbers *numbers, uint64_t number)
{
    struct ab_number_node *node = first_in(numbers, number);

    while (node && node->number != number)
        node = node->next;
    return node;
}

struct ab_number_node *ab_numbers_next(const struct ab_numbers *numbers, const struct ab_number_node *node)
{
    struct ab_number_node *next = node ? node->next : first_in(numbers, 0);

    for (uint64_t i = node ? (node->number & numbers->mask) + 1 : 1; !next && i <= numbers->mask; i++)
        next = numbers->buckets[i];
    return next;
}

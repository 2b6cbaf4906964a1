/*
 * Owns the order of calls that wait, and who has how many. Must not know how they are carried out or refused.
 *
 * Invariants: a caller is there as long as it has calls that wait; it has a turn as long as one of them waits for a worker.
 */
#include "bus/callers.h"

#include "base/error.h"
#include "base/memory.h"
#include "bus/queue.h"

struct ab_caller {
    struct ab_number_node node; /* its connection */
    struct ab_list turn;
    struct ab_list calls;       /* struct ab_waiting.node, oldest first */
    struct ab_list for_workers; /* of them: struct ab_item.in_queue */
    size_t count;
};

void ab_callers_init(struct ab_callers *callers)
{
    ab_numbers_init(&callers->by_connection);
    ab_list_init(&callers->turns);
    callers->count = 0;
    callers->spare = NULL;
}

void ab_callers_deinit(struct ab_callers *callers)
{
    ab_numbers_deinit(&callers->by_connection);
    ab_free(callers->spare);
    callers->spare = NULL;
}

void ab_waiting_init(struct ab_waiting *waiting, struct ab_item *item)
{
    ab_list_init(&waiting->node);
    waiting->caller = NULL;
    waiting->item = item;
}

static struct ab_caller *caller_find(const struct ab_callers *callers, uint64_t connection)
{
    struct ab_number_node *node = ab_numbers_find(&callers->by_connection, connection);

    return node ? AB_CONTAINER(node, struct ab_caller, node) : NULL;
}

static struct ab_caller *caller_get(struct ab_callers *callers, uint64_t connection)
{
    struct ab_caller *caller = caller_find(callers, connection);

    if (caller)
        return caller;
    caller = callers->spare ? callers->spare : ab_malloc(sizeof(*caller));
    if (!caller)
        return NULL;
    callers->spare = NULL;
    caller->count = 0;
    ab_list_init(&caller->turn);
    ab_list_init(&caller->calls);
    ab_list_init(&caller->for_workers);
    ab_numbers_insert(&callers->by_connection, &caller->node, connection);
    return caller;
}

bool ab_callers_enter(struct ab_callers *callers, struct ab_waiting *waiting, uint64_t connection)
{
    struct ab_caller *caller = caller_get(callers, connection);

    if (!caller)
        return false;
    ab_list_append(&caller->calls, &waiting->node);
    waiting->caller = caller;
    caller->count++;
    callers->count++;
    return true;
}

void ab_callers_leave(struct ab_callers *callers, struct ab_waiting *waiting)
{
    struct ab_caller *caller = waiting->caller;

    if (!caller)
        return;
    waiting->caller = NULL;
    ab_list_remove(&waiting->node);
    callers->count--;
    if (ab_list_empty(&caller->for_workers))
        ab_list_remove(&caller->turn);
    if (--caller->count > 0)
        return;
    ab_numbers_remove(&callers->by_connection, &caller->node);
    ab_free(callers->spare);
    callers->spare = caller;
}

/* Two more, or else they would take each other's place for ever. */
AB_COLD struct ab_item *ab_callers_most(const struct ab_callers *callers, uint64_t connection)
{
    const struct ab_caller *caller = caller_find(callers, connection);
    const struct ab_caller *most = NULL;
    size_t least = (caller ? caller->count : 0) + 2;

    AB_NUMBERS_EACH (each, &callers->by_connection) {
        const struct ab_caller *other = AB_CONTAINER(each, struct ab_caller, node);

        if (other->count >= (most ? most->count + 1 : least))
            most = other;
    }
    return most ? AB_CONTAINER(most->calls.prev, struct ab_waiting, node)->item : NULL;
}

void ab_callers_queue(struct ab_callers *callers, struct ab_waiting *waiting)
{
    struct ab_caller *caller = waiting->caller;

    ab_list_append(&caller->for_workers, &waiting->item->in_queue);
    if (!ab_list_linked(&caller->turn))
        ab_list_append(&callers->turns, &caller->turn);
}

struct ab_item *ab_callers_next(struct ab_callers *callers)
{
    struct ab_caller *caller = AB_CONTAINER(callers->turns.next, struct ab_caller, turn);

    ab_list_remove(&caller->turn);
    ab_list_append(&callers->turns, &caller->turn);
    return AB_CONTAINER(caller->for_workers.next, struct ab_item, in_queue);
}

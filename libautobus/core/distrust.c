/*
 * Owns which announcements led nowhere, and until when they count for nothing. Must not know what a probe is, nor what
 * is done with an announcement that counts.
 *
 * Invariant: at most AB_DISTRUSTED_MOST are remembered, and it takes no memory to do so; the one whose time is over
 * first gives way.
 */
#include "core/distrust.h"

#include <string.h>

#include "core/internal.h"

#define FORGOTTEN (60 * AB_SECOND) /* after its time was over */

static bool is_of(const struct ab_distrusted *each, const struct ab_address *at, const char *service)
{
    return ab_address_equal(&each->at, at) && strcmp(each->service->data, service) == 0;
}

/* NULL: none. */
static struct ab_distrusted *find(struct ab_distrust *distrust, const struct ab_address *at, const char *service)
{
    for (size_t i = 0; i < distrust->count; i++) {
        if (is_of(&distrust->all[i], at, service))
            return &distrust->all[i];
    }
    return NULL;
}

static void take_away(struct ab_distrust *distrust, struct ab_distrusted *one)
{
    ab_text_unref(one->service);
    *one = distrust->all[--distrust->count];
}

static void make_room(struct ab_distrust *distrust)
{
    struct ab_distrusted *first = &distrust->all[0];

    if (distrust->count < AB_DISTRUSTED_MOST)
        return;
    for (size_t i = 1; i < distrust->count; i++) {
        if (distrust->all[i].until < first->until)
            first = &distrust->all[i];
    }
    take_away(distrust, first);
}

void ab_distrust_note(struct ab_route *route)
{
    struct ab_engine *engine = route->found->engine;
    struct ab_distrust *distrust = &engine->distrust;
    struct ab_text *service = route->found->id;
    struct ab_distrusted *one = find(distrust, &route->node->address, service->data);

    if (!one) {
        make_room(distrust);
        one = &distrust->all[distrust->count++];
        *one = (struct ab_distrusted){.at = route->node->address, .service = ab_text_ref(service)};
    } else if (engine->now - one->until > FORGOTTEN) {
        one->level = 0;
    } else if (one->level < AB_BACKOFF_LEVELS) {
        one->level++;
    }
    one->until = engine->now + ab_engine_backoff(engine, one->level);
}

bool ab_distrust_holds(const struct ab_engine *engine, const struct ab_address *at, const char *service)
{
    const struct ab_distrust *distrust = &engine->distrust;

    for (size_t i = 0; i < distrust->count; i++) {
        if (is_of(&distrust->all[i], at, service))
            return engine->now < distrust->all[i].until;
    }
    return false;
}

void ab_distrust_forget(const struct ab_route *route)
{
    struct ab_distrust *distrust = &route->found->engine->distrust;
    struct ab_distrusted *one = find(distrust, &route->node->address, route->found->id->data);

    if (one)
        take_away(distrust, one);
}

void ab_distrust_forget_all(struct ab_engine *engine)
{
    struct ab_distrust *distrust = &engine->distrust;

    while (distrust->count > 0)
        take_away(distrust, &distrust->all[distrust->count - 1]);
}

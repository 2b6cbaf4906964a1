/*
 * Owns the life of discoverers. Must not know what the directory makes of what they say.
 */
#include "core/discoverer.h"

#include "base/error.h"
#include "core/internal.h"

void ab_discoverer_init(struct ab_discoverer *discoverer, const char *name, enum ab_discoverer_kind kind)
{
    ab_list_init(&discoverer->node);
    ab_list_init(&discoverer->reports);
    discoverer->engine = NULL;
    discoverer->name = name;
    discoverer->kind = kind;
    discoverer->looking = false;
}

void ab_discoverer_add(struct ab_discoverer *discoverer, struct ab_engine *engine, ab_time now)
{
    ab_engine_enter(engine, now);
    discoverer->engine = engine;
    ab_list_append(&engine->directory.discoverers, &discoverer->node);
}

void ab_discoverer_remove(struct ab_discoverer *discoverer, ab_time now)
{
    if (!ab_discoverer_is_added(discoverer))
        return;
    ab_engine_enter(discoverer->engine, now);
    ab_list_remove(&discoverer->node);
    ab_directory_forget(discoverer);
    ab_discoverer_looked(discoverer, now);
}

int ab_discoverer_report(struct ab_discoverer *discoverer, ab_time now, const struct ab_address *at,
                         const char *service, json_t *info)
{
    if (!ab_discoverer_is_added(discoverer) || discoverer->engine->closing)
        return AB_ECLOSED;
    ab_engine_enter(discoverer->engine, now);
    return ab_directory_report(discoverer, at, service, info);
}

int ab_discoverer_withdraw(struct ab_discoverer *discoverer, ab_time now, const struct ab_address *at,
                           const char *service)
{
    if (!ab_discoverer_is_added(discoverer) || discoverer->engine->closing)
        return AB_ECLOSED;
    ab_engine_enter(discoverer->engine, now);
    return ab_directory_withdraw(discoverer, at, service);
}

void ab_discoverer_look(struct ab_discoverer *discoverer)
{
    if (discoverer->looking || !ab_discoverer_is_added(discoverer))
        return;
    discoverer->looking = true;
    discoverer->engine->settling.looking++;
}

void ab_discoverer_looked(struct ab_discoverer *discoverer, ab_time now)
{
    struct ab_engine *engine = discoverer->engine;

    if (!discoverer->looking)
        return;
    ab_engine_enter(engine, now);
    discoverer->looking = false;
    engine->settling.looking--;
    ab_settling_review(engine);
}

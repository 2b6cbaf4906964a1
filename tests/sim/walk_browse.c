/* Owns the books of a walk's listeners for services: nothing is added twice, or gone that was never there. */

#include <stdlib.h>
#include <string.h>

#include "harness.h"
#include "sim/walk.h"

void walk_browser_forget(struct walk_browser *browser)
{
    if (browser->slot)
        browser->slot->heard = NULL;
    for (unsigned i = 0; i < browser->count; i++)
        free(browser->known[i]);
    *browser = (struct walk_browser){0};
}

static int find_known(const struct walk_browser *browser, const char *id)
{
    for (unsigned i = 0; i < browser->count; i++)
        if (strcmp(browser->known[i], id) == 0)
            return (int)i;
    return -1;
}

static void heard_service(struct sim_slot *slot, void *context)
{
    struct walk_browser *browser = context;
    char *id = slot->value ? sim_member(slot->value, strlen(slot->value), "service", true) : NULL;
    int index = id ? find_known(browser, id) : -1;

    if (slot->code == AB_SERVICE_ADDED) {
        ck_assert_msg(index < 0, "%s was added twice", id);
        ck_assert_uint_lt(browser->count, WALK_KNOWN);
        browser->known[browser->count++] = sim_strdup(id);
    } else if (slot->code == AB_SERVICE_CHANGED) {
        ck_assert_msg(index >= 0, "%s changed and was never added", id);
    } else if (slot->code == AB_SERVICE_REMOVED) {
        ck_assert_msg(index >= 0, "%s was removed and never added", id);
        free(browser->known[index]);
        browser->known[index] = browser->known[--browser->count];
    }
    free(id);
}

void walk_browse(struct walk_place *place)
{
    static const char *const filters[] = {"type=t0", "type=t1", NULL, "n?"};
    struct walk_browser *browser = &place->browsers[walk_below(place->walk, WALK_BROWSERS)];

    if (browser->slot) {
        sim_cancel(browser->slot);
        walk_browser_forget(browser);
        return;
    }
    /* What is there already is heard inside, before the book can be opened: so the entry is kept open. */
    sim_bus_enter(place->bus);
    browser->slot = sim_browse(place->bus, filters[walk_below(place->walk, 4)],
                               AB_BROWSER_EXISTING | (walk_below(place->walk, 2) ? AB_BROWSER_LIVENESS : 0));
    if (browser->slot) {
        browser->slot->heard = heard_service;
        browser->slot->context = browser;
    }
    sim_bus_leave(place->bus);
}

void walk_browser_check(struct walk_place *place, struct walk_browser *browser)
{
    json_t *entries, *entry;
    size_t index;

    if (!browser->slot || browser->slot->overflowed)
        return;
    ck_assert_int_eq(ab_browser_snapshot(place->bus->engine, NULL, &entries), 0);
    for (unsigned i = 0; i < browser->count; i++) {
        bool found = false;
        json_array_foreach(entries, index, entry)
        {
            found = found || strcmp(json_string_value(json_object_get(entry, "service")), browser->known[i]) == 0;
        }
        ck_assert_msg(found, "%s: a listener was not told that %s is gone", place->bus->name, browser->known[i]);
    }
    json_decref(entries);
}

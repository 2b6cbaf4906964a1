/*
 * Owns the places where a remote may bind. Must not know what comes of trying them.
 */
#include "core/candidates.h"

#include "base/error.h"
#include "base/memory.h"
#include "core/directory.h"

#define MOST 128

int ab_candidates_begin(struct ab_candidates *candidates)
{
    ab_candidates_drop(candidates);
    candidates->all = ab_calloc(MOST, sizeof(*candidates->all));
    return candidates->all ? 0 : AB_ENOMEM;
}

void ab_candidates_drop(struct ab_candidates *candidates)
{
    for (size_t i = 0; i < candidates->count; i++)
        ab_text_unref(candidates->all[i].service);
    ab_free(candidates->all);
    *candidates = (struct ab_candidates){NULL, 0, 0};
}

static bool is_there(const struct ab_candidates *candidates, const struct ab_address *address,
                     const struct ab_text *service)
{
    for (size_t i = 0; i < candidates->count; i++) {
        const struct ab_candidate *candidate = &candidates->all[i];

        if (ab_address_equal(&candidate->address, address) && ab_text_equal(candidate->service, service))
            return true;
    }
    return false;
}

void ab_candidates_add(struct ab_candidates *candidates, const struct ab_address *address, struct ab_text *service)
{
    if (candidates->count < MOST && !is_there(candidates, address, service))
        candidates->all[candidates->count++] = (struct ab_candidate){*address, ab_text_ref(service)};
}

void ab_candidates_add_routes(struct ab_candidates *candidates, const struct ab_found *found)
{
    AB_LIST_EACH (each, &found->routes) {
        ab_candidates_add(candidates, &AB_CONTAINER(each, struct ab_route, found_node)->node->address, found->id);
    }
}

const struct ab_candidate *ab_candidates_take(struct ab_candidates *candidates)
{
    return ab_candidates_left(candidates) ? &candidates->all[candidates->next++] : NULL;
}

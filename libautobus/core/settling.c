/*
 * Owns the mark. Must not know how anybody discovers, nor how long that takes.
 */
#include "core/settling.h"

#include "core/browser_internal.h"
#include "core/internal.h"
#include "core/multiple_internal.h"

void ab_settling_review(struct ab_engine *engine)
{
    struct ab_settling *settling = &engine->settling;

    if (settling->settled || settling->looking > 0 || !engine->started || engine->closing)
        return;
    settling->settled = true;
    ab_browsers_settled(engine);
    ab_multiples_settled(engine);
}

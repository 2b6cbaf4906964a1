/*
 * Owns the decision to spin, from what the waits of late took. Knows nothing of what is waited for, and no clock or
 * processor but by the rule.
 *
 * Invariant: what is owed stays between MOST_OWED and MOST_EARNED, so that neither one bad moment ends what pays nor a
 * good hour pays for a bad one.
 */
#include "net/spin.h"

#define MOST_OWED     4 /* waits without it */
#define MOST_EARNED   8
#define MOST_FAILURES 5

/* Twice as long as the last time. */
static void go_without(struct ab_spin *spin)
{
    spin->count = (int16_t)(-(AB_SPIN_REST << spin->failures));
    spin->owes = 0;
    spin->slept = 0;
    if (spin->failures < MOST_FAILURES)
        spin->failures++;
}

static bool begins(struct ab_spin *spin, const struct ab_spin_rule *rule)
{
    if (spin->count < AB_SPIN_AFTER)
        return false;
    if (spin->count == AB_SPIN_AFTER && !rule->has_processors()) {
        go_without(spin);
        return false;
    }
    return true;
}

struct ab_spell ab_spell_begin(struct ab_spin *spin, struct ab_spin_rule *rule)
{
    struct ab_spell spell = AB_SPELL_NONE;

    if (rule->most == 0)
        return spell;
    if (spin->count < 0) {
        spin->count++;
        return spell;
    }
    spell.spin = spin;
    spell.rule = rule;
    spell.spun = begins(spin, rule);
    spell.over = !spell.spun;
    spell.begun = rule->now();
    return spell;
}

bool ab_spell_spins(struct ab_spell *spell)
{
    if (!spell->over)
        spell->over = spell->rule->now() - spell->begun >= spell->rule->most;
    return !spell->over;
}

static void count_one(atomic_ulong *counter)
{
    atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
}

/* It pays as long as it takes less than it saves. */
static void settle(struct ab_spell *spell, ab_time waited)
{
    struct ab_spin *spin = spell->spin;
    int most = (int)spell->rule->most;
    int without = spin->slept / AB_SPIN_AFTER;
    int took = waited < most ? (int)waited : most;
    int owes = spin->owes + took - (spell->over ? 0 : without - took);

    count_one(&spell->rule->spun);
    if (spell->over)
        count_one(&spell->rule->in_vain);
    spin->owes = (int16_t)(owes > -MOST_EARNED * without ? owes : -MOST_EARNED * without);
    if (owes > MOST_OWED * without)
        go_without(spin);
}

/* A wait that slept has the time in it that processors took to wake, so what is short is more than what is spun for. */
void ab_spell_end(struct ab_spell *spell)
{
    struct ab_spin *spin = spell->spin;
    ab_time waited;
    bool is_short;

    if (!spin)
        return;
    waited = spell->rule->now() - spell->begun;
    is_short = waited <= 2 * spell->rule->most;
    if (spell->spun)
        settle(spell, waited);
    else if (is_short)
        spin->slept = (uint16_t)(spin->slept + waited);
    if (spin->count < 0)
        return;
    spin->count++;
    if (spin->count == AB_SPIN_AFTER + AB_SPIN_RUN)
        spin->failures = 0;
    if (!is_short || spin->count == AB_SPIN_AFTER + AB_SPIN_RUN)
        spin->count = spin->slept = 0;
}

/*
 * Owns the tally of datagrams. Must not know how a fate is decided. Invariant: bounded, whatever comes from wherever.
 */
#include "net/fates.h"

static struct ab_bad_source *source_of(struct ab_fates *fates, uint32_t host)
{
    struct ab_bad_source *least = &fates->sources[0];

    for (size_t i = 0; i < fates->source_count; i++) {
        if (fates->sources[i].host == host)
            return &fates->sources[i];
        if (fates->sources[i].dropped < least->dropped)
            least = &fates->sources[i];
    }
    if (fates->source_count < AB_WORST_SOURCES)
        least = &fates->sources[fates->source_count++];
    *least = (struct ab_bad_source){.host = host};
    return least;
}

void ab_fates_count(struct ab_fates *fates, enum ab_datagram_fate fate, uint32_t host)
{
    struct ab_bad_source *source;

    fates->counts[fate]++;
    if (fate == AB_DATAGRAM_TAKEN || fate == AB_DATAGRAM_OWN)
        return;
    source = source_of(fates, host);
    source->dropped++;
    source->counts[fate]++;
}

const char *ab_fate_name(enum ab_datagram_fate fate)
{
    static const char *const names[AB_DATAGRAM_FATES] = {
        [AB_DATAGRAM_TAKEN] = "taken",         [AB_DATAGRAM_OWN] = "own",
        [AB_DATAGRAM_FOREIGN] = "foreign",     [AB_DATAGRAM_TOO_LARGE] = "too_large",
        [AB_DATAGRAM_MALFORMED] = "malformed", [AB_DATAGRAM_UNKNOWN] = "unknown",
        [AB_DATAGRAM_LOST] = "lost",
    };

    return names[fate];
}

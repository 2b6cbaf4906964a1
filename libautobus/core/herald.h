/*
 * A publisher of the program's: it is told of this bus's services by notices (AB_NOTICE_PUBLICATION).
 */
#ifndef AB_CORE_HERALD_H
#define AB_CORE_HERALD_H

#include "core/host.h"

struct ab_engine;
struct ab_herald;

/* What is published already is in the queue of notices when this returns. */
int ab_herald_new(struct ab_engine *engine, ab_time now, void *target, struct ab_herald **ret_herald);
/* Takes NULL; also after its overflow. Notices of it that nobody has taken are dropped. */
void ab_herald_free(struct ab_herald *herald, ab_time now);

#endif

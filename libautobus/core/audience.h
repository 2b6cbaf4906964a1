/*
 * Somebody of the program who wants to know whether an event is listened to, or an object watched, by anybody at all: a
 * sensor then measures only while somebody looks.
 */
#ifndef AB_CORE_AUDIENCE_H
#define AB_CORE_AUDIENCE_H

#include "core/service.h"

struct ab_audience;
struct ab_topic;

/* The event or object need not be there. AB_NOTICE_INTEREST tells of the first, at once if there is one, and of the last
 * when nobody came for a second after it. AB_ENOMEM, AB_ECLOSED. */
int ab_audience_new(struct ab_service *service, ab_time now, enum ab_topic_kind kind, const char *name, void *target,
                    struct ab_audience **ret_audience);
/* Ends and frees it: no notice of it comes any more. Before its service is freed. */
void ab_audience_cancel(struct ab_audience *audience, ab_time now);

/* Core only: the number of those who are interested changed. */
void ab_audiences_review(struct ab_topic *topic);

#endif

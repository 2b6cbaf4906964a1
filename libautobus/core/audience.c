/*
 * Owns when the program hears that the first has come or the last has gone. Must not know who they are.
 *
 * The end is told late: who reads a value once watches it for a moment (PROTOCOL section 2.3), and who was cut off is back
 * within a second, so that without a pause the program would begin and end all the time.
 *
 * Invariants: an audience is in its topic's list, and keeps the topic; what was told is what is, or `linger` is armed.
 */
#include "core/audience.h"

#include "base/error.h"
#include "base/memory.h"
#include "core/service_internal.h"

#define LINGER (1 * AB_SECOND)

struct ab_audience {
    struct ab_list node; /* in topic->audiences */
    struct ab_topic *topic;
    struct ab_timer linger;
    struct ab_notice notice;
    bool told; /* that somebody is interested */
};

static void tell(struct ab_audience *audience, bool interested)
{
    audience->told = interested;
    audience->notice.change = interested;
    if (!ab_list_linked(&audience->notice.node))
        ab_engine_emit(audience->topic->service->engine, &audience->notice);
}

static void on_linger(struct ab_timer *timer)
{
    tell(AB_CONTAINER(timer, struct ab_audience, linger), false);
}

static void review(struct ab_audience *audience)
{
    const struct ab_topic *topic = audience->topic;
    struct ab_engine *engine = topic->service->engine;

    if (topic->interested == 0) {
        if (audience->told)
            ab_engine_arm(engine, &audience->linger, LINGER);
        return;
    }
    ab_engine_disarm(engine, &audience->linger);
    if (!audience->told)
        tell(audience, true);
}

void ab_audiences_review(struct ab_topic *topic)
{
    AB_LIST_EACH (each, &topic->audiences) {
        review(AB_CONTAINER(each, struct ab_audience, node));
    }
}

int ab_audience_new(struct ab_service *service, ab_time now, enum ab_topic_kind kind, const char *name, void *target,
                    struct ab_audience **ret_audience)
{
    struct ab_audience *audience;
    struct ab_topic *topic;

    ab_engine_enter(service->engine, now);
    if (service->closed)
        return AB_ECLOSED;
    audience = ab_calloc(1, sizeof(*audience));
    topic =
        audience ? ab_topic_get(service, kind == AB_TOPIC_EVENT ? &service->events : &service->objects, name) : NULL;
    if (!topic) {
        ab_free(audience);
        return AB_ENOMEM;
    }
    audience->topic = topic;
    ab_timer_init(&audience->linger, on_linger);
    ab_notice_init(&audience->notice, AB_NOTICE_INTEREST, target);
    audience->notice.release = ab_notice_stays;
    audience->notice.code = (int)kind;
    ab_list_append(&topic->audiences, &audience->node);
    *ret_audience = audience;
    review(audience);
    return 0;
}

void ab_audience_cancel(struct ab_audience *audience, ab_time now)
{
    struct ab_topic *topic = audience->topic;

    ab_engine_enter(topic->service->engine, now);
    ab_engine_disarm(topic->service->engine, &audience->linger);
    ab_notice_release(&audience->notice);
    ab_list_remove(&audience->node);
    ab_free(audience);
    ab_topic_settle(topic);
}

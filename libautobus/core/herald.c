/*
 * Owns the notices to the program's publishers. Must not know what the program does with them.
 *
 * Invariant: for each service the changes told are added (changed)* removed. A herald for which there is no memory is
 * told so by a notice that it carries itself, and hears nothing after that.
 */
#include "core/herald.h"

#include "base/error.h"
#include "base/memory.h"
#include "core/internal.h"
#include "core/service_internal.h"

struct ab_herald {
    struct ab_publisher publisher;
    void *target;
    struct ab_notice overflow;
};

static void overflow(struct ab_herald *herald)
{
    ab_publisher_remove(&herald->publisher);
    herald->overflow.code = AB_EOVERFLOW;
    ab_engine_emit(herald->publisher.engine, &herald->overflow);
}

static void tell(struct ab_publisher *publisher, struct ab_service *service, enum ab_publication_change change)
{
    struct ab_herald *herald = AB_CONTAINER(publisher, struct ab_herald, publisher);
    struct ab_notice *notice = ab_notice_new(AB_NOTICE_PUBLICATION, herald->target);

    if (!notice) {
        overflow(herald);
        return;
    }
    notice->change = change;
    notice->service = ab_text_ref(service->id);
    notice->port = service->engine->server.port;
    if (change != AB_PUBLICATION_REMOVED)
        notice->value.text = ab_text_ref(service->info);
    ab_engine_emit(publisher->engine, notice);
}

static void published(struct ab_publisher *publisher, struct ab_service *service)
{
    tell(publisher, service, AB_PUBLICATION_ADDED);
}

static void changed(struct ab_publisher *publisher, struct ab_service *service)
{
    tell(publisher, service, AB_PUBLICATION_CHANGED);
}

static void withdrawn(struct ab_publisher *publisher, struct ab_service *service)
{
    tell(publisher, service, AB_PUBLICATION_REMOVED);
}

static const struct ab_publisher_ops ops = {
    .published = published,
    .changed = changed,
    .withdrawn = withdrawn,
};

int ab_herald_new(struct ab_engine *engine, ab_time now, void *target, struct ab_herald **ret_herald)
{
    struct ab_herald *herald;

    ab_engine_enter(engine, now);
    if (engine->closing)
        return AB_ECLOSED;
    herald = ab_calloc(1, sizeof(*herald));
    if (!herald)
        return AB_ENOMEM;
    herald->target = target;
    ab_notice_init(&herald->overflow, AB_NOTICE_PUBLICATION, target);
    herald->overflow.release = ab_notice_stays;
    ab_publisher_init(&herald->publisher, &ops);
    ab_publisher_add(&herald->publisher, engine);
    *ret_herald = herald;
    return 0;
}

void ab_herald_free(struct ab_herald *herald, ab_time now)
{
    struct ab_engine *engine;

    if (!herald)
        return;
    engine = herald->publisher.engine;
    ab_engine_enter(engine, now);
    AB_LIST_EACH_SAFE (each, &engine->notices) {
        struct ab_notice *notice = AB_CONTAINER(each, struct ab_notice, node);

        if (notice->kind == AB_NOTICE_PUBLICATION && notice->target == herald->target)
            ab_notice_release(notice);
    }
    ab_publisher_remove(&herald->publisher);
    ab_free(herald);
}

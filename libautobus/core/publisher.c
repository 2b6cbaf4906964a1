/*
 * Owns who is told of this bus's services. Must not know how anybody makes them known.
 */
#include "core/publisher.h"

#include "core/internal.h"
#include "core/service_internal.h"

void ab_publisher_init(struct ab_publisher *publisher, const struct ab_publisher_ops *ops)
{
    ab_list_init(&publisher->node);
    publisher->engine = NULL;
    publisher->ops = ops;
}

void ab_publisher_add(struct ab_publisher *publisher, struct ab_engine *engine)
{
    publisher->engine = engine;
    ab_list_append(&engine->publishers, &publisher->node);
    AB_LIST_EACH (each, &engine->server.services) {
        struct ab_service *service = AB_CONTAINER(each, struct ab_service, node);

        if (ab_service_is_published(service) && ab_publisher_is_added(publisher))
            publisher->ops->published(publisher, service);
    }
}

void ab_publisher_remove(struct ab_publisher *publisher)
{
    ab_list_remove(&publisher->node);
}

void ab_publishers_published(struct ab_service *service)
{
    AB_LIST_EACH_SAFE (each, &service->engine->publishers) {
        struct ab_publisher *publisher = AB_CONTAINER(each, struct ab_publisher, node);

        publisher->ops->published(publisher, service);
    }
}

void ab_publishers_changed(struct ab_service *service)
{
    AB_LIST_EACH_SAFE (each, &service->engine->publishers) {
        struct ab_publisher *publisher = AB_CONTAINER(each, struct ab_publisher, node);

        publisher->ops->changed(publisher, service);
    }
}

void ab_publishers_withdrawn(struct ab_service *service)
{
    AB_LIST_EACH_SAFE (each, &service->engine->publishers) {
        struct ab_publisher *publisher = AB_CONTAINER(each, struct ab_publisher, node);

        publisher->ops->withdrawn(publisher, service);
    }
}

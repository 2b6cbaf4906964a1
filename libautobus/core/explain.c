/*
 * Owns what is remembered of a route's use, and the words for it. Must not decide which route is preferred: that is
 * route.c's order, which the words follow.
 */
#include "core/explain.h"

#include "base/error.h"
#include "core/internal.h"
#include "core/outbound.h"

void ab_experience_init(struct ab_experience *experience)
{
    *experience = (struct ab_experience){.tried = -1, .failed = -1, .round_trip = -1};
}

/* ---- What connections tell */

static struct ab_experience *experience_of(const struct ab_outbound *connection)
{
    struct ab_route *route = connection->route;

    if (!route && connection->service)
        route = ab_directory_route(connection->stream.engine, &connection->stream.address, connection->service->data);
    return route ? &route->experience : NULL;
}

void ab_experience_tried(const struct ab_outbound *connection)
{
    struct ab_experience *experience = experience_of(connection);

    if (experience)
        experience->tried = connection->stream.engine->now;
}

void ab_experience_failed(const struct ab_outbound *connection, int code)
{
    struct ab_experience *experience = code == AB_ENOMEM ? NULL : experience_of(connection);

    if (!experience)
        return;
    experience->failed = connection->stream.engine->now;
    experience->code = code;
}

void ab_experience_outrun(const struct ab_outbound *connection)
{
    struct ab_experience *experience = experience_of(connection);

    if (experience)
        experience->outrun = true;
}

void ab_experience_bound(const struct ab_outbound *connection)
{
    struct ab_experience *experience = experience_of(connection);

    if (!experience)
        return;
    experience->failed = -1;
    experience->outrun = false;
}

void ab_experience_measured(const struct ab_outbound *connection, ab_time round_trip)
{
    struct ab_experience *experience = experience_of(connection);

    if (experience)
        experience->round_trip = round_trip;
}

/* ---- Words */

static bool is_loopback(const struct ab_route *route)
{
    return ab_address_is_loopback(&route->node->address);
}

static bool others_failed(const struct ab_route *route)
{
    AB_LIST_EACH (each, &route->found->routes) {
        const struct ab_route *other = AB_CONTAINER(each, struct ab_route, found_node);

        if (other != route && other->experience.failed < 0)
            return false;
    }
    return true;
}

static const char *why_preferred(const struct ab_route *route)
{
    if (route->found->route_count == 1)
        return "only";
    if (is_loopback(route))
        return "loopback";
    if (route->answered >= 0)
        return "answered_last";
    return others_failed(route) ? "others_failed" : "lowest";
}

static const char *why_passed_over(const struct ab_route *route, const struct ab_route *preferred)
{
    const struct ab_experience *experience = &route->experience;

    if (experience->failed >= 0)
        return "failed";
    if (is_loopback(preferred) && !is_loopback(route))
        return "not_loopback";
    if (experience->outrun)
        return "slower";
    if (route->answered >= 0)
        return "answered_earlier";
    return experience->tried >= 0 ? "no_answer" : "never_tried";
}

static const char *failure(int code)
{
    switch (code) {
    case AB_ENETWORK: return "unreachable";
    case AB_ETIMEDOUT: return "timeout";
    case AB_EREMOTE: return "rejected";
    case AB_EPROTOCOL: return "protocol";
    default: return "lost";
    }
}

/* ---- Keys */

static json_t *age(const struct ab_engine *engine, ab_time when)
{
    return when < 0 ? json_null() : json_integer((engine->now - when) / AB_MILLISECOND);
}

static json_int_t count_live(const struct ab_route *route)
{
    json_int_t count = 0;

    AB_LIST_EACH (each, &route->live) {
        count++;
    }
    return count;
}

static bool is_local(const struct ab_route *route)
{
    const struct ab_engine *engine = route->found->engine;

    AB_LIST_EACH (each, &route->live) {
        const struct ab_outbound *connection = AB_CONTAINER(each, struct ab_outbound, route_node);

        if (engine->host->is_local(engine->context, connection->stream.id.number))
            return true;
    }
    return false;
}

static json_t *milliseconds(ab_time time)
{
    return time < 0 ? json_null() : json_real((double)time / (double)AB_MILLISECOND);
}

int ab_route_explain(const struct ab_route *route, json_t *entry)
{
    const struct ab_engine *engine = route->found->engine;
    const struct ab_experience *experience = &route->experience;
    const struct ab_route *preferred = ab_found_preferred(route->found);
    const char *reason = route == preferred ? why_preferred(route) : why_passed_over(route, preferred);
    bool failed = experience->failed >= 0;

    if (json_object_set_new(entry, "heard_ms", age(engine, route->heard)) < 0 ||
        json_object_set_new(entry, "tried_ms", age(engine, experience->tried)) < 0 ||
        json_object_set_new(entry, "answered_ms", age(engine, route->answered)) < 0 ||
        json_object_set_new(entry, "failed_ms", age(engine, experience->failed)) < 0 ||
        json_object_set_new(entry, "failure", failed ? json_string(failure(experience->code)) : json_null()) < 0 ||
        json_object_set_new(entry, "round_trip_ms", milliseconds(experience->round_trip)) < 0 ||
        json_object_set_new(entry, "in_use", json_integer(count_live(route))) < 0 ||
        json_object_set_new(entry, "local", json_boolean(is_local(route))) < 0 ||
        json_object_set_new(entry, "reason", json_string(reason)) < 0)
        return AB_ENOMEM;
    return 0;
}

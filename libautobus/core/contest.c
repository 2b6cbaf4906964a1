/*
 * Owns which services two hosts say different things of, what the later one says, and how often the routes of the first
 * are asked for it. Must not know what a probe is, nor what makes a route go.
 *
 * Invariant: a service has at most one contest. That keeps its place for its whole time, however it ends, so at most
 * AB_CONTESTS_MOST services are asked after in that time; it takes no memory but the infos.
 */
#include "core/contest.h"

#include <string.h>

#include "core/internal.h"
#include "core/outbound.h"

#define LASTS     (15 * AB_SECOND) /* longer than a probe that is not answered */
#define LATELY    (10 * AB_SECOND) /* who has answered since then need not be asked */
#define FROM_HOST (AB_CONTESTS_MOST / 2)
#define ASKED     4 /* routes at once, of those that a service may have */

static struct ab_contest *find(struct ab_contests *contests, const char *service)
{
    for (size_t i = 0; i < contests->count; i++) {
        if (strcmp(contests->all[i].service->data, service) == 0)
            return &contests->all[i];
    }
    return NULL;
}

static void settle(struct ab_contest *contest)
{
    json_decref(contest->info);
    contest->info = NULL;
}

static void take_away(struct ab_contests *contests, struct ab_contest *one)
{
    settle(one);
    ab_text_unref(one->service);
    *one = contests->all[--contests->count];
}

/* NULL: there is no place, in all or for that host. */
static struct ab_contest *get_place(struct ab_engine *engine, const struct ab_address *at)
{
    struct ab_contests *contests = &engine->contests;
    size_t from_host = 0;

    for (size_t i = contests->count; i-- > 0;) {
        if (contests->all[i].until <= engine->now)
            take_away(contests, &contests->all[i]);
        else
            from_host += ab_address_same_host(&contests->all[i].at, at);
    }
    if (contests->count == AB_CONTESTS_MOST || from_host == FROM_HOST)
        return NULL;
    return &contests->all[contests->count++];
}

static void refresh(struct ab_contest *contest, struct ab_discoverer *by, const struct ab_address *at, json_t *info)
{
    bool repeats = by->kind == AB_DISCOVERER_HEARSAY; /* who reports once is told that it was refused */

    settle(contest);
    contest->at = *at;
    contest->by = by;
    contest->info = repeats ? json_incref(info) : NULL;
}

/* ---- Asking */

static bool is_asked(const struct ab_route *route)
{
    ab_time now = route->found->engine->now;

    return route->steady == 0 && (route->answered < 0 || now - route->answered >= LATELY);
}

static void ask(struct ab_route *route)
{
    AB_LIST_EACH (each, &route->live) {
        ab_outbound_doubt(AB_CONTAINER(each, struct ab_outbound, route_node));
    }
    ab_prober_probe(route->found->engine, route, true);
}

/* Those of the host whose info holds, or the others; not those of the host that says otherwise. */
static size_t ask_routes(struct ab_found *found, const struct ab_address *at, bool of_teller, size_t most)
{
    size_t asked = 0;

    AB_LIST_EACH (each, &found->routes) {
        struct ab_route *route = AB_CONTAINER(each, struct ab_route, found_node);
        const struct ab_address *there = &route->node->address;

        if (asked == most)
            break;
        if (ab_address_same_host(there, &found->teller) != of_teller || ab_address_same_host(there, at) ||
            !is_asked(route))
            continue;
        ask(route);
        asked++;
    }
    return asked;
}

void ab_contest_begin(struct ab_found *found, struct ab_discoverer *by, const struct ab_address *at, json_t *info)
{
    struct ab_engine *engine = found->engine;
    struct ab_contest *contest = find(&engine->contests, found->id->data);
    size_t asked;

    if (contest && contest->until > engine->now) {
        if (!contest->info || ab_address_equal(&contest->at, at))
            refresh(contest, by, at, info);
        return;
    }
    contest = get_place(engine, at); /* its own is over, and taken away by that */
    if (!contest)
        return;
    *contest = (struct ab_contest){.service = ab_text_ref(found->id), .until = engine->now + LASTS};
    refresh(contest, by, at, info);
    asked = ask_routes(found, at, true, ASKED);
    asked += ask_routes(found, at, false, ASKED - asked);
    if (asked == 0)
        take_away(&engine->contests, contest);
}

/* ---- What comes of it */

static bool is_won(struct ab_engine *engine, const struct ab_contest *contest)
{
    struct ab_found *found = ab_directory_find(engine, contest->service->data);

    return contest->info && contest->until > engine->now &&
           (!found || !ab_found_refuses(found, &contest->at, contest->info));
}

static void on_review(struct ab_timer *timer)
{
    struct ab_engine *engine = AB_CONTAINER(timer, struct ab_engine, contests.review);
    struct ab_contests *contests = &engine->contests;

    for (size_t i = 0; i < contests->count; i++) {
        struct ab_contest *contest = &contests->all[i];
        json_t *info = contest->info;

        if (!is_won(engine, contest))
            continue;
        contest->info = NULL;
        ab_discoverer_report(contest->by, engine->now, &contest->at, contest->service->data, info);
        json_decref(info);
    }
}

void ab_contests_review(struct ab_engine *engine)
{
    if (engine->contests.count > 0)
        ab_engine_arm(engine, &engine->contests.review, 0);
}

void ab_contests_withdraw(struct ab_discoverer *by, const struct ab_address *at, const char *service)
{
    struct ab_contests *contests = &by->engine->contests;

    for (size_t i = 0; i < contests->count; i++) {
        struct ab_contest *contest = &contests->all[i];

        if (contest->by != by || (at && !ab_address_equal(&contest->at, at)) ||
            (service && strcmp(contest->service->data, service) != 0))
            continue;
        settle(contest);
    }
}

/* ---- Life */

void ab_contests_init(struct ab_engine *engine)
{
    ab_timer_init(&engine->contests.review, on_review);
}

void ab_contests_deinit(struct ab_engine *engine)
{
    struct ab_contests *contests = &engine->contests;

    ab_engine_disarm(engine, &contests->review);
    while (contests->count > 0)
        take_away(contests, &contests->all[contests->count - 1]);
}

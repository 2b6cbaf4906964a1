/*
 * Owns calls to all services of a proxy of many: whom they ask, when they end. How one service is asked is a call's and
 * not known here.
 *
 * Invariants: a gather is in multiple->gathers until it completes; it completes exactly once, by the notice that is part
 * of it, after the notices of all its parts, and is freed with that. No service is asked twice, also when it was gone
 * meanwhile and is a new member: a gather remembers whom it has asked. The end of one makes room for calls of others, which
 * may end by that: so walks over gathers take them off a list that is moved aside.
 */
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "core/multiple_internal.h"
#include "core/outbound.h"
#include "core/remote_internal.h"

struct ab_gather {
    struct ab_list node;
    struct ab_multiple *multiple;
    struct ab_notice notice;
    char *name; /* NULL: it waits for a service to be bound */
    struct ab_text *args;
    unsigned flags;
    size_t count;
    ab_time quiet;
    ab_time until;
    struct ab_timer deadline;
    struct ab_timer silence;
    struct ab_list parts;  /* struct ab_part.node: that have not completed */
    struct ab_part *fresh; /* of a new member: it is not started before all gathers have theirs */
    struct ab_map asked;   /* struct asked.node, by id */
    size_t results;
    bool busy; /* parts are being started or ended: it does not end by that */
    bool completed;
};

/* A service that a gather has asked. */
struct asked {
    struct ab_map_node node;
    struct ab_text *id;
};

static void forget(struct ab_gather *gather, struct ab_map_node *node)
{
    struct asked *asked = AB_CONTAINER(node, struct asked, node);

    ab_map_remove(&gather->asked, node);
    ab_text_unref(asked->id);
    ab_free(asked);
}

static void gather_free(struct ab_gather *gather)
{
    AB_MAP_EACH (each, &gather->asked) {
        forget(gather, each);
    }
    ab_map_deinit(&gather->asked);
    ab_free(gather->name);
    ab_text_unref(gather->args);
    ab_free(gather);
}

static void released(struct ab_notice *notice)
{
    gather_free(AB_CONTAINER(notice, struct ab_gather, notice));
}

static bool only_bound(const struct ab_gather *gather)
{
    return gather->flags & AB_CALL_BOUND_ONLY;
}

/* ---- The end */

static void drop_parts(struct ab_gather *gather)
{
    while (!ab_list_empty(&gather->parts))
        ab_part_cancel(AB_CONTAINER(gather->parts.next, struct ab_part, node));
}

static void retire(struct ab_gather *gather)
{
    struct ab_engine *engine = gather->multiple->engine;

    ab_list_remove(&gather->node);
    ab_engine_disarm(engine, &gather->deadline);
    ab_engine_disarm(engine, &gather->silence);
    drop_parts(gather);
}

static void complete(struct ab_gather *gather, int code, const char *text)
{
    gather->completed = true;
    retire(gather);
    gather->notice.code = code;
    if (text)
        gather->notice.error_text = ab_strdup(text);
    ab_engine_emit(gather->multiple->engine, &gather->notice);
}

static bool is_answered(const struct ab_gather *gather)
{
    return gather->asked.count > 0 && ab_list_empty(&gather->parts) &&
           (only_bound(gather) || gather->multiple->engine->settling.settled);
}

static void review(struct ab_gather *gather)
{
    if (gather->busy || gather->completed || !gather->name)
        return;
    if ((gather->count > 0 && gather->results >= gather->count) || is_answered(gather))
        complete(gather, 0, NULL);
}

/* Nobody is waited for any longer. */
static void end(struct ab_gather *gather)
{
    gather->busy = true;
    while (!ab_list_empty(&gather->parts))
        ab_part_fail(AB_CONTAINER(gather->parts.next, struct ab_part, node), AB_ETIMEDOUT);
    if (gather->asked.count > 0)
        complete(gather, 0, NULL);
    else
        complete(gather, AB_ETIMEDOUT, "no service was found in time");
}

static void on_deadline(struct ab_timer *timer)
{
    end(AB_CONTAINER(timer, struct ab_gather, deadline));
}

static void on_silence(struct ab_timer *timer)
{
    end(AB_CONTAINER(timer, struct ab_gather, silence));
}

void ab_part_completed(struct ab_part *part, int code)
{
    struct ab_gather *gather = part->gather;

    ab_list_remove(&part->node);
    if (code == 0)
        gather->results++;
    if (gather->quiet > 0 && !gather->completed)
        ab_engine_arm(gather->multiple->engine, &gather->silence, gather->quiet);
    review(gather);
}

/* ---- Whom it asks */

static struct ab_map_node *find_asked(const struct ab_gather *gather, const struct ab_member *member)
{
    return ab_map_find(&gather->asked, member->id->data, member->id->size);
}

static int remember(struct ab_gather *gather, const struct ab_member *member)
{
    struct asked *asked = ab_calloc(1, sizeof(*asked));

    if (!asked)
        return AB_ENOMEM;
    asked->id = ab_text_ref(member->id);
    return ab_map_insert(&gather->asked, &asked->node, asked->id->data, asked->id->size);
}

/* The part is the last of its parts, and asks nothing yet. */
static int add_part(struct ab_gather *gather, struct ab_member *member)
{
    struct ab_part *part = ab_part_new(gather, member->remote, gather->flags, gather->until, gather->notice.target);

    if (!part)
        return AB_ENOMEM;
    ab_list_append(&gather->parts, &part->node);
    if (remember(gather, member) == 0)
        return 0;
    ab_part_cancel(part);
    return AB_ENOMEM;
}

static struct ab_part *last_part(const struct ab_gather *gather)
{
    return AB_CONTAINER(gather->parts.prev, struct ab_part, node);
}

static bool asks_newcomer(const struct ab_gather *gather, const struct ab_member *member)
{
    return gather->name && !only_bound(gather) && !find_asked(gather, member);
}

static void drop_fresh_parts(struct ab_multiple *multiple, const struct ab_member *member)
{
    AB_LIST_EACH (each, &multiple->gathers) {
        struct ab_gather *gather = AB_CONTAINER(each, struct ab_gather, node);

        if (!gather->fresh)
            continue;
        ab_part_cancel(gather->fresh);
        gather->fresh = NULL;
        forget(gather, find_asked(gather, member));
    }
}

static int add_fresh_parts(struct ab_multiple *multiple, struct ab_member *member)
{
    AB_LIST_EACH (each, &multiple->gathers) {
        struct ab_gather *gather = AB_CONTAINER(each, struct ab_gather, node);

        if (!asks_newcomer(gather, member))
            continue;
        if (add_part(gather, member) < 0) {
            drop_fresh_parts(multiple, member);
            return AB_ENOMEM;
        }
        gather->fresh = last_part(gather);
    }
    return 0;
}

static void start_fresh_part(struct ab_gather *gather)
{
    struct ab_part *part = gather->fresh;

    gather->fresh = NULL;
    if (part)
        ab_part_start(part, gather->name, gather->args, gather->flags);
}

/* The next of a walk over all, which puts each back before it does anything to it. */
static struct ab_gather *next_of(struct ab_multiple *multiple, struct ab_list *rest)
{
    struct ab_list *node = ab_list_take(rest);

    if (!node)
        return NULL;
    ab_list_append(&multiple->gathers, node);
    return AB_CONTAINER(node, struct ab_gather, node);
}

static void begin_walk(struct ab_multiple *multiple, struct ab_list *rest)
{
    ab_list_init(rest);
    ab_list_splice(rest, &multiple->gathers);
}

int ab_gathers_ask(struct ab_multiple *multiple, struct ab_member *member)
{
    struct ab_gather *gather;
    struct ab_list rest;

    if (add_fresh_parts(multiple, member) < 0)
        return AB_ENOMEM;
    begin_walk(multiple, &rest);
    while ((gather = next_of(multiple, &rest)))
        start_fresh_part(gather);
    return 0;
}

/* One that was asked is not asked again: only who has found nobody yet asks whoever comes back. */
void ab_gathers_bound(struct ab_multiple *multiple, struct ab_member *member)
{
    struct ab_gather *gather;
    struct ab_list rest;

    begin_walk(multiple, &rest);
    while ((gather = next_of(multiple, &rest))) {
        if (!gather->name)
            complete(gather, 0, NULL);
        else if (gather->asked.count > 0 || only_bound(gather))
            continue;
        else if (add_part(gather, member) < 0)
            ab_outbound_doom(member->remote->bound);
        else
            ab_part_start(last_part(gather), gather->name, gather->args, gather->flags);
    }
}

void ab_gathers_settled(struct ab_multiple *multiple)
{
    struct ab_gather *gather;
    struct ab_list rest;

    begin_walk(multiple, &rest);
    while ((gather = next_of(multiple, &rest)))
        review(gather);
}

void ab_gathers_end(struct ab_multiple *multiple, int code, const char *text)
{
    while (!ab_list_empty(&multiple->gathers))
        complete(AB_CONTAINER(multiple->gathers.next, struct ab_gather, node), code, text);
}

/* ---- Starting */

static struct ab_gather *gather_new(struct ab_multiple *multiple, const char *name, struct ab_text *args,
                                    unsigned flags, const struct ab_gather_rule *rule, void *target)
{
    struct ab_gather *gather = ab_calloc(1, sizeof(*gather));

    if (!gather)
        return NULL;
    gather->multiple = multiple;
    gather->name = ab_strdup(name);
    gather->args = args ? ab_text_keep(args) : NULL;
    if ((name && !gather->name) || (args && !gather->args)) {
        ab_free(gather->name);
        ab_text_unref(gather->args);
        ab_free(gather);
        return NULL;
    }
    gather->flags = flags;
    gather->count = rule->count;
    gather->quiet = rule->quiet;
    gather->until = rule->deadline;
    ab_list_init(&gather->node);
    ab_list_init(&gather->parts);
    ab_map_init(&gather->asked, multiple->members.seed);
    ab_timer_init(&gather->deadline, on_deadline);
    ab_timer_init(&gather->silence, on_silence);
    ab_notice_init(&gather->notice, AB_NOTICE_COMPLETION, target);
    gather->notice.release = released;
    return gather;
}

/* One that does not let us in says so each time that it is asked. */
static bool is_asked(const struct ab_gather *gather, const struct ab_member *member)
{
    return ab_member_is_bound(member) || (!only_bound(gather) && (!member->tried || member->remote->shut_out));
}

static int add_parts(struct ab_gather *gather)
{
    AB_MAP_EACH (each, &gather->multiple->members) {
        struct ab_member *member = AB_CONTAINER(each, struct ab_member, node);

        if (is_asked(gather, member) && add_part(gather, member) < 0)
            return AB_ENOMEM;
    }
    return 0;
}

/* It stays whole while parts that fail at once complete. */
static void start(struct ab_gather *gather)
{
    gather->busy = true;
    AB_LIST_EACH_SAFE (each, &gather->parts) {
        ab_part_start(AB_CONTAINER(each, struct ab_part, node), gather->name, gather->args, gather->flags);
    }
    gather->busy = false;
    if (!gather->name && ab_multiple_bound(gather->multiple))
        complete(gather, 0, NULL);
    else
        review(gather);
}

static int may_call(const struct ab_multiple *multiple, const char *name, const struct ab_text *args, unsigned flags)
{
    if (multiple->closed)
        return AB_ECLOSED;
    if ((flags & AB_CALL_BOUND_ONLY) && !ab_multiple_bound(multiple))
        return AB_ENOTBOUND;
    if (name && !ab_call_fits(multiple->engine, name, args))
        return AB_ETOOLARGE;
    return 0;
}

int ab_multiple_call(struct ab_multiple *multiple, ab_time now, const char *name, struct ab_text *args, unsigned flags,
                     const struct ab_gather_rule *rule, void *target, struct ab_gather **ret_gather)
{
    struct ab_engine *engine = multiple->engine;
    struct ab_gather *gather;
    int r;

    ab_engine_enter(engine, now);
    r = may_call(multiple, name, args, flags);
    if (r < 0)
        return r;
    gather = gather_new(multiple, name, args, flags, rule, target);
    if (!gather)
        return AB_ENOMEM;
    if (name && add_parts(gather) < 0) {
        drop_parts(gather);
        gather_free(gather);
        return AB_ENOMEM;
    }
    ab_list_append(&multiple->gathers, &gather->node);
    ab_timer_arm(&engine->timers, &gather->deadline, rule->deadline);
    *ret_gather = gather;
    start(gather);
    return 0;
}

void ab_gather_cancel(struct ab_gather *gather, ab_time now)
{
    ab_engine_enter(gather->multiple->engine, now);
    gather->completed = true;
    retire(gather);
    ab_progress_forget(gather->multiple->engine, gather->notice.target);
    ab_notice_release(&gather->notice);
}

void ab_gather_abort(struct ab_gather *gather, ab_time now)
{
    ab_engine_enter(gather->multiple->engine, now);
    if (!gather->completed)
        complete(gather, AB_ECANCELED, NULL);
}

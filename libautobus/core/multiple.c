/*
 * Owns which services a proxy of many is bound to, and what is listened to and watched on them. How a member finds its
 * service's routes, binds and asks is a remote's and not known here.
 *
 * A member comes whole or not at all: with all that is listened to, watched and being asked, or without memory later.
 * Members go at a review, a moment after the cause, because the remote may be on the stack; and not before what their
 * subscriptions told last has been taken.
 *
 * Invariants: one member a service, at most as many as the limit says; a fan has one strand on each member; a strand is
 * in its fan's and its member's list.
 */
#include "core/multiple.h"

#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "core/multiple_internal.h"
#include "core/outbound.h"
#include "core/remote_internal.h"

#define REVIEW_DELAY ((ab_time)1) /* after this turn, when its notices have been taken */
#define RETRY_DELAY  (1 * AB_SECOND)

/* One subscription on all members. */
struct ab_fan {
    struct ab_list node; /* in multiple->fans */
    struct ab_multiple *multiple;
    enum ab_notice_kind kind;
    char *name;
    void *target;
    struct ab_list strands;
};

/* On one of them. */
struct ab_strand {
    struct ab_list fan_node;
    struct ab_list member_node;
    struct ab_subscription *subscription;
};

/* ---- Strands */

static void strand_free(struct ab_strand *strand, ab_time now)
{
    ab_list_remove(&strand->fan_node);
    ab_list_remove(&strand->member_node);
    ab_subscription_cancel(strand->subscription, now);
    ab_free(strand);
}

static int subscribe(struct ab_fan *fan, struct ab_remote *remote, struct ab_subscription **ret_subscription)
{
    ab_time now = fan->multiple->engine->now;

    switch (fan->kind) {
    case AB_NOTICE_EVENT: return ab_remote_listen(remote, now, fan->name, fan->target, ret_subscription);
    case AB_NOTICE_VALUE: return ab_remote_watch(remote, now, fan->name, fan->target, ret_subscription);
    default: return ab_remote_on_binding(remote, now, fan->target, ret_subscription);
    }
}

static int add_strand(struct ab_fan *fan, struct ab_member *member)
{
    struct ab_strand *strand = ab_calloc(1, sizeof(*strand));
    int r = strand ? subscribe(fan, member->remote, &strand->subscription) : AB_ENOMEM;

    if (r < 0) {
        ab_free(strand);
        return r;
    }
    ab_list_append(&fan->strands, &strand->fan_node);
    ab_list_append(&member->strands, &strand->member_node);
    return 0;
}

/* ---- Members */

static void member_free(struct ab_member *member)
{
    ab_time now = member->multiple->engine->now;

    AB_LIST_EACH_SAFE (each, &member->strands) {
        strand_free(AB_CONTAINER(each, struct ab_strand, member_node), now);
    }
    ab_remote_free(member->remote, now);
    ab_text_unref(member->id);
    ab_free(member);
}

/* Without a remote yet, if there was no memory for it. */
static struct ab_member *member_new(struct ab_multiple *multiple, struct ab_text *id)
{
    struct ab_member *member = ab_calloc(1, sizeof(*member));

    if (!member)
        return NULL;
    member->multiple = multiple;
    member->id = ab_text_ref(id);
    ab_list_init(&member->strands);
    member->remote = ab_remote_new_member(multiple->engine, id, member);
    return member;
}

static int furnish(struct ab_member *member)
{
    struct ab_multiple *multiple = member->multiple;

    if (!member->remote)
        return AB_ENOMEM;
    AB_LIST_EACH (each, &multiple->fans) {
        int r = add_strand(AB_CONTAINER(each, struct ab_fan, node), member);

        if (r < 0)
            return r;
    }
    return ab_gathers_ask(multiple, member);
}

static struct ab_member *find_member(struct ab_multiple *multiple, const struct ab_text *id)
{
    struct ab_map_node *node = ab_map_find(&multiple->members, id->data, id->size);

    return node ? AB_CONTAINER(node, struct ab_member, node) : NULL;
}

bool ab_member_is_bound(const struct ab_member *member)
{
    return ab_remote_bound(member->remote);
}

/* ---- Who is a member */

static void review_soon(struct ab_multiple *multiple)
{
    if (!multiple->closed)
        ab_engine_arm(multiple->engine, &multiple->review, REVIEW_DELAY);
}

/* No room: when a member goes there is some. No memory: soon. */
static void add_member(struct ab_multiple *multiple, const struct ab_found *found)
{
    struct ab_engine *engine = multiple->engine;
    struct ab_member *member;

    if (multiple->members.count >= engine->limits.multiple_services) {
        if (!multiple->incomplete)
            ab_engine_log(engine, AB_LOG_WARNING,
                          "more services match than a proxy of many is bound to; %s is left out", found->id->data);
        multiple->incomplete = true;
        return;
    }
    member = member_new(multiple, found->id);
    if (!member || furnish(member) < 0) {
        if (member)
            member_free(member);
        multiple->incomplete = true;
        if (!ab_timer_armed(&multiple->review))
            ab_engine_arm(engine, &multiple->review, RETRY_DELAY);
        return;
    }
    ab_map_insert(&multiple->members, &member->node, member->id->data, member->id->size);
    ab_remote_found(member->remote, found);
}

/* Adds a service that matches, and has one that does not match reviewed. `news`: where it is may be new too. */
static void consider(struct ab_multiple *multiple, const struct ab_found *found, bool news)
{
    struct ab_member *member = find_member(multiple, found->id);
    bool matches = ab_filter_match(multiple->filter, found->view);

    if (multiple->closed)
        return;
    if (member && !matches)
        review_soon(multiple);
    else if (member && news)
        ab_remote_found(member->remote, found);
    else if (!member && matches)
        add_member(multiple, found);
}

static void add_missing(struct ab_multiple *multiple)
{
    AB_MAP_EACH (each, &multiple->engine->directory.services) {
        consider(multiple, AB_CONTAINER(each, struct ab_found, node), false);
    }
}

static bool is_telling(const struct ab_member *member)
{
    AB_LIST_EACH (each, &member->strands) {
        if (ab_subscription_tells(AB_CONTAINER(each, struct ab_strand, member_node)->subscription))
            return true;
    }
    return false;
}

/* Unbinds a member whose service does not match any more. False: the member stays. */
static bool must_go(struct ab_member *member)
{
    static const struct ab_outbound_loss mismatch = {AB_ENOENT, NULL, "the service does not match any more"};
    struct ab_multiple *multiple = member->multiple;
    struct ab_found *found = ab_directory_find(multiple->engine, member->id->data);

    if (found && ab_filter_match(multiple->filter, found->view))
        return false;
    if (found)
        ab_remote_leave(member->remote, &mismatch);
    return !ab_member_is_bound(member) && ab_list_empty(&member->remote->leaving);
}

static void drop_member(struct ab_member *member)
{
    static const struct ab_outbound_loss gone = {AB_EDISCONNECTED, NULL, "the service is gone"};

    ab_calls_unreachable(member->remote, &gone);
    ab_map_remove(&member->multiple->members, &member->node);
    member_free(member);
}

static void on_review(struct ab_timer *timer)
{
    struct ab_multiple *multiple = AB_CONTAINER(timer, struct ab_multiple, review);
    bool again = false;

    AB_MAP_EACH (each, &multiple->members) {
        struct ab_member *member = AB_CONTAINER(each, struct ab_member, node);

        if (!must_go(member))
            continue;
        if (is_telling(member))
            again = true;
        else
            drop_member(member);
    }
    if (multiple->incomplete) {
        multiple->incomplete = false;
        add_missing(multiple);
    }
    if (again)
        review_soon(multiple);
}

/* ---- What the directory and the remotes tell */

void ab_multiples_found(struct ab_found *found)
{
    AB_LIST_EACH (each, &found->engine->multiples) {
        consider(AB_CONTAINER(each, struct ab_multiple, node), found, true);
    }
}

void ab_multiples_changed(struct ab_found *found)
{
    AB_LIST_EACH (each, &found->engine->multiples) {
        consider(AB_CONTAINER(each, struct ab_multiple, node), found, false);
    }
}

void ab_multiples_gone(struct ab_found *found)
{
    AB_LIST_EACH (each, &found->engine->multiples) {
        struct ab_multiple *multiple = AB_CONTAINER(each, struct ab_multiple, node);

        if (find_member(multiple, found->id))
            review_soon(multiple);
    }
}

void ab_multiples_settled(struct ab_engine *engine)
{
    AB_LIST_EACH (each, &engine->multiples) {
        ab_gathers_settled(AB_CONTAINER(each, struct ab_multiple, node));
    }
}

void ab_member_bound(struct ab_member *member)
{
    member->tried = true;
    ab_gathers_bound(member->multiple, member);
}

void ab_member_lost(struct ab_member *member)
{
    if (!ab_directory_find(member->multiple->engine, member->id->data))
        review_soon(member->multiple);
}

void ab_member_unreachable(struct ab_member *member, const struct ab_outbound_loss *loss)
{
    member->tried = true;
    ab_calls_unreachable(member->remote, loss);
}

/* ---- Life */

int ab_multiple_new(struct ab_engine *engine, ab_time now, struct ab_filter *filter, struct ab_multiple **ret_multiple)
{
    struct ab_multiple *multiple;

    ab_engine_enter(engine, now);
    if (engine->closing)
        return AB_ECLOSED;
    multiple = ab_calloc(1, sizeof(*multiple));
    if (!multiple)
        return AB_ENOMEM;
    multiple->engine = engine;
    multiple->filter = ab_filter_ref(filter);
    ab_map_init(&multiple->members, ab_random_next(&engine->random));
    ab_list_init(&multiple->fans);
    ab_list_init(&multiple->gathers);
    ab_timer_init(&multiple->review, on_review);
    ab_list_append(&engine->multiples, &multiple->node);
    *ret_multiple = multiple;
    add_missing(multiple);
    return 0;
}

void ab_multiple_close(struct ab_multiple *multiple, ab_time now)
{
    ab_engine_enter(multiple->engine, now);
    if (multiple->closed)
        return;
    multiple->closed = true;
    ab_engine_disarm(multiple->engine, &multiple->review);
    ab_gathers_end(multiple, AB_ECLOSED, "closed");
    AB_MAP_EACH (each, &multiple->members) {
        ab_remote_close(AB_CONTAINER(each, struct ab_member, node)->remote, now);
    }
}

void ab_multiples_close(struct ab_engine *engine)
{
    AB_LIST_EACH (each, &engine->multiples) {
        ab_multiple_close(AB_CONTAINER(each, struct ab_multiple, node), engine->now);
    }
}

void ab_multiple_free(struct ab_multiple *multiple, ab_time now)
{
    if (!multiple)
        return;
    ab_multiple_close(multiple, now);
    AB_MAP_EACH (each, &multiple->members) {
        struct ab_member *member = AB_CONTAINER(each, struct ab_member, node);

        ab_map_remove(&multiple->members, &member->node);
        member_free(member);
    }
    ab_map_deinit(&multiple->members);
    ab_list_remove(&multiple->node);
    ab_filter_unref(multiple->filter);
    ab_free(multiple);
}

bool ab_multiple_bound(const struct ab_multiple *multiple)
{
    AB_MAP_EACH (each, &multiple->members) {
        if (ab_member_is_bound(AB_CONTAINER(each, struct ab_member, node)))
            return true;
    }
    return false;
}

/* ---- Notices to all */

int ab_multiple_notice(struct ab_multiple *multiple, ab_time now, const char *name, struct ab_text *args)
{
    struct ab_engine *engine = multiple->engine;
    bool taken = false;
    int failed = AB_ENOTBOUND;

    ab_engine_enter(engine, now);
    if (multiple->closed)
        return AB_ECLOSED;
    AB_MAP_EACH (each, &multiple->members) {
        struct ab_member *member = AB_CONTAINER(each, struct ab_member, node);
        int r = ab_member_is_bound(member) ? ab_remote_notice(member->remote, now, name, args) : AB_ENOTBOUND;

        if (r == 0) {
            taken = true;
        } else if (r != AB_ENOTBOUND) {
            failed = r;
            ab_engine_log(engine, AB_LOG_WARNING, "service %s did not get the notice %s", member->id->data, name);
        }
    }
    return taken ? 0 : failed;
}

/* ---- Subscriptions */

static struct ab_fan *fan_new(struct ab_multiple *multiple, enum ab_notice_kind kind, const char *name, void *target)
{
    struct ab_fan *fan = ab_calloc(1, sizeof(*fan));

    if (!fan)
        return NULL;
    fan->multiple = multiple;
    fan->kind = kind;
    fan->target = target;
    fan->name = ab_strdup(name);
    ab_list_init(&fan->node);
    ab_list_init(&fan->strands);
    if (name && !fan->name) {
        ab_free(fan);
        return NULL;
    }
    return fan;
}

/* A failed subscription has told some already, and blocks of notices are nobody's any more. */
static void forget_notices(struct ab_fan *fan)
{
    AB_LIST_EACH_SAFE (each, &fan->multiple->engine->notices) {
        struct ab_notice *notice = AB_CONTAINER(each, struct ab_notice, node);

        if (notice->kind == fan->kind && notice->target == fan->target)
            ab_notice_release(notice);
    }
}

void ab_fan_cancel(struct ab_fan *fan, ab_time now)
{
    if (!fan)
        return;
    ab_engine_enter(fan->multiple->engine, now);
    forget_notices(fan);
    AB_LIST_EACH_SAFE (each, &fan->strands) {
        strand_free(AB_CONTAINER(each, struct ab_strand, fan_node), now);
    }
    ab_list_remove(&fan->node);
    ab_free(fan->name);
    ab_free(fan);
}

int ab_multiple_subscribe(struct ab_multiple *multiple, ab_time now, enum ab_notice_kind kind, const char *name,
                          void *target, struct ab_fan **ret_fan)
{
    struct ab_fan *fan;

    ab_engine_enter(multiple->engine, now);
    if (multiple->closed)
        return AB_ECLOSED;
    fan = fan_new(multiple, kind, name, target);
    if (!fan)
        return AB_ENOMEM;
    AB_MAP_EACH (each, &multiple->members) {
        int r = add_strand(fan, AB_CONTAINER(each, struct ab_member, node));

        if (r < 0) {
            ab_fan_cancel(fan, now);
            return r;
        }
    }
    ab_list_append(&multiple->fans, &fan->node);
    *ret_fan = fan;
    return 0;
}

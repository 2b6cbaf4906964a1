/*
 * Owns what is listened to and watched on a remote: the wire carries one listen or watch of a name however many wish it;
 * each time the remote binds, all of them are sent again. Must not know how who wishes it is told.
 *
 * Invariants: a wish lives as long as a subscription or a get needs it; `known` holds only while the remote is bound.
 */
#include "core/wish_internal.h"

#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "core/search.h"

/* ---- All of a remote */

struct ab_wishes *ab_wishes_of(struct ab_remote *remote)
{
    struct ab_random *random = &remote->engine->random;
    struct ab_wishes *wishes = remote->wishes;

    if (wishes)
        return wishes;
    wishes = ab_malloc(sizeof(*wishes));
    if (!wishes)
        return NULL;
    ab_map_init(&wishes->listens, ab_random_next(random));
    ab_map_init(&wishes->watches, ab_random_next(random));
    ab_list_init(&wishes->bindings);
    ab_list_init(&wishes->ends);
    remote->wishes = wishes;
    return wishes;
}

void ab_wishes_free(struct ab_remote *remote)
{
    if (!remote->wishes)
        return;
    ab_map_deinit(&remote->wishes->listens);
    ab_map_deinit(&remote->wishes->watches);
    ab_free(remote->wishes);
}

static struct ab_map *map_of(const struct ab_remote *remote, bool watch)
{
    return watch ? &remote->wishes->watches : &remote->wishes->listens;
}

static struct ab_wish *find(const struct ab_remote *remote, bool watch, const char *name)
{
    struct ab_map_node *node = remote->wishes ? ab_map_find_text(map_of(remote, watch), name) : NULL;

    return node ? AB_CONTAINER(node, struct ab_wish, node) : NULL;
}

/* ---- What is known */

static void tell_known(struct ab_subscription *subscription)
{
    struct ab_wish *wish = subscription->wish;
    struct ab_value copy = AB_VALUE_ABSENT;

    if (ab_value_share(&wish->value, &copy) < 0)
        ab_outbound_doom(wish->remote->bound);
    else
        ab_subscription_tell_value(subscription, copy, wish->remote->service);
}

static void tell_all_known(struct ab_wish *wish)
{
    wish->walking = true;
    AB_LIST_EACH (each, &wish->subscriptions) {
        tell_known(AB_CONTAINER(each, struct ab_subscription, node));
    }
    ab_gets_answer(&wish->gets, &wish->value);
    wish->walking = false;
    ab_wish_settle(wish);
}

/* ---- Refusals */

/* Whoever wishes it from now on asks again. */
static void refused(struct ab_wish *wish, int code, const char *type, const char *text)
{
    wish->sent = false;
    wish->walking = true;
    AB_LIST_EACH_SAFE (each, &wish->subscriptions) {
        ab_subscription_tell_refusal(AB_CONTAINER(each, struct ab_subscription, node), code, type, text);
    }
    ab_gets_fail(&wish->gets, code, type, text);
    wish->walking = false;
    ab_wish_settle(wish);
}

static void refuse_all(struct ab_map *map, const struct ab_outbound_loss *loss)
{
    AB_MAP_EACH (each, map) {
        refused(AB_CONTAINER(each, struct ab_wish, node), loss->code, loss->type, loss->text);
    }
}

void ab_wishes_refused(struct ab_remote *remote, const struct ab_outbound_loss *loss)
{
    if (!remote->wishes)
        return;
    refuse_all(&remote->wishes->listens, loss);
    refuse_all(&remote->wishes->watches, loss);
}

/* ---- The wire */

static enum ab_command begin_command(const struct ab_wish *wish)
{
    return wish->watch ? AB_COMMAND_WATCH : AB_COMMAND_LISTEN;
}

static enum ab_command end_command(const struct ab_wish *wish)
{
    return wish->watch ? AB_COMMAND_UNWATCH : AB_COMMAND_UNLISTEN;
}

static void send_wish(struct ab_wish *wish)
{
    struct ab_remote *remote = wish->remote;
    struct ab_buffer *out = ab_engine_scratch(remote->engine);
    uint64_t id = ab_outbound_next_id(remote->bound);
    int r = ab_message_write_named(out, id, begin_command(wish), wish->name->data);

    if (r < 0 || ab_outbound_write(remote->bound, out) < 0) {
        ab_outbound_doom(remote->bound);
        return;
    }
    wish->sent = true;
    ab_remote_expect(remote, &wish->pending, id);
}

/* As a notice: legacy never answers unlisten, and what the answer to unwatch says is known. */
static void send_end(struct ab_wish *wish)
{
    struct ab_remote *remote = wish->remote;
    struct ab_buffer *out = ab_engine_scratch(remote->engine);

    if (ab_message_write_named(out, 0, end_command(wish), wish->name->data) < 0 ||
        ab_outbound_write(remote->bound, out) < 0)
        ab_outbound_doom(remote->bound);
}

static bool speaks_exists(const struct ab_remote *remote)
{
    return remote->bound->extensions & AB_EXTENSION_EXISTS;
}

static int set_known(struct ab_wish *wish, struct ab_value *value)
{
    if (ab_value_present(value) && ab_value_encode(value) < 0)
        return AB_ENOMEM;
    ab_value_deinit(&wish->value);
    wish->value = ab_value_move(value);
    wish->known = true;
    return 0;
}

static void log_refusal(const struct ab_wish *wish, const char *text)
{
    ab_engine_log(wish->remote->engine, AB_LOG_WARNING, "%s %s cannot be %s: %s", wish->watch ? "object" : "event",
                  wish->name->data, wish->watch ? "watched" : "listened to", text ? text : "no reason was given");
}

/* The response to watch or listen. */
static void answered(struct ab_pending *pending, struct ab_message *message)
{
    struct ab_wish *wish = AB_CONTAINER(pending, struct ab_wish, pending);
    struct ab_remote *remote = wish->remote;

    if (message->problem || message->failed)
        log_refusal(wish, message->problem ? message->reason : message->error_text);
    if (message->failed && !message->problem) {
        refused(wish, AB_EREMOTE, message->error_type, message->error_text);
        return;
    }
    if (!wish->watch)
        return;
    if (message->problem)
        ab_gets_fail(&wish->gets, AB_EPROTOCOL, NULL, message->reason);
    wish->repeat = !speaks_exists(remote);
    if (set_known(wish, &message->value) < 0)
        ab_outbound_doom(remote->bound);
    else
        tell_all_known(wish);
}

void ab_wish_changed(struct ab_remote *remote, struct ab_message *message)
{
    struct ab_wish *wish = find(remote, true, message->name);
    bool repeated;

    /* What comes before the response to watch is of an earlier watch (legacy answers unwatch with `changed`). */
    if (!wish || !wish->known)
        return;
    remote->engine->counters.values_heard++;
    repeated = wish->repeat && ab_value_equal(&wish->value, &message->value);
    wish->repeat = false;
    if (repeated)
        return;
    /* A peer that does not know `exists` says null when the object is gone. */
    if (!speaks_exists(remote) && json_is_null(message->value.json)) {
        ab_value_deinit(&message->value);
        if (!ab_value_present(&wish->value))
            return;
    }
    if (set_known(wish, &message->value) < 0)
        ab_outbound_doom(remote->bound);
    else
        tell_all_known(wish);
}

/* ---- Events */

void ab_wish_fired(struct ab_remote *remote, struct ab_message *message)
{
    struct ab_wish *wish = find(remote, false, message->name);

    if (!wish)
        return;
    remote->engine->counters.events_heard++;
    wish->walking = true;
    AB_LIST_EACH_SAFE (each, &wish->subscriptions) {
        ab_subscription_tell_event(AB_CONTAINER(each, struct ab_subscription, node), &message->value,
                                   each_next == &wish->subscriptions);
    }
    wish->walking = false;
    ab_wish_settle(wish);
}

/* ---- Wishes */

static struct ab_wish *wish_new(struct ab_remote *remote, bool watch, const char *name)
{
    struct ab_wish *wish = ab_wishes_of(remote) ? ab_calloc(1, sizeof(*wish)) : NULL;

    if (!wish)
        return NULL;
    wish->name = ab_text_new(name, strlen(name));
    if (!wish->name) {
        ab_free(wish);
        return NULL;
    }
    wish->remote = remote;
    wish->watch = watch;
    wish->pending.answered = answered;
    ab_list_init(&wish->subscriptions);
    ab_list_init(&wish->gets);
    ab_map_insert(map_of(remote, watch), &wish->node, wish->name->data, wish->name->size);
    return wish;
}

struct ab_wish *ab_wish_of(struct ab_remote *remote, bool watch, const char *name)
{
    struct ab_wish *wish = find(remote, watch, name);

    return wish ? wish : wish_new(remote, watch, name);
}

static void forget_answer(struct ab_wish *wish)
{
    ab_remote_expect_no_more(wish->remote, &wish->pending);
    ab_value_deinit(&wish->value);
    wish->sent = false;
    wish->known = false;
    wish->repeat = false;
}

void ab_wish_settle(struct ab_wish *wish)
{
    struct ab_remote *remote = wish->remote;

    if (wish->walking || !ab_list_empty(&wish->subscriptions) || !ab_list_empty(&wish->gets))
        return;
    if (wish->sent && remote->state == AB_REMOTE_BOUND)
        send_end(wish);
    forget_answer(wish);
    ab_map_remove(map_of(remote, wish->watch), &wish->node);
    ab_text_unref(wish->name);
    ab_free(wish);
}

static void bring_up(struct ab_wish *wish)
{
    if (wish->remote->state == AB_REMOTE_BOUND && !wish->sent)
        send_wish(wish);
    else
        ab_search_ask_again(wish->remote);
}

void ab_wish_joined(struct ab_wish *wish, struct ab_subscription *subscription)
{
    subscription->wish = wish;
    ab_list_append(&wish->subscriptions, &subscription->node);
    if (wish->known)
        tell_known(subscription);
    else
        bring_up(wish);
}

int ab_wish_get(struct ab_remote *remote, const char *name, struct ab_list *get, struct ab_wish **ret_wish)
{
    struct ab_wish *wish = ab_wish_of(remote, true, name);

    if (!wish)
        return AB_ENOMEM;
    *ret_wish = wish;
    ab_list_append(&wish->gets, get);
    if (wish->known)
        ab_gets_answer(&wish->gets, &wish->value);
    else
        bring_up(wish);
    return 0;
}

/* ---- What the remote tells */

void ab_wishes_bound(struct ab_remote *remote)
{
    if (!remote->wishes)
        return;
    AB_MAP_EACH (listen, &remote->wishes->listens) {
        bring_up(AB_CONTAINER(listen, struct ab_wish, node));
    }
    AB_MAP_EACH (watch, &remote->wishes->watches) {
        bring_up(AB_CONTAINER(watch, struct ab_wish, node));
    }
}

/* The next binding may refuse it anew. */
static void forget_refusals(struct ab_wish *wish)
{
    AB_LIST_EACH (each, &wish->subscriptions) {
        AB_CONTAINER(each, struct ab_subscription, node)->refused = false;
    }
}

static void tell_absence(struct ab_wish *wish)
{
    AB_LIST_EACH (each, &wish->subscriptions) {
        struct ab_subscription *subscription = AB_CONTAINER(each, struct ab_subscription, node);

        if (subscription->present)
            ab_subscription_tell_value(subscription, AB_VALUE_ABSENT,
                                       wish->remote->member ? wish->remote->service : NULL);
    }
}

void ab_wishes_unbound(struct ab_remote *remote)
{
    if (!remote->wishes)
        return;
    AB_MAP_EACH (listen, &remote->wishes->listens) {
        struct ab_wish *wish = AB_CONTAINER(listen, struct ab_wish, node);

        forget_answer(wish);
        forget_refusals(wish);
    }
    AB_MAP_EACH (watch, &remote->wishes->watches) {
        struct ab_wish *wish = AB_CONTAINER(watch, struct ab_wish, node);

        forget_answer(wish);
        forget_refusals(wish);
        tell_absence(wish);
    }
}

void ab_wishes_end(struct ab_remote *remote, int code, const char *type, const char *text)
{
    if (!remote->wishes)
        return;
    AB_MAP_EACH (watch, &remote->wishes->watches) {
        struct ab_wish *wish = AB_CONTAINER(watch, struct ab_wish, node);

        ab_gets_fail(&wish->gets, code, type, text);
        ab_wish_settle(wish);
    }
}

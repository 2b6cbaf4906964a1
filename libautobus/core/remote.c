/*
 * Owns how a remote finds its service, binds, and binds again. Calls and subscriptions are told; what they do is theirs.
 *
 * A round tries the candidates in order, the next 100 ms after the last or as soon as one fails (RFC 8305). The first
 * that connects binds, the others are held back until it is bound and then closed; one that does not answer in a second
 * gives way to the next that is connected. A round without success is followed by the next after a growing time. A new
 * service or route that matches joins the round, or begins one at once.
 *
 * Invariants: `bound` is there exactly in AB_REMOTE_BOUND; there are attempts only in AB_REMOTE_SEEKING; in
 * AB_REMOTE_OVER there is neither connection nor timer, and `reason` says why.
 */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "core/access.h"
#include "core/explain.h"
#include "core/multiple_internal.h"
#include "core/remote_internal.h"
#include "wire/json.h"

#define STAGGER       (100 * AB_MILLISECOND)
#define CONNECT_TIME  (10 * AB_SECOND)
#define STEADY        (5 * AB_SECOND) /* a binding that lasted this long owes no backoff */
#define BIND_PATIENCE (1 * AB_SECOND) /* for an answer to bind while another connection stands ready */

struct ab_attempt {
    struct ab_list node; /* in remote->attempts */
    struct ab_remote *remote;
    struct ab_outbound *connection;
};

static void try_next(struct ab_remote *remote);
static void seek(struct ab_remote *remote);

/* ---- Pending answers */

void ab_remote_expect(struct ab_remote *remote, struct ab_pending *pending, uint64_t id)
{
    pending->key = (struct ab_pending_key){remote->bound->stream.id, id};
    ab_map_insert(&remote->pending, &pending->node, &pending->key, sizeof(pending->key));
}

void ab_remote_expect_no_more(struct ab_remote *remote, struct ab_pending *pending)
{
    if (pending->key.id)
        ab_map_remove(&remote->pending, &pending->node);
    pending->key.id = 0;
}

/* What nobody waits for is ignored (PROTOCOL section 2). */
static struct ab_pending *find_pending(struct ab_remote *remote, const struct ab_outbound *connection,
                                       const struct ab_text *own_id)
{
    struct ab_pending_key key = {.stream = connection->stream.id};
    struct ab_map_node *node;

    if (!ab_message_own_id(own_id, &key.id))
        return NULL;
    node = ab_map_find(&remote->pending, &key, sizeof(key));
    return node ? AB_CONTAINER(node, struct ab_pending, node) : NULL;
}

void ab_remote_answered(struct ab_remote *remote, const struct ab_outbound *connection, struct ab_message *message)
{
    struct ab_pending *pending = find_pending(remote, connection, message->id);

    if (!pending)
        return;
    ab_remote_expect_no_more(remote, pending);
    pending->answered(pending, message);
}

void ab_remote_progressed(struct ab_remote *remote, const struct ab_outbound *connection, struct ab_message *message)
{
    struct ab_pending *pending = find_pending(remote, connection, message->call);

    if (pending && pending->progress)
        pending->progress(pending, message);
}

/* ---- The end of a remote */

static void set_info(struct ab_remote *remote, struct ab_text *text)
{
    ab_value_deinit(&remote->info);
    remote->info.text = text;
}

static void end_attempts(struct ab_remote *remote)
{
    struct ab_list *each;

    ab_engine_disarm(remote->engine, &remote->stagger);
    ab_engine_disarm(remote->engine, &remote->patience);
    while ((each = ab_list_take(&remote->attempts))) {
        struct ab_attempt *attempt = AB_CONTAINER(each, struct ab_attempt, node);

        ab_outbound_close(attempt->connection, AB_CLOSE_NOW);
        ab_free(attempt);
    }
    ab_candidates_drop(&remote->candidates);
}

/* What was sent has ended before, or is still answered by a service that closes. */
static void end(struct ab_remote *remote, int code, const char *type, const char *text)
{
    remote->state = AB_REMOTE_OVER;
    remote->reason = code;
    remote->reason_type = ab_strdup(type);
    remote->reason_text = ab_strdup(text);
    end_attempts(remote);
    ab_engine_disarm(remote->engine, &remote->retry);
    ab_calls_unreachable(remote, &(struct ab_outbound_loss){code, type, text});
    ab_wishes_end(remote, code, type, text);
    ab_ends_tell(remote);
}

/* A connection that never came to be. */
static void give_up(struct ab_remote *remote, int code, const char *type, const char *text)
{
    end(remote, code, type, text);
    ab_bindings_tell(remote, false, code);
}

/* ---- Rounds */

/* The next round: at once after a steady binding, later after each failure. */
static void seek_later(struct ab_remote *remote)
{
    unsigned level = remote->level;

    if (remote->level < AB_BACKOFF_LEVELS)
        remote->level++;
    if (level == 0)
        seek(remote);
    else
        ab_engine_arm(remote->engine, &remote->retry, ab_engine_backoff(remote->engine, remote->level));
}

/* Whoever waits hears of it: it will not be let in by waiting (PROTOCOL section 2, denied). */
static void tell_denied(struct ab_remote *remote, const struct ab_outbound_loss *loss)
{
    ab_calls_unreachable(remote, loss);
    ab_wishes_refused(remote, loss);
}

static void round_failed(struct ab_remote *remote, const struct ab_outbound_loss *loss)
{
    static const struct ab_outbound_loss denied = {AB_EREMOTE, AB_ACCESS_DENIED, AB_ACCESS_TEXT};

    ab_candidates_drop(&remote->candidates);
    if (remote->denied)
        loss = &denied;
    remote->shut_out = remote->denied;
    remote->denied = false;
    if (!remote->filter) {
        give_up(remote, loss->code, loss->type, loss->text);
        return;
    }
    if (remote->level == 0)
        remote->level = 1;
    seek_later(remote);
    if (remote->shut_out)
        tell_denied(remote, loss);
    if (remote->member)
        ab_member_unreachable(remote->member, loss);
}

/* The service it was bound to last comes first, then by id, so that two proxies agree. AB_ENOMEM. */
static int collect_candidates(struct ab_remote *remote)
{
    struct ab_found **all;
    size_t count;
    int r = ab_directory_select(remote->engine, remote->filter, &all, &count);

    if (r < 0)
        return r;
    r = ab_candidates_begin(&remote->candidates);
    for (size_t i = 0; r == 0 && i < count; i++) {
        if (ab_text_equal(remote->service, all[i]->id))
            ab_candidates_add_routes(&remote->candidates, all[i]);
    }
    for (size_t i = 0; r == 0 && i < count; i++)
        ab_candidates_add_routes(&remote->candidates, all[i]);
    ab_free(all);
    return r;
}

static void seek(struct ab_remote *remote)
{
    if (remote->state != AB_REMOTE_SEEKING || !ab_list_empty(&remote->attempts))
        return;
    ab_engine_disarm(remote->engine, &remote->retry);
    if (collect_candidates(remote) < 0)
        ab_engine_arm(remote->engine, &remote->retry, ab_engine_backoff(remote->engine, remote->level));
    else if (ab_candidates_left(&remote->candidates))
        try_next(remote);
    else
        ab_candidates_drop(&remote->candidates);
}

void ab_remote_ask_again(struct ab_remote *remote)
{
    if (remote->shut_out)
        seek(remote);
}

static void on_retry(struct ab_timer *timer)
{
    struct ab_remote *remote = AB_CONTAINER(timer, struct ab_remote, retry);

    if (remote->filter)
        seek(remote);
    else
        give_up(remote, AB_ETIMEDOUT, NULL, "it cannot be connected in time");
}

/* ---- Attempts */

static struct ab_attempt *attempt_in(struct ab_remote *remote, enum ab_outbound_state state)
{
    AB_LIST_EACH (each, &remote->attempts) {
        struct ab_attempt *attempt = AB_CONTAINER(each, struct ab_attempt, node);

        if (attempt->connection->state == state)
            return attempt;
    }
    return NULL;
}

static void bind_attempt(struct ab_attempt *attempt)
{
    struct ab_remote *remote = attempt->remote;

    ab_engine_arm(remote->engine, &remote->patience, BIND_PATIENCE);
    ab_outbound_bind(attempt->connection);
}

static void connected(struct ab_outbound *connection)
{
    struct ab_attempt *attempt = connection->owner;
    struct ab_attempt *binding = attempt_in(attempt->remote, AB_OUTBOUND_BINDING);

    if (!binding)
        bind_attempt(attempt);
    else if (!attempt->remote->patience.armed)
        ab_outbound_fail(binding->connection, AB_ETIMEDOUT, "the peer does not answer");
}

static void on_patience(struct ab_timer *timer)
{
    struct ab_remote *remote = AB_CONTAINER(timer, struct ab_remote, patience);
    struct ab_attempt *binding = attempt_in(remote, AB_OUTBOUND_BINDING);

    if (binding && attempt_in(remote, AB_OUTBOUND_CONNECTED))
        ab_outbound_fail(binding->connection, AB_ETIMEDOUT, "the peer does not answer");
}

/* What the proxy knows of the service; of a connection its place alone. NULL: no memory. */
static struct ab_text *make_info(struct ab_remote *remote, const struct ab_outbound *connection)
{
    struct ab_found *found = remote->filter ? ab_directory_find(remote->engine, connection->service->data) : NULL;
    json_t *info = found ? json_copy(found->view) : json_object();
    struct ab_text *text = NULL;
    char host[AB_ADDRESS_HOST_TEXT];

    if (json_object_set_new(info, "host", json_string(ab_address_host_text(&connection->stream.address, host))) == 0 &&
        json_object_set_new(info, "port", json_integer(connection->stream.address.port)) == 0 &&
        json_object_set_new(info, "service", json_string(connection->service->data)) == 0)
        ab_json_encode(info, AB_JSON_DEPTH, &text);
    json_decref(info);
    return text;
}

static const struct ab_outbound_ops bound_ops;

/* The other ways to that service were not as quick. */
static void tell_outrun(struct ab_remote *remote, const struct ab_outbound *winner)
{
    AB_LIST_EACH (each, &remote->attempts) {
        const struct ab_outbound *other = AB_CONTAINER(each, struct ab_attempt, node)->connection;

        if (other->service && ab_text_equal(other->service, winner->service))
            ab_experience_outrun(other);
    }
}

static void become_bound(struct ab_remote *remote, struct ab_outbound *connection, struct ab_text *info)
{
    remote->state = AB_REMOTE_BOUND;
    remote->bound = connection;
    remote->bound_at = remote->engine->now;
    connection->ops = &bound_ops;
    connection->owner = remote;
    remote->denied = false;
    remote->shut_out = false;
    set_info(remote, info);
    ab_text_unref(remote->service);
    remote->service = ab_text_ref(connection->service);
    ab_engine_disarm(remote->engine, &remote->retry);
    tell_outrun(remote, connection);
    end_attempts(remote);
    ab_engine_log(remote->engine, AB_LOG_INFO, "service %s is bound", connection->service->data);
    ab_bindings_tell(remote, true, 0);
    ab_wishes_bound(remote);
    ab_calls_pump(remote);
    if (remote->member)
        ab_member_bound(remote->member);
}

static void bound(struct ab_outbound *connection)
{
    struct ab_attempt *attempt = connection->owner;
    struct ab_remote *remote = attempt->remote;
    struct ab_text *info = make_info(remote, connection);

    if (!info) {
        ab_outbound_fail(connection, AB_ENOMEM, "out of memory");
        return;
    }
    ab_list_remove(&attempt->node);
    ab_free(attempt);
    become_bound(remote, connection, info);
}

static void suspect(const struct ab_outbound *connection, const struct ab_outbound_loss *loss)
{
    if (loss->code != AB_ENOMEM && connection->service)
        ab_directory_suspect(connection->stream.engine, &connection->stream.address, connection->service->data);
}

static void attempt_lost(struct ab_outbound *connection, const struct ab_outbound_loss *loss)
{
    struct ab_attempt *attempt = connection->owner;
    struct ab_remote *remote = attempt->remote;
    struct ab_attempt *other;

    ab_list_remove(&attempt->node);
    ab_free(attempt);
    if (ab_outbound_denied(loss))
        remote->denied = true;
    else
        suspect(connection, loss);
    other = attempt_in(remote, AB_OUTBOUND_CONNECTED);
    if (other && !attempt_in(remote, AB_OUTBOUND_BINDING))
        bind_attempt(other);
    else if (ab_candidates_left(&remote->candidates))
        try_next(remote);
    else if (ab_list_empty(&remote->attempts))
        round_failed(remote, loss);
}

static const struct ab_outbound_ops attempt_ops = {
    .connected = connected,
    .bound = bound,
    .lost = attempt_lost,
};

static int start_attempt(struct ab_remote *remote, const struct ab_candidate *candidate)
{
    struct ab_attempt *attempt = ab_malloc(sizeof(*attempt));
    int r;

    if (!attempt)
        return AB_ENOMEM;
    r = ab_outbound_open(remote->engine, &candidate->address, candidate->service, &attempt_ops, attempt,
                         &attempt->connection);
    if (r < 0) {
        ab_free(attempt);
        return r;
    }
    attempt->remote = remote;
    ab_list_append(&remote->attempts, &attempt->node);
    return 0;
}

static void try_next(struct ab_remote *remote)
{
    static const struct ab_outbound_loss no_memory = {AB_ENOMEM, NULL, "out of memory"};
    const struct ab_candidate *candidate;
    bool started = false;

    ab_engine_disarm(remote->engine, &remote->stagger);
    while (!started && (candidate = ab_candidates_take(&remote->candidates)))
        started = start_attempt(remote, candidate) == 0;
    if (ab_candidates_left(&remote->candidates))
        ab_engine_arm(remote->engine, &remote->stagger, STAGGER);
    else if (!started && ab_list_empty(&remote->attempts))
        round_failed(remote, &no_memory);
}

static void on_stagger(struct ab_timer *timer)
{
    try_next(AB_CONTAINER(timer, struct ab_remote, stagger));
}

/* ---- Bound */

static void forget_binding(struct ab_remote *remote)
{
    remote->bound = NULL;
    remote->state = AB_REMOTE_SEEKING;
    ab_wishes_unbound(remote);
}

/* A connection does not come back; a proxy looks for another service. */
static void go_on(struct ab_remote *remote, const char *text)
{
    if (!remote->filter) {
        end(remote, AB_EDISCONNECTED, NULL, text);
        return;
    }
    if (remote->engine->now - remote->bound_at >= STEADY)
        remote->level = 0;
    seek_later(remote);
    if (remote->member)
        ab_member_lost(remote->member);
}

static void on_lost(struct ab_outbound *connection, const struct ab_outbound_loss *loss)
{
    struct ab_remote *remote = connection->owner;
    struct ab_engine *engine = remote->engine;

    ab_engine_log(engine, AB_LOG_INFO, "service %s is lost: %s", connection->service->data, loss->text);
    forget_binding(remote);
    ab_calls_lost(remote, connection, loss);
    ab_bindings_tell(remote, false, loss->code);
    suspect(connection, loss);
    go_on(remote, loss->text);
}

/* PROTOCOL section 2, Extensions, closing: nothing new is asked there, but what was is still answered. */
static void on_closing(struct ab_outbound *connection)
{
    struct ab_remote *remote = connection->owner;
    struct ab_engine *engine = remote->engine;

    ab_engine_log(engine, AB_LOG_INFO, "service %s closes", connection->service->data);
    forget_binding(remote);
    ab_leaving_begin(remote, connection);
    ab_bindings_tell(remote, false, AB_ECLOSED);
    ab_directory_closed(engine, &connection->stream.address, connection->service->data);
    go_on(remote, "the service was closed");
}

static void on_message(struct ab_outbound *connection, struct ab_message *message)
{
    struct ab_remote *remote = connection->owner;

    if (message->type == AB_MESSAGE_RESPONSE) {
        ab_remote_answered(remote, connection, message);
    } else if (message->command == AB_COMMAND_CHANGED) {
        ab_outbound_acknowledge(connection, message);
        ab_wish_changed(remote, message);
    } else if (message->command == AB_COMMAND_FIRED) {
        ab_outbound_acknowledge(connection, message);
        ab_wish_fired(remote, message);
    } else if (message->command == AB_COMMAND_CLOSING) {
        ab_outbound_acknowledge(connection, message);
        on_closing(connection);
    } else if (message->command == AB_COMMAND_PROGRESS && (connection->extensions & AB_EXTENSION_PROGRESS)) {
        ab_outbound_acknowledge(connection, message);
        ab_remote_progressed(remote, connection, message);
    } else {
        ab_outbound_refuse(connection, message);
    }
}

static void on_room(struct ab_outbound *connection)
{
    ab_calls_pump(connection->owner);
}

static const struct ab_outbound_ops bound_ops = {
    .message = on_message,
    .room = on_room,
    .lost = on_lost,
};

/* ---- What the directory tells */

static void join_round(struct ab_remote *remote, const struct ab_found *found)
{
    bool idle = !ab_candidates_left(&remote->candidates);

    ab_candidates_add_routes(&remote->candidates, found);
    if (idle && ab_candidates_left(&remote->candidates))
        try_next(remote);
}

void ab_remote_found(struct ab_remote *remote, const struct ab_found *found)
{
    if (!remote->filter || remote->state != AB_REMOTE_SEEKING || !ab_filter_match(remote->filter, found->view))
        return;
    if (ab_list_empty(&remote->attempts))
        seek(remote);
    else
        join_round(remote, found);
}

void ab_remotes_found(struct ab_engine *engine, struct ab_found *found)
{
    AB_LIST_EACH (each, &engine->remotes) {
        ab_remote_found(AB_CONTAINER(each, struct ab_remote, node), found);
    }
}

/* ---- Life */

static struct ab_remote *remote_new(struct ab_engine *engine)
{
    struct ab_remote *remote = ab_calloc(1, sizeof(*remote));

    if (!remote)
        return NULL;
    remote->engine = engine;
    ab_list_init(&remote->node);
    ab_list_init(&remote->attempts);
    ab_list_init(&remote->leaving);
    ab_list_init(&remote->waiting);
    ab_list_init(&remote->sent);
    ab_list_init(&remote->bindings);
    ab_list_init(&remote->ends);
    ab_map_init(&remote->pending, AB_MAP_OWN);
    ab_map_init(&remote->listens, ab_random_next(&engine->random));
    ab_map_init(&remote->watches, ab_random_next(&engine->random));
    ab_timer_init(&remote->stagger, on_stagger);
    ab_timer_init(&remote->patience, on_patience);
    ab_timer_init(&remote->retry, on_retry);
    return remote;
}

int ab_remote_new_proxy(struct ab_engine *engine, ab_time now, struct ab_filter *filter, struct ab_remote **ret_remote)
{
    struct ab_remote *remote;

    ab_engine_enter(engine, now);
    if (engine->closing)
        return AB_ECLOSED;
    remote = remote_new(engine);
    if (!remote)
        return AB_ENOMEM;
    remote->filter = ab_filter_ref(filter);
    remote->state = AB_REMOTE_SEEKING;
    ab_list_append(&engine->remotes, &remote->node);
    *ret_remote = remote;
    seek(remote);
    return 0;
}

/* A filter for the one service. NULL: no memory. */
static struct ab_filter *filter_for(const struct ab_text *service)
{
    struct ab_filter *filter = NULL;
    json_t *id = json_string(service->data);

    if (!id || ab_filter_new(&filter) < 0 || ab_filter_add_equal(filter, "service", id) < 0)
        filter = ab_filter_unref(filter);
    json_decref(id);
    return filter;
}

struct ab_remote *ab_remote_new_member(struct ab_engine *engine, struct ab_text *service, struct ab_member *member)
{
    struct ab_filter *filter = filter_for(service);
    struct ab_remote *remote = filter ? remote_new(engine) : NULL;

    if (!remote) {
        ab_filter_unref(filter);
        return NULL;
    }
    remote->filter = filter;
    remote->service = ab_text_ref(service);
    remote->member = member;
    remote->state = AB_REMOTE_SEEKING;
    return remote;
}

int ab_remote_new_connection(struct ab_engine *engine, ab_time now, const char *service, struct ab_remote **ret_remote)
{
    struct ab_remote *remote;

    ab_engine_enter(engine, now);
    if (engine->closing)
        return AB_ECLOSED;
    remote = remote_new(engine);
    if (!remote)
        return AB_ENOMEM;
    remote->service = service ? ab_text_new(service, strlen(service)) : NULL;
    if (service && !remote->service) {
        ab_free(remote);
        return AB_ENOMEM;
    }
    remote->state = AB_REMOTE_RESOLVING;
    ab_engine_arm(engine, &remote->retry, CONNECT_TIME);
    ab_list_append(&engine->remotes, &remote->node);
    *ret_remote = remote;
    return 0;
}

void ab_remote_resolved(struct ab_remote *remote, ab_time now, const struct ab_address *addresses, size_t count)
{
    ab_engine_enter(remote->engine, now);
    if (remote->state != AB_REMOTE_RESOLVING)
        return;
    if (ab_candidates_begin(&remote->candidates) < 0) {
        give_up(remote, AB_ENOMEM, NULL, "out of memory");
        return;
    }
    for (size_t i = 0; i < count; i++)
        ab_candidates_add(&remote->candidates, &addresses[i], remote->service);
    remote->state = AB_REMOTE_SEEKING;
    try_next(remote);
}

void ab_remote_unresolved(struct ab_remote *remote, ab_time now, const char *text)
{
    ab_engine_enter(remote->engine, now);
    if (remote->state == AB_REMOTE_RESOLVING)
        give_up(remote, AB_ENETWORK, NULL, text);
}

void ab_remote_close(struct ab_remote *remote, ab_time now)
{
    struct ab_outbound *connection = remote->bound;

    ab_engine_enter(remote->engine, now);
    ab_calls_withdraw(remote);
    remote->bound = NULL;
    ab_calls_end(remote, AB_ECLOSED, NULL, "closed");
    if (remote->state == AB_REMOTE_OVER)
        return;
    end(remote, AB_ECLOSED, NULL, "closed");
    ab_outbound_close(connection, AB_CLOSE_FLUSH);
}

void ab_remote_leave(struct ab_remote *remote, const struct ab_outbound_loss *loss)
{
    struct ab_outbound *connection = remote->bound;

    if (!connection)
        return;
    ab_calls_withdraw(remote);
    forget_binding(remote);
    ab_calls_lost(remote, connection, loss);
    ab_bindings_tell(remote, false, loss->code);
    ab_outbound_close(connection, AB_CLOSE_FLUSH);
}

void ab_remotes_close(struct ab_engine *engine)
{
    AB_LIST_EACH_SAFE (each, &engine->remotes) {
        ab_remote_close(AB_CONTAINER(each, struct ab_remote, node), engine->now);
    }
}

void ab_remote_free(struct ab_remote *remote, ab_time now)
{
    if (!remote)
        return;
    ab_remote_close(remote, now);
    ab_list_remove(&remote->node);
    ab_filter_unref(remote->filter);
    ab_text_unref(remote->service);
    ab_value_deinit(&remote->info);
    ab_free(remote->reason_type);
    ab_free(remote->reason_text);
    ab_map_deinit(&remote->pending);
    ab_map_deinit(&remote->listens);
    ab_map_deinit(&remote->watches);
    ab_free(remote);
}

int ab_remote_reason(const struct ab_remote *remote, const char **ret_type, const char **ret_text)
{
    if (remote->state != AB_REMOTE_OVER)
        return 0;
    *ret_type = remote->reason_type;
    *ret_text = remote->reason_text;
    return remote->reason;
}

bool ab_remote_bound(const struct ab_remote *remote)
{
    return remote->state == AB_REMOTE_BOUND;
}

int ab_remote_info(const struct ab_remote *remote, struct ab_value *ret_info)
{
    if (remote->state == AB_REMOTE_OVER)
        return remote->reason;
    if (remote->state != AB_REMOTE_BOUND)
        return AB_ENOTBOUND;
    ret_info->text = ab_text_ref(remote->info.text);
    return 0;
}

/*
 * Owns the life of a remote: what it is bound to, how it loses that and goes on, and how it ends. search.c finds what it
 * binds to; calls and subscriptions are told, what they do is theirs.
 *
 * Invariants: `bound` is there exactly in AB_REMOTE_BOUND; in AB_REMOTE_OVER there is neither connection nor timer, and
 * `reason` says why.
 */
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "core/multiple_internal.h"
#include "core/remote_internal.h"
#include "core/search.h"
#include "wire/json.h"

#define CONNECT_TIME (10 * AB_SECOND)
#define STEADY       (5 * AB_SECOND) /* a binding that lasted this long owes no backoff */

/* ---- The end of a remote */

/* What was sent has ended before, or is still answered by a service that closes. */
static void end(struct ab_remote *remote, int code, const char *type, const char *text)
{
    remote->state = AB_REMOTE_OVER;
    remote->reason = code;
    remote->reason_type = ab_strdup(type);
    remote->reason_text = ab_strdup(text);
    ab_search_end(remote);
    ab_calls_unreachable(remote, &(struct ab_outbound_loss){code, type, text});
    ab_wishes_end(remote, code, type, text);
    ab_ends_tell(remote);
}

void ab_remote_give_up(struct ab_remote *remote, int code, const char *type, const char *text)
{
    end(remote, code, type, text);
    ab_bindings_tell(remote, false, code);
}

/* ---- Bound */

static const struct ab_outbound_ops bound_ops;

void ab_remote_bind(struct ab_remote *remote, struct ab_outbound *connection)
{
    remote->state = AB_REMOTE_BOUND;
    remote->bound = connection;
    remote->bound_at = remote->engine->now;
    connection->ops = &bound_ops;
    connection->owner = remote;
    remote->shut_out = false;
    ab_text_unref(remote->service);
    remote->service = ab_text_ref(connection->service);
    ab_engine_log(remote->engine, AB_LOG_INFO, "service %s is bound", connection->service->data);
    ab_bindings_tell(remote, true, 0);
    ab_wishes_bound(remote);
    ab_calls_pump(remote);
    if (remote->member)
        ab_member_bound(remote->member);
}

static void forget_binding(struct ab_remote *remote)
{
    remote->bound = NULL;
    remote->state = AB_REMOTE_SEEKING;
    ab_wishes_unbound(remote);
}

/* A service that lets bind and then drops the connection must not keep a proxy from one that does not. */
static void judge(const struct ab_remote *remote, const struct ab_outbound *connection)
{
    struct ab_engine *engine = remote->engine;
    struct ab_found *found = ab_directory_find(engine, connection->service->data);

    if (found)
        found->fickle = engine->now - remote->bound_at >= STEADY ? -1 : engine->now;
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
    ab_search_go_elsewhere(remote);
    if (remote->member)
        ab_member_lost(remote->member);
}

void ab_remote_suspect(const struct ab_outbound *connection, const struct ab_outbound_loss *loss)
{
    if (loss->code != AB_ENOMEM && connection->service)
        ab_directory_suspect(connection->stream.engine, &connection->stream.address, connection->service->data);
}

static void on_lost(struct ab_outbound *connection, const struct ab_outbound_loss *loss)
{
    struct ab_remote *remote = connection->owner;
    struct ab_engine *engine = remote->engine;

    ab_engine_log(engine, AB_LOG_INFO, "service %s is lost: %s", connection->service->data, loss->text);
    forget_binding(remote);
    judge(remote, connection);
    ab_calls_lost(remote, connection, loss);
    ab_bindings_tell(remote, false, loss->code);
    ab_remote_suspect(connection, loss);
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

void ab_remote_found(struct ab_remote *remote, const struct ab_found *found)
{
    if (remote->filter && remote->state == AB_REMOTE_SEEKING && ab_filter_match(remote->filter, found->view))
        ab_search_join(remote, found);
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
    ab_list_init(&remote->leaving);
    ab_list_init(&remote->waiting);
    ab_list_init(&remote->sent);
    ab_search_init(remote);
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
    ab_search_begin(remote);
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
    remote->state = AB_REMOTE_SEEKING;
    if (ab_search_begin_at(remote, addresses, count) < 0)
        ab_remote_give_up(remote, AB_ENOMEM, NULL, "out of memory");
}

void ab_remote_unresolved(struct ab_remote *remote, ab_time now, const char *text)
{
    ab_engine_enter(remote->engine, now);
    if (remote->state == AB_REMOTE_RESOLVING)
        ab_remote_give_up(remote, AB_ENETWORK, NULL, text);
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
    ab_free(remote->reason_type);
    ab_free(remote->reason_text);
    ab_wishes_free(remote);
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

/* What the directory knows of the service that it is bound to; of a connection its place alone. NULL: no memory. */
static struct ab_text *make_info(const struct ab_remote *remote)
{
    const struct ab_outbound *connection = remote->bound;
    const struct ab_found *found = remote->filter ? ab_directory_find(remote->engine, connection->service->data) : NULL;
    json_t *info = found ? ab_json_copy(found->view) : json_object();
    struct ab_text *text = NULL;
    char host[AB_ADDRESS_HOST_TEXT];

    if (json_object_set_new(info, "host", json_string(ab_address_host_text(&connection->stream.address, host))) == 0 &&
        json_object_set_new(info, "port", json_integer(connection->stream.address.port)) == 0 &&
        json_object_set_new(info, "service", json_string(connection->service->data)) == 0)
        ab_json_encode(info, AB_JSON_DEPTH, &text);
    json_decref(info);
    return text;
}

int ab_remote_info(const struct ab_remote *remote, struct ab_value *ret_info)
{
    struct ab_text *text;

    if (remote->state == AB_REMOTE_OVER)
        return remote->reason;
    if (!remote->bound)
        return AB_ENOTBOUND;
    text = make_info(remote);
    if (!text)
        return AB_ENOMEM;
    ret_info->text = text;
    return 0;
}

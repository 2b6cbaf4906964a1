/*
 * Owns calls from their start to their one completion: waiting for a service or for room, sent, answered, given up.
 * Must not know how a remote finds its service.
 *
 * Invariants: a call is in exactly one of remote->waiting, remote->sent and a wish's list of gets until it completes; it
 * completes exactly once, by the notice that is part of it, and is freed with that. A call that was sent is never sent
 * again. What is part of a call to all is a call like any other whose time is its gather's.
 */
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "core/call_internal.h"
#include "core/search.h"
#include "wire/json.h"

#define CLOCKS_APART (100 * AB_MILLISECOND) /* so much may two clocks differ at the end of a call */

static void call_free(struct ab_call *call)
{
    ab_text_unref(call->name);
    ab_text_unref(call->args);
    ab_free(call);
}

static void released(struct ab_notice *notice)
{
    call_free(AB_CONTAINER(notice, struct ab_call, notice));
}

void ab_call_detach(struct ab_call *call)
{
    struct ab_remote *remote = call->remote;

    ab_engine_disarm(remote->engine, &call->deadline);
    if (!ab_list_linked(&call->node))
        return;
    ab_list_remove(&call->node);
    if (call->sent) {
        remote->engine->counters.calls_now--;
        ab_remote_expect_no_more(remote, &call->pending);
        call->connection->calls--;
        ab_leaving_settle(call->connection);
    } else if (!call->wish) {
        remote->waiting_count--;
    }
}

static void count(const struct ab_call *call, int code)
{
    struct ab_counters *counters = &call->remote->engine->counters;

    if (call->kind != AB_CALL_FUNCTION)
        return;
    switch (code) {
    case 0: counters->calls_answered++; break;
    case AB_ETIMEDOUT: counters->calls_timed_out++; break;
    case AB_ECANCELED: counters->calls_canceled++; break;
    case AB_EDISCONNECTED: counters->calls_disconnected++; break;
    default: counters->calls_failed++; break;
    }
}

/* The service is named only if the call has to do with it: a proxy also knows which one it was bound to before; but a
 * member of many has one alone. NULL: none. */
static struct ab_text *service_of(const struct ab_call *call)
{
    const struct ab_remote *remote = call->remote;

    if (call->sent)
        return call->connection->service;
    return remote->bound || !remote->filter || remote->member ? remote->service : NULL;
}

static void emit(struct ab_call *call, int code)
{
    struct ab_text *service = service_of(call);

    if (service)
        call->notice.service = ab_text_ref(service);
    ab_call_detach(call);
    count(call, code);
    call->completed = true;
    call->notice.code = code;
    ab_engine_emit(call->remote->engine, &call->notice);
    if (call->part.gather)
        ab_part_completed(&call->part, code);
}

AB_COLD void ab_call_fail(struct ab_call *call, int code, const char *type, const char *text)
{
    call->notice.error_type = ab_strdup(type);
    call->notice.error_text = ab_strdup(text);
    emit(call, code);
}

/* Section 2.6, cancel. A service that is not told finds an answer that nobody waits for: so a failure is none of ours. */
void ab_call_withdraw(struct ab_call *call)
{
    struct ab_outbound *connection = call->connection;
    struct ab_buffer *out;

    if (!call->sent || call->completed || !(connection->extensions & AB_EXTENSION_CANCEL))
        return;
    out = ab_engine_scratch(call->remote->engine);
    if (ab_message_write_cancel(out, call->pending.id) == 0)
        ab_outbound_write(connection, out);
}

/* Its caller waits no longer. */
static AB_COLD void give_up(struct ab_call *call, int code, const char *text)
{
    struct ab_remote *remote = call->remote;
    struct ab_wish *wish = call->wish;

    ab_call_withdraw(call);
    ab_call_fail(call, code, NULL, text);
    if (wish)
        ab_wish_settle(wish);
    ab_calls_pump(remote); /* it may have been one of as many as may be under way */
}

static void on_deadline(struct ab_timer *timer)
{
    struct ab_call *call = AB_CONTAINER(timer, struct ab_call, deadline);

    give_up(call, AB_ETIMEDOUT,
            call->sent || call->remote->bound ? "no answer in time" : "no service was found in time");
}

/* ---- Answers */

/* The service has a clock too, and may be the first to say that the caller's time is over. */
static bool says_late(const struct ab_call *call, const struct ab_message *message)
{
    return message->failed && message->error_type && strcmp(message->error_type, "timeout") == 0 &&
           call->until - call->remote->engine->now < CLOCKS_APART;
}

static void answered(struct ab_pending *pending, struct ab_message *message)
{
    struct ab_call *call = AB_CONTAINER(pending, struct ab_call, pending);
    struct ab_remote *remote = call->remote;

    ab_spread_add(&remote->engine->counters.call_time, remote->engine->now - call->sent_at);
    if (message->problem) {
        ab_call_fail(call, AB_EPROTOCOL, NULL, message->reason);
    } else if (says_late(call, message)) {
        ab_call_fail(call, AB_ETIMEDOUT, NULL, "no answer in time");
    } else if (message->failed) {
        call->notice.error_type = message->error_type;
        call->notice.error_text = message->error_text;
        call->notice.error_details = message->error_details;
        message->error_type = NULL;
        message->error_text = NULL;
        message->error_details = NULL;
        emit(call, AB_EREMOTE);
    } else {
        call->notice.value = ab_value_move(&message->value);
        if (!ab_value_present(&call->notice.value))
            call->notice.value.json = json_null();
        emit(call, 0);
    }
    ab_calls_pump(remote);
}

/* None is lost in silence: without memory for one the call ends. */
static void progress(struct ab_pending *pending, struct ab_message *message)
{
    struct ab_call *call = AB_CONTAINER(pending, struct ab_call, pending);
    struct ab_remote *remote = call->remote;
    struct ab_notice *notice;

    if (!call->progress)
        return;
    notice = ab_notice_new(AB_NOTICE_PROGRESS, call->notice.target);
    if (!notice) {
        give_up(call, AB_ENOMEM, NULL);
        return;
    }
    notice->service = ab_text_ref(call->connection->service);
    notice->value = ab_value_move(&message->value);
    if (!ab_value_present(&notice->value))
        notice->value.json = json_null();
    ab_engine_emit(remote->engine, notice);
}

void ab_gets_answer(struct ab_list *gets, struct ab_value *value)
{
    struct ab_list *each;

    while ((each = ab_list_take(gets))) {
        struct ab_call *call = AB_CONTAINER(each, struct ab_call, node);

        if (!ab_value_present(value))
            ab_call_fail(call, AB_ENOENT, "no_such_object", "there is no object of that name");
        else if (ab_value_share(value, &call->notice.value) < 0)
            ab_call_fail(call, AB_ENOMEM, NULL, "out of memory");
        else
            emit(call, 0);
    }
}

void ab_gets_fail(struct ab_list *gets, int code, const char *type, const char *text)
{
    struct ab_list *each;

    while ((each = ab_list_take(gets)))
        ab_call_fail(AB_CONTAINER(each, struct ab_call, node), code, type, text);
}

/* ---- Sending */

static bool has_room(const struct ab_remote *remote)
{
    const struct ab_limits *limits = &remote->engine->limits;

    return remote->bound->calls < limits->calls && ab_stream_waiting(&remote->bound->stream) <= limits->output_close;
}

/* In whole milliseconds, so that the service gives up no earlier than the caller; -1: the service need not know. */
static int64_t time_left(const struct ab_call *call)
{
    ab_time left = call->until - call->remote->engine->now;

    if (!(call->remote->bound->extensions & AB_EXTENSION_DEADLINE))
        return -1;
    left = left > 0 ? (left + AB_MILLISECOND - 1) / AB_MILLISECOND : 0;
    return left < AB_MESSAGE_DEADLINE_MOST ? left : AB_MESSAGE_DEADLINE_MOST;
}

static int send_call(struct ab_call *call, const char *name, const struct ab_text *args)
{
    struct ab_remote *remote = call->remote;
    struct ab_buffer *out = ab_engine_scratch(remote->engine);
    uint64_t id = ab_outbound_next_id(remote->bound);
    int r = ab_message_write_call(out, id, name, args, time_left(call),
                                  call->progress && (remote->bound->extensions & AB_EXTENSION_PROGRESS));

    if (r == 0)
        r = ab_outbound_write(remote->bound, out);
    if (r < 0)
        return r;
    call->sent = true;
    call->sent_at = remote->engine->now;
    remote->engine->counters.calls_now++;
    remote->engine->counters.calls_sent++;
    call->connection = remote->bound;
    call->connection->calls++;
    ab_remote_expect(remote, &call->pending, id);
    ab_list_append(&remote->sent, &call->node);
    return 0;
}

void ab_calls_pump(struct ab_remote *remote)
{
    while (remote->state == AB_REMOTE_BOUND && !ab_list_empty(&remote->waiting)) {
        struct ab_call *call = AB_CONTAINER(remote->waiting.next, struct ab_call, node);

        if (call->kind == AB_CALL_BIND) {
            emit(call, 0);
            continue;
        }
        if (!has_room(remote))
            return;
        ab_list_remove(&call->node);
        remote->waiting_count--;
        if (send_call(call, call->name->data, call->args) < 0)
            ab_call_fail(call, AB_ENOMEM, NULL, "out of memory");
        else
            call->args = ab_text_unref(call->args);
    }
}

void ab_calls_withdraw(struct ab_remote *remote)
{
    AB_LIST_EACH (each, &remote->sent) {
        ab_call_withdraw(AB_CONTAINER(each, struct ab_call, node));
    }
}

static struct ab_call *sent_over(const struct ab_remote *remote, const struct ab_outbound *connection)
{
    AB_LIST_EACH (each, &remote->sent) {
        struct ab_call *call = AB_CONTAINER(each, struct ab_call, node);

        if (call->connection == connection)
            return call;
    }
    return NULL;
}

void ab_calls_lost(struct ab_remote *remote, const struct ab_outbound *connection, const struct ab_outbound_loss *loss)
{
    struct ab_call *call;

    while ((call = sent_over(remote, connection)))
        ab_call_fail(call, AB_EDISCONNECTED, NULL, loss->text);
}

void ab_calls_unreachable(struct ab_remote *remote, const struct ab_outbound_loss *loss)
{
    while (!ab_list_empty(&remote->waiting))
        ab_call_fail(AB_CONTAINER(remote->waiting.next, struct ab_call, node), loss->code, loss->type, loss->text);
}

void ab_calls_end(struct ab_remote *remote, int code, const char *type, const char *text)
{
    while (!ab_list_empty(&remote->sent))
        ab_call_fail(AB_CONTAINER(remote->sent.next, struct ab_call, node), code, type, text);
    while (!ab_list_empty(&remote->waiting))
        ab_call_fail(AB_CONTAINER(remote->waiting.next, struct ab_call, node), code, type, text);
}

/* ---- Starting */

struct ab_call *ab_call_new(struct ab_remote *remote, enum ab_call_kind kind, unsigned flags, ab_time until,
                            void *target)
{
    struct ab_call *call = ab_calloc(1, sizeof(*call));

    if (!call)
        return NULL;
    call->remote = remote;
    call->kind = kind;
    call->until = until;
    call->progress = flags & AB_CALL_PROGRESS;
    call->pending.answered = answered;
    call->pending.progress = progress;
    ab_list_init(&call->node);
    ab_list_init(&call->part.node);
    ab_timer_init(&call->deadline, on_deadline);
    ab_notice_init(&call->notice, AB_NOTICE_COMPLETION, target);
    call->notice.release = released;
    return call;
}

/* Who waits for the binding alone comes first: calls may have to wait for room too. */
static void wait_in_line(struct ab_call *call)
{
    struct ab_list *waiting = &call->remote->waiting;

    if (call->kind == AB_CALL_BIND)
        ab_list_prepend(waiting, &call->node);
    else
        ab_list_append(waiting, &call->node);
    call->remote->waiting_count++;
    ab_search_ask_again(call->remote);
}

int ab_call_start_function(struct ab_call *call, const char *name, struct ab_text *args, unsigned flags)
{
    struct ab_remote *remote = call->remote;
    bool bound = remote->state == AB_REMOTE_BOUND;

    if (bound && ab_list_empty(&remote->waiting) && has_room(remote))
        return send_call(call, name, args);
    if ((bound || remote->waiting_count >= remote->engine->limits.calls) && !(flags & AB_CALL_ROOM))
        return AB_EAGAIN;
    call->name = ab_text_new(name, strlen(name));
    call->args = ab_text_keep(args);
    if (!call->name || !call->args)
        return AB_ENOMEM;
    wait_in_line(call);
    return 0;
}

static int start(struct ab_call *call, const char *name, struct ab_text *args, unsigned flags)
{
    switch (call->kind) {
    case AB_CALL_FUNCTION: return ab_call_start_function(call, name, args, flags);
    case AB_CALL_GET: return ab_wish_get(call->remote, name, &call->node, &call->wish);
    case AB_CALL_BIND:
        wait_in_line(call);
        ab_calls_pump(call->remote);
        return 0;
    }
    return AB_EINVAL;
}

/* Room for the name fully escaped and for the envelope with what extensions add. */
bool ab_call_fits(const struct ab_engine *engine, const char *name, const struct ab_text *args)
{
    return args->size + 6 * strlen(name) + 160 <= engine->limits.line;
}

static int may_call(const struct ab_remote *remote, unsigned flags)
{
    if (remote->state == AB_REMOTE_OVER)
        return remote->reason;
    if (remote->state != AB_REMOTE_BOUND && (flags & AB_CALL_BOUND_ONLY))
        return AB_ENOTBOUND;
    return 0;
}

int ab_remote_call(struct ab_remote *remote, ab_time now, enum ab_call_kind kind, const char *name,
                   struct ab_text *args, unsigned flags, ab_time deadline, void *target, struct ab_call **ret_call)
{
    struct ab_call *call;
    int r;

    ab_engine_enter(remote->engine, now);
    r = may_call(remote, flags);
    if (r < 0)
        return r;
    if (args && !ab_call_fits(remote->engine, name, args))
        return AB_ETOOLARGE;
    call = ab_call_new(remote, kind, flags, deadline, target);
    if (!call)
        return AB_ENOMEM;
    r = start(call, name, args, flags);
    if (r < 0) {
        call_free(call);
        return r;
    }
    if (!call->completed)
        ab_timer_arm(&remote->engine->timers, &call->deadline, deadline);
    *ret_call = call;
    return 0;
}

void ab_progress_forget(struct ab_engine *engine, const void *target)
{
    AB_LIST_EACH_SAFE (each, &engine->notices) {
        struct ab_notice *notice = AB_CONTAINER(each, struct ab_notice, node);

        if ((notice->kind == AB_NOTICE_PART || notice->kind == AB_NOTICE_PROGRESS) && notice->target == target)
            ab_notice_release(notice);
    }
}

void ab_call_cancel(struct ab_call *call, ab_time now)
{
    struct ab_remote *remote = call->remote;
    struct ab_wish *wish = call->wish;

    ab_engine_enter(remote->engine, now);
    ab_progress_forget(remote->engine, call->notice.target);
    if (call->completed) {
        ab_notice_release(&call->notice);
        return;
    }
    count(call, AB_ECANCELED);
    ab_call_withdraw(call);
    ab_call_detach(call);
    ab_notice_release(&call->notice);
    if (wish)
        ab_wish_settle(wish);
    ab_calls_pump(remote);
}

bool ab_remote_under_way(const struct ab_remote *remote, ab_stream_id *ret_stream, size_t *ret_calls)
{
    if (!remote->bound || !ab_list_empty(&remote->leaving))
        return false;
    *ret_stream = remote->bound->stream.id.number;
    *ret_calls = remote->bound->calls;
    return true;
}

void ab_call_abort(struct ab_call *call, ab_time now)
{
    ab_engine_enter(call->remote->engine, now);
    if (!call->completed)
        give_up(call, AB_ECANCELED, NULL);
}

/* ---- Notices */

int ab_remote_notice(struct ab_remote *remote, ab_time now, const char *name, struct ab_text *args)
{
    struct ab_buffer *out;

    ab_engine_enter(remote->engine, now);
    if (remote->state == AB_REMOTE_OVER)
        return remote->reason;
    if (remote->state != AB_REMOTE_BOUND)
        return AB_ENOTBOUND;
    if (!ab_call_fits(remote->engine, name, args))
        return AB_ETOOLARGE;
    if (ab_stream_waiting(&remote->bound->stream) > remote->engine->limits.output_close)
        return AB_EAGAIN;
    out = ab_engine_scratch(remote->engine);
    if (ab_message_write_call(out, 0, name, args, -1, false) < 0)
        return AB_ENOMEM;
    return ab_outbound_write(remote->bound, out);
}

/*
 * Owns how a question reaches the engine, and how what comes of it reaches the program. Must not know how a remote finds
 * its service, nor what is made of the answers.
 *
 * A question that blocks waits for room on its connection, one that does not fails with AB_EAGAIN; apart from that they
 * differ only in who is the engine's target: answers on the caller's stack, or a slot.
 */
#include "bus/ask.h"

#include "base/error.h"
#include "bus/bus.h"
#include "bus/canceler.h"
#include "bus/error.h"
#include "bus/json.h"
#include "bus/name.h"
#include "bus/remote.h"
#include "core/multiple.h"

_Static_assert((unsigned)AUTOBUS_CALL_BOUND == (unsigned)AB_CALL_BOUND_ONLY, "one number, two names");

static int check(const autobus_remote *remote, const struct ab_question *question, autobus_error *error)
{
    static const char of_one[] = "the remote is of one service: autobus_call asks it";

    if (remote && !question->many && ab_remote_handle_check_single(remote, error) < 0)
        return AB_EINVAL;
    if (!remote || ab_name_check(question->name) < 0 || (question->flags & ~(unsigned)AUTOBUS_CALL_BOUND) ||
        question->timeout_ms < 0 || question->count < 0 || question->quiet_ms < 0 ||
        (question->canceler && question->canceler->bus != remote->bus))
        return ab_error_fail(error, AB_EINVAL);
    return question->many && !remote->is_multiple ? ab_error_fail_text(error, AB_EINVAL, of_one) : 0;
}

/* Lock held. *ret_source: the engine's call, or its call to all. */
static int ask(autobus_remote *remote, const struct ab_question *question, unsigned flags, struct ab_target *target,
               void **ret_source)
{
    ab_time now = ab_bus_now(remote->bus);
    ab_time deadline = ab_remote_handle_deadline(remote, question->timeout_ms);
    const struct ab_gather_rule rule = {
        .count = (size_t)question->count,
        .quiet = question->quiet_ms * AB_MILLISECOND,
        .deadline = deadline,
    };
    struct ab_gather *gather;
    struct ab_call *call;
    int r;

    flags |= question->flags;
    if (question->many) {
        r = ab_multiple_call(remote->multiple, now, question->name, question->args, flags, &rule, target, &gather);
        if (r == 0)
            *ret_source = gather;
    } else {
        r = ab_remote_call(remote->engine, now, question->kind, question->name, question->args, flags, deadline, target,
                           &call);
        if (r == 0)
            *ret_source = call;
    }
    return r;
}

/* Lock held: it completes with AB_ECANCELED. */
static void cancel(const autobus_remote *remote, void *source)
{
    ab_time now = ab_bus_now(remote->bus);

    if (remote->is_multiple)
        ab_gather_abort(source, now);
    else
        ab_call_abort(source, now);
}

/* ---- Blocking */

void ab_answers_cancel(struct ab_answers *answers)
{
    cancel(answers->remote, answers->source);
}

static void drop_heard(struct ab_answers *answers)
{
    struct ab_list *node;

    while ((node = ab_list_take(&answers->heard)))
        ab_notice_release(AB_CONTAINER(node, struct ab_notice, node));
}

/* Peers say how much this is, so it has the limit of events that wait. */
static void keep(struct ab_answers *answers, struct ab_notice *notice)
{
    answers->bytes += ab_json_footprint(notice);
    ab_list_append(&answers->heard, &notice->node);
    if (answers->bytes <= answers->remote->bus->limits.event_bytes_waiting)
        return;
    drop_heard(answers);
    if (!answers->overflown)
        ab_answers_cancel(answers);
    answers->overflown = true;
}

static void hear(struct ab_target *target, struct ab_notice *notice)
{
    struct ab_answers *answers = AB_CONTAINER(target, struct ab_answers, waiter.target);

    if (notice->kind != AB_NOTICE_COMPLETION) {
        keep(answers, notice);
        return;
    }
    ab_list_remove(&answers->node);
    answers->finish(target, notice);
    if (answers->overflown)
        answers->waiter.notice.code = AB_EOVERFLOW;
}

static void answers_init(struct ab_answers *answers, const autobus_remote *remote)
{
    ab_waiter_init(&answers->waiter, remote ? remote->bus : NULL);
    answers->finish = answers->waiter.target.deliver;
    answers->waiter.target.deliver = hear;
    ab_list_init(&answers->heard);
    answers->bytes = 0;
    answers->overflown = false;
    ab_list_init(&answers->node);
    answers->remote = remote;
}

void ab_answers_deinit(struct ab_answers *answers)
{
    drop_heard(answers);
    ab_waiter_deinit(&answers->waiter);
}

/* Lock held. */
static int ask_for(struct ab_answers *answers, autobus_remote *remote, const struct ab_question *question)
{
    autobus_canceler *canceler = question->canceler;
    int r;

    if (canceler && canceler->canceled)
        return AB_ECANCELED;
    r = ask(remote, question, AB_CALL_ROOM, &answers->waiter.target, &answers->source);
    if (r == 0 && canceler)
        ab_list_append(&canceler->blocked, &answers->node);
    return r;
}

static int wait_for(struct ab_answers *answers, autobus_remote *remote, const struct ab_question *question,
                    autobus_error *error)
{
    struct ab_notice *end = &answers->waiter.notice;
    int r = ab_remote_handle_enter(remote);

    if (r < 0)
        return ab_error_fail(error, r);
    r = ask_for(answers, remote, question);
    if (r < 0)
        ab_remote_handle_fail(remote, error, r);
    ab_bus_leave(remote->bus);
    if (r < 0)
        return r;
    ab_waiter_wait(&answers->waiter);
    return end->code == 0 ? 0 : ab_error_take(error, end);
}

int ab_ask_and_wait(autobus_remote *remote, const struct ab_question *question, struct ab_answers *ret_answers,
                    autobus_error *error)
{
    int r = check(remote, question, error);

    answers_init(ret_answers, remote);
    if (r < 0)
        return r;
    autobus_canceler_ref(question->canceler);
    r = wait_for(ret_answers, remote, question, error);
    ab_canceler_release(question->canceler);
    return r;
}

/* ---- With a callback */

static void deliver(autobus_slot *slot, struct ab_notice *notice)
{
    if (notice->kind != AB_NOTICE_COMPLETION) {
        ab_slot_put_each(slot, notice);
        return;
    }
    slot->source = NULL;
    ab_slot_put_last(slot, notice);
}

void ab_ask_run(autobus_slot *slot, struct ab_notice *notice)
{
    autobus_error error;
    autobus_result result = {
        .remote = slot->owner,
        .service = notice->service ? notice->service->data : NULL,
        .last = notice->kind == AB_NOTICE_COMPLETION,
    };

    if (notice->code == 0)
        notice->code = ab_value_take_json(&notice->value, &result.value);
    if (notice->code != 0) {
        ab_error_show(&error, notice);
        result.error = &error;
    }
    result.code = notice->code;
    slot->callback.result(&result, slot->user_data);
    json_decref(result.value);
}

static void detach(autobus_slot *slot)
{
    const autobus_remote *remote = slot->owner;

    if (remote->is_multiple)
        ab_gather_cancel(slot->source, ab_bus_now(slot->bus));
    else
        ab_call_cancel(slot->source, ab_bus_now(slot->bus));
}

static const struct ab_slot_kind kind_question = {
    .deliver = deliver,
    .run = ab_ask_run,
    .detach = detach,
    .release = ab_remote_handle_release_owner,
    .completes = true,
};

static int ask_locked(autobus_remote *remote, const struct ab_question *question, autobus_slot *slot,
                      autobus_slot **ret_slot)
{
    int r = ask(remote, question, 0, &slot->target, &slot->source);

    if (r == 0)
        ab_slot_register(slot, &remote->slots, ret_slot);
    return r;
}

int ab_ask_async(autobus_remote *remote, const struct ab_question *question, autobus_result_fn callback,
                 void *user_data, autobus_destroy_fn destroy, autobus_slot **ret_slot)
{
    autobus_slot *slot;
    int r = check(remote, question, NULL);

    if (r < 0 || !callback)
        return AB_EINVAL;
    slot = ab_remote_handle_slot(remote, &kind_question, NULL, user_data, destroy);
    if (!slot)
        return AB_ENOMEM;
    slot->callback.result = callback;
    r = ab_remote_handle_enter(remote);
    if (r == 0) {
        r = ask_locked(remote, question, slot, ret_slot);
        ab_bus_leave(remote->bus);
    }
    if (r < 0)
        ab_slot_release(slot);
    return r;
}

int autobus_call_cancel(autobus_slot *slot)
{
    int r = slot ? ab_bus_enter(slot->bus) : AB_EINVAL;

    if (r < 0)
        return r;
    if (slot->kind != &kind_question)
        r = AB_EINVAL;
    else if (slot->source)
        cancel(slot->owner, slot->source);
    ab_bus_leave(slot->bus);
    return r;
}

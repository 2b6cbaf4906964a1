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
#include "bus/hold.h"
#include "bus/json.h"
#include "bus/name.h"
#include "bus/remote.h"
#include "bus/thread.h"
#include "core/multiple.h"

/* Milliseconds: a longer timeout may count from a tick of the slow clock ago, where a callback asks. */
#define EXACT_BELOW 1000

_Static_assert((unsigned)AUTOBUS_CALL_BOUND == (unsigned)AB_CALL_BOUND_ONLY, "one number, two names");
_Static_assert((unsigned)AUTOBUS_CALL_PROGRESS == (unsigned)AB_CALL_PROGRESS, "one number, two names");

/* `flags`: those that are allowed besides AUTOBUS_CALL_BOUND. */
static int check(const autobus_remote *remote, const struct ab_question *question, unsigned flags, autobus_error *error)
{
    static const char of_one[] = "the remote is of one service: autobus_call asks it";

    if (remote && !question->many && ab_remote_handle_check_single(remote, error) < 0)
        return AB_EINVAL;
    if (!remote || ab_name_check(question->name) < 0 || (question->flags & ~(flags | AUTOBUS_CALL_BOUND)) ||
        question->timeout_ms < 0 || question->count < 0 || question->quiet_ms < 0 ||
        (question->canceler && question->canceler->bus != remote->bus))
        return ab_error_fail(error, AB_EINVAL);
    return question->many && !remote->is_multiple ? ab_error_fail_text(error, AB_EINVAL, of_one) : 0;
}

/* Lock held. *ret_source: the engine's call, or its call to all. */
static int ask(autobus_remote *remote, const struct ab_question *question, unsigned flags, struct ab_target *target,
               void **ret_source)
{
    int timeout_ms = ab_remote_handle_timeout(remote, question->timeout_ms);
    ab_time now = timeout_ms < EXACT_BELOW ? ab_bus_now(remote->bus) : ab_bus_look(remote->bus);
    ab_time deadline = now + timeout_ms * AB_MILLISECOND;
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

/* ---- What the program is shown */

static void show(autobus_remote *remote, struct ab_notice *notice, autobus_result_fn callback, void *user_data)
{
    autobus_error error;
    autobus_result result = {
        .remote = remote,
        .service = notice->service ? notice->service->data : NULL,
        .last = notice->kind == AB_NOTICE_COMPLETION,
        .partial = notice->kind == AB_NOTICE_PROGRESS,
    };

    if (notice->code == 0)
        notice->code = ab_value_take_json(&notice->value, &result.value);
    if (notice->code != 0) {
        ab_error_show(&error, notice);
        result.error = &error;
    }
    result.code = notice->code;
    callback(&result, user_data);
    json_decref(result.value);
}

/* ---- Blocking. Its thread is called once at a time: it has woken from the last call before the next, and from all when
 * it leaves. */

static void call_thread(struct ab_answers *answers)
{
    if (answers->called)
        return;
    answers->called = true;
    if (!ab_reading_done(&answers->reading))
        ab_sleeper_call(&answers->sleeper, answers->remote->bus);
}

AB_COLD void ab_answers_cancel(struct ab_answers *answers)
{
    cancel(answers->remote, answers->source);
}

static void release_all(struct ab_list *notices)
{
    struct ab_list *node;

    while ((node = ab_list_take(notices)))
        ab_notice_release(AB_CONTAINER(node, struct ab_notice, node));
}

/* Peers say how much this is, so it has the limit of events that wait. */
static void keep(struct ab_answers *answers, struct ab_notice *notice)
{
    answers->bytes += ab_json_footprint(notice);
    ab_list_append(&answers->heard, &notice->node);
    if (answers->overflown) {
        release_all(&answers->heard);
    } else if (answers->bytes > answers->remote->bus->limits.event_bytes_waiting) {
        answers->overflown = true;
        release_all(&answers->heard);
        ab_answers_cancel(answers);
    } else if (notice->kind == AB_NOTICE_PROGRESS) {
        call_thread(answers);
    }
}

static void hear(struct ab_target *target, struct ab_notice *notice)
{
    struct ab_answers *answers = AB_CONTAINER(target, struct ab_answers, target);

    if (notice->kind != AB_NOTICE_COMPLETION) {
        keep(answers, notice);
        return;
    }
    ab_list_remove(&answers->node);
    ab_notice_move(&answers->end, notice);
    if (answers->overflown)
        answers->end.code = AB_EOVERFLOW;
    answers->ended = true;
    call_thread(answers);
}

static void answers_init(struct ab_answers *answers, autobus_remote *remote, const struct ab_question *question)
{
    *answers = (struct ab_answers){.target = {hear}, .remote = remote, .question = question};
    ab_sleeper_init(&answers->sleeper);
    ab_notice_init(&answers->end, AB_NOTICE_NONE, NULL);
    ab_list_init(&answers->heard);
    ab_list_init(&answers->node);
}

void ab_answers_deinit(struct ab_answers *answers)
{
    release_all(&answers->heard);
    ab_notice_deinit(&answers->end);
    ab_sleeper_deinit(&answers->sleeper);
}

/* Lock held. */
static int ask_for(struct ab_answers *answers)
{
    const struct ab_question *question = answers->question;
    autobus_canceler *canceler = question->canceler;
    unsigned flags = AB_CALL_ROOM | (question->partial ? (unsigned)AB_CALL_PROGRESS : 0);
    int r;

    if (canceler && canceler->canceled)
        return AB_ECANCELED;
    r = ask(answers->remote, question, flags, &answers->target, &answers->source);
    if (r == 0 && canceler)
        ab_list_append(&canceler->blocked, &answers->node);
    return r;
}

/* True: it was the last. Those that come meanwhile wait for the next time. */
static bool take_partial(struct ab_answers *answers, struct ab_list *ret_partial)
{
    autobus_bus *bus = answers->remote->bus;
    bool last;

    ab_bus_lock(bus);
    ab_list_splice(ret_partial, &answers->heard);
    answers->bytes = 0;
    answers->called = false;
    last = answers->ended;
    ab_bus_unlock(bus);
    return last;
}

static void show_partial(struct ab_answers *answers, struct ab_notice *notice)
{
    const struct ab_question *question = answers->question;
    struct ab_hold hold = ab_hold_callback_begin();

    ab_callback_begin();
    show(answers->remote, notice, question->partial, question->user_data);
    ab_callback_end();
    ab_hold_callback_end(hold);
}

static void wait_and_show(struct ab_answers *answers)
{
    struct ab_list partial;
    bool last;

    ab_list_init(&partial);
    do {
        ab_sleeper_sleep(&answers->sleeper);
        last = take_partial(answers, &partial);
        AB_LIST_EACH (each, &partial) {
            show_partial(answers, AB_CONTAINER(each, struct ab_notice, node));
        }
        release_all(&partial);
    } while (!last);
}

static int wait_for_end(struct ab_answers *answers, autobus_error *error)
{
    const struct ab_question *question = answers->question;
    autobus_remote *remote = answers->remote;
    struct ab_hold held;
    int r = ab_remote_handle_enter(remote);

    if (r < 0)
        return ab_error_fail(error, r);
    r = ask_for(answers);
    if (r < 0)
        ab_remote_handle_fail(remote, error, r);
    else if (question->kind == AB_CALL_FUNCTION && !question->many && !question->partial)
        ab_reading_begin(&answers->reading, remote);
    ab_bus_leave(remote->bus);
    if (r < 0)
        return r;
    held = ab_hold_suspend();
    if (question->partial)
        wait_and_show(answers);
    else if (!ab_reading_run(&answers->reading))
        ab_sleeper_sleep(&answers->sleeper);
    ab_hold_end(held);
    return answers->end.code == 0 ? 0 : ab_error_take(error, &answers->end);
}

int ab_ask_and_wait(autobus_remote *remote, const struct ab_question *question, struct ab_answers *ret_answers,
                    autobus_error *error)
{
    int r = check(remote, question, 0, error);

    answers_init(ret_answers, remote, question);
    if (r < 0)
        return r;
    autobus_canceler_ref(question->canceler);
    r = wait_for_end(ret_answers, error);
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
    show(slot->owner, notice, slot->callback.result, slot->user_data);
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
    int r = check(remote, question, question->kind == AB_CALL_FUNCTION ? AUTOBUS_CALL_PROGRESS : 0, NULL);

    if (r < 0 || !callback)
        return AB_EINVAL;
    slot = ab_remote_handle_slot(remote, &kind_question, NULL, user_data, destroy);
    if (!slot)
        return AB_ENOMEM;
    slot->callback.result = callback;
    r = ab_remote_handle_enter_with(remote, slot);
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

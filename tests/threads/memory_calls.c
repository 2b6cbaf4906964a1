/*
 * Owns the acts that call: in every way, of one service and of all, with answers of every kind. See memory.h.
 */
#include "threads/memory.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#define LARGE 200000 /* bytes, more than a socket takes at once */

/* ---- Handlers */

/* Looks at all that there is to see of a call. */
static void look(autobus_request *request, void *user_data)
{
    const autobus_peer *peer = autobus_request_peer(request);

    (void)user_data;
    ck_assert_ptr_nonnull(autobus_request_function(request));
    ck_assert_ptr_nonnull(autobus_request_service(request));
    ck_assert(peer->local);
    ck_assert_int_le(autobus_request_remaining(request), 2 * PATIENCE_MS);
    if (autobus_request_is_notice(request) || autobus_request_abandoned(request))
        return;
    if (autobus_request_wants_progress(request)) {
        json_t *half = json_real(0.5);

        autobus_request_progress(request, "s", "begun");
        autobus_request_progress_json(request, half);
        json_decref(half);
    }
    autobus_request_ref(request);
    autobus_reply_json(request, autobus_request_args(request));
    autobus_request_unref(request);
}

static void on_abandoned(autobus_request *request, void *user_data)
{
    (void)user_data;
    ck_assert(autobus_request_abandoned(request));
}

static void later(autobus_request *request, void *user_data)
{
    autobus_slot *slot;
    const char *text;
    json_t *data;

    (void)user_data;
    if (count(autobus_request_on_abandoned(request, on_abandoned, NULL, destroyed, &slot)))
        autobus_slot_unref(slot);
    if (autobus_request_unpack(request, "[s]", &text) < 0)
        return;
    data = json_pack("[s]", text);
    if (!data || autobus_reply_error_json(request, "late", text, data) < 0)
        autobus_reply_error(request, "late", "%s", text);
    json_decref(data);
}

void add_handlers(autobus_service *service)
{
    static const struct {
        const char *name;
        enum autobus_mode mode;
        autobus_function_fn function;
    } handlers[] = {{"look", AUTOBUS_THREAD, look}, {"later", AUTOBUS_THREAD, later}, {"soon", AUTOBUS_ASYNC, look}};

    for (size_t i = 0; i < sizeof(handlers) / sizeof(*handlers); i++)
        ck_assert_int_eq(autobus_service_add_function(service, handlers[i].name, NULL, handlers[i].mode,
                                                      handlers[i].function, NULL, NULL, NULL),
                         0);
}

/* ---- Calls that block */

bool call(void)
{
    json_t *out = NULL;
    bool answered = fine(autobus_call_json(memory.pair.remote, &out, NULL, "echo", NULL, 0, memory.time_ms));

    json_decref(out);
    return answered;
}

static void call_once(void)
{
    call();
}

static void call_in_error(void)
{
    autobus_error error = AUTOBUS_ERROR_INIT;
    json_t *args = json_pack("[s]", "x");
    int r =
        args ? autobus_call_json(memory.pair.remote, NULL, &error, "later", args, 0, memory.time_ms) : AUTOBUS_ENOMEM;

    ck_assert_int_ne(r, 0);
    fine(r);
    ck_assert(r != AUTOBUS_EREMOTE || ab_failing_happened() || json_object_get(error.details, "data"));
    autobus_error_clear(&error);
    json_decref(args);
}

static void on_partial(const autobus_result *what, void *user_data)
{
    ck_assert(what->partial);
    ++*(int *)user_data;
}

static void call_for_partial_results(void)
{
    static struct ab_gate gate = AB_GATE_INIT;
    int partials = 0, before = ab_gate_count(&gate);
    const autobus_call_options options = {.timeout_ms = memory.time_ms, .partial = on_partial, .user_data = &partials};

    if (fine(autobus_call_with(memory.pair.remote, NULL, NULL, "look", NULL, &options)) && !ab_failing_happened())
        ck_assert_int_eq(partials, 2);
    if (count(autobus_call_async(memory.pair.remote, "look", NULL, AUTOBUS_CALL_PROGRESS, memory.time_ms, on_result,
                                 &gate, destroyed, NULL)))
        ab_gate_wait(&gate, before + 1);
}

static json_t *much(void)
{
    char *text = malloc(LARGE + 1);
    json_t *args;

    memset(text, 'x', LARGE);
    text[LARGE] = '\0';
    args = json_pack("[s]", text);
    free(text);
    return args;
}

/* All that a connection carries, by the relay, in more bytes than a socket takes at once. */
static void exchange_much(autobus_remote *remote, const json_t *args)
{
    static struct ab_gate gate = AB_GATE_INIT;
    json_t *out = NULL;

    count(autobus_watch(remote, "value", on_value, &gate, destroyed, NULL));
    count(autobus_listen(remote, "ping", on_event, &gate, destroyed, NULL));
    if (fine(autobus_call_json(remote, &out, NULL, "echo", args, 0, 0)))
        ck_assert(json_equal(out, args));
    json_decref(out);
    fine(autobus_set_json(memory.pair.service, "value", args));
    fine(autobus_fire_json(memory.pair.service, "ping", args));
    fine(autobus_call_json(remote, NULL, NULL, "echo", NULL, 0, 0));
    fine(autobus_set(memory.pair.service, "value", "i", 0));
}

static void call_with_much(void)
{
    json_t *args = much();
    autobus_remote *remote;

    if (args && fine(autobus_connect(memory.pair.client, "127.0.0.1", memory.relay_port,
                                     autobus_service_id(memory.pair.service), &remote))) {
        if (fine(autobus_remote_set_timeout(remote, 20 * memory.time_ms)))
            exchange_much(remote, args);
        autobus_remote_close(remote);
        autobus_remote_unref(remote);
    }
    json_decref(args);
}

/* ---- Calls that do not */

static void call_async(void)
{
    static struct ab_gate gate = AB_GATE_INIT;
    int before = ab_gate_count(&gate);

    /* A completion comes, whatever fails. */
    if (count(
            autobus_call_async(memory.pair.remote, "echo", NULL, 0, memory.time_ms, on_result, &gate, destroyed, NULL)))
        ab_gate_wait(&gate, before + 1);
}

static void get(void)
{
    static struct ab_gate gate = AB_GATE_INIT;
    int before = ab_gate_count(&gate);
    json_t *out = NULL;

    if (fine(autobus_get(memory.pair.remote, "value", 0, memory.time_ms, &out, NULL)))
        json_decref(out);
    if (count(autobus_get_async(memory.pair.remote, "value", 0, memory.time_ms, on_result, &gate, destroyed, NULL)))
        ab_gate_wait(&gate, before + 1);
}

static void give_up(void)
{
    struct ab_gate gate = AB_GATE_INIT;
    autobus_canceler *canceler;
    autobus_slot *slot;

    memory.ending = true;
    if (count(autobus_call_async(memory.pair.remote, "echo", NULL, 0, memory.time_ms, on_result, &gate, destroyed,
                                 &slot))) {
        ck_assert_int_eq(autobus_call_cancel(slot), 0);
        ab_gate_wait(&gate, 1);
        cancel(slot);
    }
    if (count(autobus_call_async(memory.pair.remote, "echo", NULL, 0, memory.time_ms, on_result, &gate, destroyed,
                                 &slot))) {
        autobus_slot_unref(autobus_slot_ref(slot));
        autobus_slot_cancel(slot);
        cancel(slot);
    }
    if (fine(autobus_canceler_new(memory.pair.client, &canceler))) {
        const autobus_call_options options = {.timeout_ms = memory.time_ms, .canceler = canceler};

        fine(autobus_call_with(memory.pair.remote, NULL, NULL, "echo", NULL, &options));
        autobus_canceler_cancel(canceler);
        autobus_canceler_unref(autobus_canceler_ref(canceler));
        autobus_canceler_unref(canceler);
    }
    memory.ending = false;
}

static void notify(void)
{
    json_t *args = json_pack("[b]", 1);

    fine(autobus_notice(memory.pair.remote, "look", "[i]", 1));
    if (args)
        fine(autobus_notice_json(memory.pair.remote, "soon", args));
    json_decref(args);
    call();
}

static void batch(void)
{
    fine(autobus_batch_begin(memory.pair.client));
    fine(autobus_notice(memory.pair.remote, "look", NULL));
    fine(autobus_notice(memory.pair.remote, "look", NULL));
    call();
    ck_assert_int_eq(autobus_batch_end(memory.pair.client), 0);
}

/* ---- Calls of all */

static void on_each_result(const autobus_result *what, void *gate)
{
    ck_assert_msg(fair(what->code) || (what->code == AUTOBUS_ETIMEDOUT && ab_failing_happened()), "it ended with %d",
                  what->code);
    if (what->last)
        ab_gate_pass(gate);
}

static void ask_all(autobus_remote *many)
{
    static struct ab_gate gate = AB_GATE_INIT;
    const autobus_gather_rule rule = {.quiet_ms = memory.time_ms, .timeout_ms = memory.time_ms};
    int before = ab_gate_count(&gate);
    json_t *out = NULL;

    fine(autobus_remote_set_timeout(many, ab_failing_happened() ? 20 : memory.time_ms));
    if (fine_in_time(autobus_gather(many, &out, NULL, "echo", "[i]", 1)))
        json_decref(out);
    if (fine_in_time(autobus_gather_json(many, &out, NULL, "later", NULL, AUTOBUS_CALL_BOUND, &rule)))
        json_decref(out);
    if (count(autobus_call_all(many, "look", NULL, AUTOBUS_CALL_BOUND | AUTOBUS_CALL_PROGRESS, &rule, on_each_result,
                               &gate, destroyed, NULL)))
        ab_gate_wait(&gate, before + 1);
    fine(autobus_notice(many, "look", NULL));
}

static void gather(void)
{
    static struct ab_gate gate = AB_GATE_INIT;
    autobus_remote *many;
    autobus_slot *slot;

    if (!fine(autobus_proxy_multiple(memory.pair.client, "test", &many, NULL)))
        return;
    if (count(autobus_watch(many, "value", on_value, &gate, destroyed, &slot))) {
        fine_in_time(autobus_remote_wait(many, 20, NULL));
        ask_all(many);
        cancel(slot);
    }
    autobus_remote_unref(many);
}

/* ---- On queues */

static void queues(void)
{
    static struct ab_gate gate = AB_GATE_INIT;
    autobus_queue *queue, *events;
    autobus_slot *slot;

    if (!fine(autobus_queue_new(memory.pair.client, &queue)))
        return;
    events = autobus_bus_event_queue(memory.pair.client);
    ck_assert_int_eq(autobus_bus_set_queue(memory.pair.client, events), 0);
    if (count(autobus_watch(memory.pair.remote, "value", on_value, &gate, destroyed, &slot)))
        cancel(slot);
    ck_assert_int_eq(autobus_remote_set_queue(memory.pair.remote, queue), 0);
    if (count(autobus_watch(memory.pair.remote, "value", on_value, &gate, destroyed, &slot)))
        cancel(slot);
    ck_assert_int_eq(autobus_remote_set_queue(memory.pair.remote, NULL), 0);
    ck_assert_int_eq(autobus_bus_set_queue(memory.pair.client, NULL), 0);
    autobus_queue_unref(events);
    autobus_queue_unref(autobus_queue_ref(queue));
    autobus_queue_unref(queue);
}

static void answer(autobus_request *request, void *user_data)
{
    (void)user_data;
    autobus_reply(request, NULL);
}

static void run_loop(autobus_queue *queue, autobus_queue *functions, struct ab_gate *gate, int until)
{
    while (ab_gate_count(gate) < until) {
        struct pollfd wait[] = {{.fd = autobus_queue_fd(queue), .events = POLLIN},
                                {.fd = autobus_queue_fd(functions), .events = POLLIN}};

        ck_assert_int_gt(poll(wait, 2, 2 * PATIENCE_MS), 0);
        autobus_queue_dispatch(functions, 0);
        autobus_queue_dispatch(queue, 0);
    }
}

/* A loop on this thread, of both ends. */
static void loop(void)
{
    static struct ab_gate gate = AB_GATE_INIT;
    struct ab_pair *pair = &memory.pair;
    int before = ab_gate_count(&gate);
    autobus_queue *queue, *functions;

    if (!fine(autobus_queue_new_polled(pair->client, &queue)))
        return;
    if (fine(autobus_queue_new_polled(pair->server, &functions))) {
        ck_assert_int_eq(autobus_remote_set_queue(pair->remote, queue), 0);
        ck_assert_int_eq(autobus_service_set_queue(pair->service, functions), 0);
        count(
            autobus_service_add_function(pair->service, "queued", NULL, AUTOBUS_QUEUED, answer, NULL, destroyed, NULL));
        if (count(
                autobus_call_async(pair->remote, "queued", NULL, 0, memory.time_ms, on_result, &gate, destroyed, NULL)))
            run_loop(queue, functions, &gate, before + 1);
        ck_assert_int_eq(autobus_remote_set_queue(pair->remote, NULL), 0);
        ck_assert_int_eq(autobus_service_set_queue(pair->service, NULL), 0);
        autobus_queue_unref(functions); /* and with it the function */
    }
    autobus_queue_unref(queue);
}

const struct memory_act memory_calls[] = {
    {"call", call_once},
    {"call in error", call_in_error},
    {"partial results", call_for_partial_results},
    {"call with much", call_with_much},
    {"call async", call_async},
    {"get", get},
    {"give up", give_up},
    {"notify", notify},
    {"batch", batch},
    {"gather", gather},
    {"queues", queues},
    {"loop", loop},
    {NULL, NULL},
};

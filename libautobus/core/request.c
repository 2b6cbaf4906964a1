/*
 * Owns a call from its arrival to its answer. Must not know how it is carried out.
 *
 * Invariant: a request is in one of its connection's lists exactly while it is not answered and its connection lives; the
 * engine holds one reference that long. One that its caller has given up counts until the program is done with it: a
 * client that calls and gives up has no more under way than one that waits.
 */
#include "core/request.h"

#include "base/count.h"
#include "base/error.h"
#include "base/memory.h"
#include "core/request_internal.h"

struct ab_request {
    atomic_uint references;
    struct ab_list node;           /* in connection->requests, or connection->forsaken */
    struct ab_inbound *connection; /* NULL: answered, or gone */
    struct ab_text *id;            /* NULL: a notice */
    struct ab_text_place short_id;
    struct ab_peer peer;
    bool answered;
    bool progress; /* partial results are wanted */
    int abandoned; /* why nobody waits for the answer: AB_EDISCONNECTED, AB_ECANCELED, AB_ETIMEDOUT; 0: somebody does */
    ab_time until; /* when its caller gives it up; AB_TIME_NEVER: he did not say */
    struct ab_timer deadline;
    void *target;
    struct ab_notice notice; /* AB_NOTICE_CALL; AB_NOTICE_ABANDONED is for who took that, and needs no memory so */
};

struct ab_request *ab_request_ref(struct ab_request *request)
{
    ab_count_up(&request->references);
    return request;
}

struct ab_request *ab_request_unref(struct ab_request *request)
{
    if (!request || !ab_count_down(&request->references))
        return NULL;
    ab_text_leave(&request->short_id, request->id);
    ab_free(request);
    return NULL;
}

bool ab_request_is_notice(const struct ab_request *request)
{
    return !request->id;
}

bool ab_request_wants_progress(const struct ab_request *request)
{
    return request->progress;
}

ab_time ab_request_until(const struct ab_request *request)
{
    return request->until;
}

int ab_request_abandoned(const struct ab_request *request)
{
    return request->abandoned;
}

const struct ab_peer *ab_request_peer(const struct ab_request *request)
{
    return &request->peer;
}

void ab_request_set_target(struct ab_request *request, void *target)
{
    request->target = target;
    request->notice.target = target; /* it may be on its way */
}

struct ab_request *ab_request_of_node(struct ab_list *node)
{
    return AB_CONTAINER(node, struct ab_request, node);
}

/* Leaves its connection; the engine's reference becomes the caller's. */
static struct ab_inbound *detach(struct ab_request *request)
{
    struct ab_inbound *connection = request->connection;

    if (!connection)
        return NULL;
    ab_list_remove(&request->node);
    connection->request_count--;
    ab_engine_disarm(connection->stream.engine, &request->deadline);
    connection->stream.engine->counters.requests_now--;
    request->connection = NULL;
    return connection;
}

static AB_COLD void tell_abandoned(struct ab_request *request, struct ab_engine *engine, int why)
{
    request->abandoned = why;
    engine->counters.requests_abandoned++;
    if (!request->target)
        return;
    request->notice.kind = AB_NOTICE_ABANDONED;
    request->notice.target = request->target;
    request->notice.request = ab_request_ref(request);
    ab_engine_emit(engine, &request->notice);
}

AB_COLD void ab_request_abandon(struct ab_request *request)
{
    struct ab_inbound *connection = detach(request);

    if (!request->abandoned)
        tell_abandoned(request, connection->stream.engine, AB_EDISCONNECTED);
    ab_request_unref(request);
}

static void forsake(struct ab_request *request, int why)
{
    struct ab_inbound *connection = request->connection;

    ab_engine_disarm(connection->stream.engine, &request->deadline);
    ab_list_remove(&request->node);
    ab_list_append(&connection->forsaken, &request->node);
    tell_abandoned(request, connection->stream.engine, why);
}

void ab_request_cancel(struct ab_inbound *connection, const struct ab_text *id)
{
    AB_LIST_EACH (each, &connection->requests) {
        struct ab_request *request = ab_request_of_node(each);

        if (!ab_text_equal(request->id, id))
            continue;
        forsake(request, AB_ECANCELED);
        ab_inbound_answered(connection);
        return;
    }
}

/* Its caller has given it up by then, unless he leaves that to us. */
static void on_deadline(struct ab_timer *timer)
{
    struct ab_request *request = AB_CONTAINER(timer, struct ab_request, deadline);
    struct ab_inbound *connection = request->connection;
    struct ab_buffer *out = ab_engine_scratch(connection->stream.engine);

    forsake(request, AB_ETIMEDOUT);
    ab_inbound_respond(connection, ab_message_write_error(out, request->id, "timeout", "the time of the call is over"));
    ab_inbound_answered(connection);
}

static void released(struct ab_notice *notice)
{
    (void)notice; /* it is part of its request, which may be freed by now */
}

static struct ab_request *request_new(struct ab_inbound *connection, struct ab_function *function,
                                      const struct ab_text *id)
{
    struct ab_request *request = ab_calloc(1, sizeof(*request));

    if (id && request)
        request->id = ab_text_put(&request->short_id, id->data, id->size);
    if (!request || (id && !request->id)) {
        ab_free(request);
        return NULL;
    }
    atomic_init(&request->references, id ? 2 : 1); /* the program's; the engine's until it is answered */
    ab_list_init(&request->node);
    request->peer = ab_inbound_peer(connection);
    request->until = AB_TIME_NEVER;
    ab_timer_init(&request->deadline, on_deadline);
    ab_notice_init(&request->notice, AB_NOTICE_CALL, function->target);
    request->notice.release = released;
    return request;
}

/* Of one that is answered. */
static void heed_extensions(struct ab_request *request, const struct ab_message *message)
{
    struct ab_inbound *connection = request->connection;
    struct ab_engine *engine = connection->stream.engine;

    request->progress = message->progress && ab_inbound_agreed(connection, AB_EXTENSION_PROGRESS);
    if (message->deadline_ms < 0 || !ab_inbound_agreed(connection, AB_EXTENSION_DEADLINE))
        return;
    request->until = engine->now + message->deadline_ms * AB_MILLISECOND;
    ab_timer_arm(&engine->timers, &request->deadline, request->until);
}

int ab_request_start(struct ab_inbound *connection, struct ab_function *function, struct ab_message *message)
{
    struct ab_engine *engine = connection->stream.engine;
    bool answers = message->type == AB_MESSAGE_COMMAND && function->mode != AB_FUNCTION_ASYNC;
    struct ab_request *request = request_new(connection, function, answers ? message->id : NULL);

    if (!request)
        return AB_ENOMEM;
    request->notice.value = ab_value_move(&message->value);
    request->notice.request = request;
    engine->counters.requests_received++;
    if (request->id) {
        engine->counters.requests_now++;
        request->connection = connection;
        connection->request_count++;
        ab_list_append(&connection->requests, &request->node);
        heed_extensions(request, message);
    }
    ab_engine_emit(engine, &request->notice);
    return 0;
}

/* Before it is looked at: the entry may be the end of its connection. */
static void enter(struct ab_request *request, ab_time now)
{
    if (request->connection)
        ab_engine_enter(request->connection->stream.engine, now);
}

/* ---- Partial results */

/* A caller that reads slowly is no reason to keep what it does not read, nor to lose it. Half of what stops the reading of
 * its commands, since one of them may be to cancel this. */
int ab_request_progress(struct ab_request *request, ab_time now, const struct ab_text *value)
{
    struct ab_inbound *connection;
    struct ab_buffer *out;
    int r;

    enter(request, now);
    if (request->answered)
        return AB_EEXIST;
    if (request->abandoned)
        return request->abandoned;
    if (!request->progress)
        return 0;
    connection = request->connection;
    if (ab_stream_waiting(&connection->stream) > connection->stream.engine->limits.output_pause / 2)
        return AB_EAGAIN;
    out = ab_engine_scratch(connection->stream.engine);
    r = ab_message_write_progress(out, request->id, value);
    if (r == 0)
        r = ab_inbound_write(connection, out);
    return r == AB_ECLOSED ? AB_EDISCONNECTED : r;
}

/* ---- Answers */

/* May it be answered? What is written to comes back in *ret_connection, NULL for a notice. A request that was given up is
 * done with now. */
static int begin(struct ab_request *request, ab_time now, struct ab_inbound **ret_connection)
{
    struct ab_inbound *connection;

    enter(request, now);
    if (request->answered)
        return AB_EEXIST;
    request->answered = true;
    *ret_connection = NULL;
    if (!request->id)
        return 0;
    if (!request->connection)
        return request->abandoned;
    connection = detach(request);
    if (!request->abandoned) {
        *ret_connection = connection;
        return 0;
    }
    ab_request_unref(request);
    return request->abandoned;
}

/* Sends what was written in the scratch buffer (`r`: how that went) and drops the engine's reference. */
static int finish(struct ab_request *request, struct ab_inbound *connection, const struct ab_buffer *message, int r)
{
    if (r < 0)
        ab_inbound_close(connection, AB_CLOSE_NOW); /* a client must not wait for ever for what cannot be said */
    else
        r = ab_inbound_write(connection, message);
    ab_inbound_answered(connection);
    ab_request_unref(request);
    return r == AB_ECLOSED ? AB_EDISCONNECTED : r;
}

int ab_request_reply(struct ab_request *request, ab_time now, struct ab_text *result)
{
    struct ab_inbound *connection;
    struct ab_buffer *out;
    int r = begin(request, now, &connection);

    if (r < 0 || !connection)
        return r;
    connection->stream.engine->counters.requests_answered++;
    out = ab_engine_scratch(connection->stream.engine);
    return finish(request, connection, out, ab_message_write_result(out, request->id, result));
}

int ab_request_reply_error(struct ab_request *request, ab_time now, const char *type, const char *text)
{
    struct ab_inbound *connection;
    struct ab_buffer *out;
    int r = begin(request, now, &connection);

    if (r < 0 || !connection)
        return r;
    connection->stream.engine->counters.requests_failed++;
    out = ab_engine_scratch(connection->stream.engine);
    return finish(request, connection, out, ab_message_write_error(out, request->id, type, text));
}

int ab_request_reply_exception(struct ab_request *request, ab_time now, const char *type, const char *text,
                               struct ab_text *data)
{
    struct ab_inbound *connection;
    struct ab_buffer *out;
    int r = begin(request, now, &connection);

    if (r < 0 || !connection)
        return r;
    connection->stream.engine->counters.requests_failed++;
    out = ab_engine_scratch(connection->stream.engine);
    return finish(request, connection, out, ab_message_write_exception(out, request->id, type, text, data));
}

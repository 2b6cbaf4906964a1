/*
 * Owns the questions to a service of which nothing is known yet. Each part may fail on its own: what an odd peer does not
 * tell is left out, and the first thing that went wrong is told with the rest.
 *
 * The parts' answers arrive on the bus's queue, one at a time; the counts are atomic because registering goes on
 * meanwhile, and the last reference may go anywhere. What is handed on was copied for its receiver alone.
 */
#include "describe.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "failure.h"
#include "message.h"
#include "text.h"

static const struct {
    const char *key;
    const char *object;
} asked[] = {
    {"functions", "autobus.functions"},
    {"events", "autobus.events"},
    {"objects", "autobus.objects"},
    {"doc", "autobus.doc"},
};

enum { PARTS = sizeof asked / sizeof asked[0], AT_ONCE = 64 };

struct question {
    atomic_uint references; /* of its parts, and of who asks */
    atomic_uint pending;    /* parts that have not answered, and who still asks */
    autobus_remote *remote;
    json_t *details;
    json_t *error; /* what went wrong first, or NULL */
    tool_described_fn described;
    void *user_data;
    struct part {
        struct question *question;
        const char *key;
    } parts[PARTS];
};

static void question_unref(struct question *question)
{
    if (atomic_fetch_sub(&question->references, 1) != 1)
        return;
    autobus_remote_unref(question->remote);
    json_decref(question->details);
    json_decref(question->error);
    free(question);
}

static json_t *error_of(const char *type, const char *text)
{
    json_t *error = json_pack("{s:s, s:s}", "type", type, "text", text);
    if (!error)
        tool_out_of_memory();
    return error;
}

/* The answers came in any order; a copy has them in that of the questions. */
static json_t *in_order(const json_t *details)
{
    json_t *ordered = json_object();
    for (size_t i = 0; ordered && i < PARTS; i++) {
        json_t *value = json_object_get(details, asked[i].key);
        if (value && json_object_set(ordered, asked[i].key, value) < 0)
            tool_out_of_memory();
    }
    if (!ordered)
        tool_out_of_memory();
    return ordered;
}

/* Whoever comes last tells. */
static void part_done(struct question *question)
{
    if (atomic_fetch_sub(&question->pending, 1) != 1)
        return;
    json_t *details = in_order(question->details);
    json_decref(question->details); /* nothing of it is shared with who is told */
    question->details = NULL;
    if (question->error && json_object_set_new(details, "error", question->error) < 0)
        tool_out_of_memory();
    question->error = NULL;
    question->remote = autobus_remote_unref(question->remote);
    question->described(details, question->user_data);
}

static bool is_well_formed(const char *key, const json_t *value)
{
    return key[0] == 'd' ? json_is_string(value) : json_is_object(value);
}

/* What a peer does not have is nothing odd: implementations need not know all. */
static void note_error(struct part *part, const autobus_result *result)
{
    struct question *question = part->question;
    if (question->error || result->code == AUTOBUS_ENOENT)
        return;
    if (result->code < 0)
        question->error =
            error_of(tool_failure_type(result->code, result->error), tool_failure_text(result->code, result->error));
    else if (!json_is_null(result->value))
        question->error = error_of("protocol", "it tells it in a form that is none");
}

static void on_part(const autobus_result *result, void *user_data)
{
    struct part *part = user_data;
    if (result->code == 0 && is_well_formed(part->key, result->value)) {
        json_t *copy = json_deep_copy(result->value);
        if (!copy || json_object_set_new(part->question->details, part->key, copy) < 0)
            tool_out_of_memory();
    } else {
        note_error(part, result);
    }
    part_done(part->question);
}

static void on_part_destroyed(void *user_data)
{
    struct part *part = user_data;
    question_unref(part->question);
}

void tool_describe(autobus_remote *remote, int timeout_ms, tool_described_fn described, void *user_data)
{
    struct question *question = tool_make(1, sizeof *question);
    json_t *details = json_object();
    if (!details)
        tool_out_of_memory();
    *question = (struct question){
        .references = PARTS + 1,
        .pending = PARTS + 1,
        .remote = remote,
        .details = details,
        .described = described,
        .user_data = user_data,
    };
    for (size_t i = 0; i < PARTS; i++) {
        struct part *part = &question->parts[i];
        *part = (struct part){question, asked[i].key};
        if (autobus_get_async(remote, asked[i].object, 0, timeout_ms, on_part, part, on_part_destroyed, NULL) < 0) {
            part_done(question);
            question_unref(question);
        }
    }
    part_done(question);
    question_unref(question);
}

/* ---- many */

struct batch {
    pthread_mutex_t lock;
    pthread_cond_t done;
    size_t pending;
};

struct asked_entry {
    struct batch *batch;
    json_t *details;
};

static void on_described(json_t *details, void *user_data)
{
    struct asked_entry *asked_entry = user_data;
    struct batch *batch = asked_entry->batch;
    pthread_mutex_lock(&batch->lock);
    asked_entry->details = details;
    batch->pending--;
    pthread_cond_signal(&batch->done);
    pthread_mutex_unlock(&batch->lock);
}

static void ask(struct asked_entry *asked_entry, autobus_bus *bus, const struct tool_target *target,
                const json_t *entry, int timeout_ms)
{
    autobus_remote *remote = NULL;
    const char *service = json_string_value(json_object_get(entry, "service"));
    int result = tool_target_open(target, bus, service, &remote);
    if (result == 0) {
        tool_describe(remote, timeout_ms, on_described, asked_entry);
        return;
    }
    json_t *error = error_of(tool_failure_type(result, NULL), autobus_strerror(result));
    on_described(json_pack("{s:o}", "error", error), asked_entry);
}

static void add_details(json_t *entry, json_t *details)
{
    if (!details || json_object_update(entry, details) < 0)
        tool_out_of_memory();
    json_decref(details);
}

/* From `start` on, as many as are asked at once. */
static void describe_batch(autobus_bus *bus, const struct tool_target *target, json_t *entries, size_t start,
                           int timeout_ms)
{
    struct asked_entry asked_entries[AT_ONCE];
    struct batch batch = {.lock = PTHREAD_MUTEX_INITIALIZER, .done = PTHREAD_COND_INITIALIZER};
    size_t left = json_array_size(entries) - start;
    size_t count = left < AT_ONCE ? left : AT_ONCE;
    batch.pending = count;
    for (size_t i = 0; i < count; i++) {
        asked_entries[i] = (struct asked_entry){.batch = &batch};
        ask(&asked_entries[i], bus, target, json_array_get(entries, start + i), timeout_ms);
    }
    pthread_mutex_lock(&batch.lock);
    while (batch.pending > 0)
        pthread_cond_wait(&batch.done, &batch.lock);
    pthread_mutex_unlock(&batch.lock);
    for (size_t i = 0; i < count; i++)
        add_details(json_array_get(entries, start + i), asked_entries[i].details);
}

void tool_describe_all(autobus_bus *bus, const struct tool_target *target, json_t *entries, int timeout_ms)
{
    for (size_t start = 0; start < json_array_size(entries); start += AT_ONCE)
        describe_batch(bus, target, entries, start, timeout_ms);
}

/* The fake engine: writes down what it hears. See rig.h. */

#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "failing.h"
#include "net/rig.h"

void rig_engine_init(struct ab_engine *engine, struct rig *rig)
{
    engine->rig = rig;
    engine->deadline = AB_TIME_NEVER;
}

static void note(struct ab_engine *engine, struct rig_record record)
{
    struct rig *rig = engine->rig;
    struct rig_record *kept;

    ab_failing_pause(true);
    kept = ab_malloc(sizeof(*kept));
    ab_failing_pause(false);
    *kept = record;
    ab_list_append(&rig->records, &kept->node);
    rig->counts[record.input]++;
    if (rig->hook)
        rig->hook(rig, &record);
    pthread_cond_broadcast(&rig->changed);
}

void ab_engine_datagram(struct ab_engine *engine, ab_time now, const struct ab_address *from, struct ab_packet *packet)
{
    struct rig_record record = {.input = RIG_DATAGRAM, .address = *from, .code = packet->command};

    (void)now;
    if (packet->service)
        snprintf(record.text, sizeof(record.text), "%s", packet->service);
    note(engine, record);
}

void ab_engine_accepted(struct ab_engine *engine, ab_time now, ab_stream_id stream, const struct ab_address *peer)
{
    (void)now;
    note(engine, (struct rig_record){.input = RIG_ACCEPTED, .stream = stream, .address = *peer});
}

void ab_engine_connected(struct ab_engine *engine, ab_time now, ab_stream_id stream)
{
    (void)now;
    note(engine, (struct rig_record){.input = RIG_CONNECTED, .stream = stream});
}

void ab_engine_message(struct ab_engine *engine, ab_time now, ab_stream_id stream, struct ab_message *message)
{
    struct rig_record record = {.input = RIG_MESSAGE, .stream = stream, .code = message->problem};

    (void)now;
    if (message->name)
        snprintf(record.text, sizeof(record.text), "%s", message->name);
    ab_message_deinit(message);
    note(engine, record);
}

void ab_engine_input_ended(struct ab_engine *engine, ab_time now, ab_stream_id stream)
{
    (void)now;
    note(engine, (struct rig_record){.input = RIG_INPUT_ENDED, .stream = stream});
}

void ab_engine_progress(struct ab_engine *engine, ab_time now, ab_stream_id stream)
{
    (void)now;
    note(engine, (struct rig_record){.input = RIG_PROGRESS, .stream = stream});
}

void ab_engine_closed(struct ab_engine *engine, ab_time now, ab_stream_id stream, int reason)
{
    (void)now;
    note(engine, (struct rig_record){.input = RIG_CLOSED, .stream = stream, .code = reason});
}

bool ab_engine_crowded(struct ab_engine *engine, ab_time now)
{
    (void)now;
    note(engine, (struct rig_record){.input = RIG_CROWDED});
    return false;
}

void ab_engine_network_changed(struct ab_engine *engine, ab_time now)
{
    (void)now;
    note(engine, (struct rig_record){.input = RIG_NETWORK_CHANGED});
}

void ab_engine_port_changed(struct ab_engine *engine, ab_time now, uint16_t port)
{
    (void)now;
    note(engine, (struct rig_record){.input = RIG_PORT_CHANGED, .code = port});
}

void ab_engine_port_claimed(struct ab_engine *engine, ab_time now, uint16_t port)
{
    (void)now;
    note(engine, (struct rig_record){.input = RIG_PORT_CLAIMED, .code = port});
}

void ab_engine_woke(struct ab_engine *engine, ab_time now)
{
    (void)now;
    note(engine, (struct rig_record){.input = RIG_WOKE});
}

void ab_engine_tick(struct ab_engine *engine, ab_time now)
{
    if (engine->deadline <= now)
        engine->deadline = AB_TIME_NEVER;
    note(engine, (struct rig_record){.input = RIG_TICK});
}

ab_time ab_engine_deadline(const struct ab_engine *engine)
{
    return engine->deadline;
}

/* A legacy client's side of a connection: it sends watch as a notice, and answers nothing, pings included. */

#include <stdlib.h>
#include <string.h>

#include "sim/legacy.h"

static struct sim_transcript *transcript_of(struct sim_link *link)
{
    return &link->peer->sim->network.transcript;
}

struct sim_link *legacy_bind(struct legacy *legacy, const struct ab_address *to, const char *service)
{
    struct sim_link *link = sim_peer_connect(legacy->peer, to);
    char *line = sim_format("{\"_type\": 1, \"_id\": \"0\", \"_command\": \"bind\", \"service\": \"%s\"}", service);

    sim_send(link, line);
    free(line);
    return link;
}

void legacy_watch(struct sim_link *link, const char *object)
{
    legacy_send(link, json_pack("{s:i, s:s, s:s}", "_type", 3, "_command", "watch", "name", object));
}

void legacy_unwatch(struct sim_link *link, const char *object)
{
    legacy_send(link, json_pack("{s:i, s:s, s:s}", "_type", 3, "_command", "unwatch", "name", object));
}

void legacy_call(struct sim_link *link, const char *function, const char *args)
{
    legacy_send(link, json_pack("{s:i, s:s, s:s, s:s, s:o}", "_type", 1, "_id", function, "_command", "call", "name",
                                function, "args", json_loads(args, 0, NULL)));
}

static void hear_response(struct sim_link *link, json_t *line)
{
    const char *id = json_string_value(json_object_get(line, "_id"));
    json_t *error = json_object_get(line, "_error");
    json_t *result = json_object_get(line, "result");
    char *text = legacy_text(result, JSON_ENCODE_ANY | JSON_COMPACT);

    if (id && strcmp(id, "0") != 0 && !error && !result)
        legacy_drop(link, "a response without result");
    else if (error)
        sim_transcript_add(transcript_of(link), SIM_RESULTS, "%s: %s failed: %s", link->peer->name, id,
                           json_string_value(json_object_get(error, "text")));
    else if (result)
        sim_transcript_add(transcript_of(link), SIM_RESULTS, "%s: %s = %s", link->peer->name, id, text);
    free(text);
}

void legacy_client_line(struct sim_link *link, json_t *line)
{
    const char *command = json_string_value(json_object_get(line, "_command"));

    if (json_integer_value(json_object_get(line, "_type")) == 2) {
        hear_response(link, line);
    } else if (command && strcmp(command, "changed") == 0) {
        char *value = legacy_text(json_object_get(line, "value"), JSON_ENCODE_ANY | JSON_COMPACT);
        sim_transcript_add(transcript_of(link), SIM_VALUES, "%s: value %s = %s", link->peer->name,
                           json_string_value(json_object_get(line, "name")), value);
        free(value);
    }
}

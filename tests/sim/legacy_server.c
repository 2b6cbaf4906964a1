/* A legacy service's side of a connection. Its faults are modelled where a client of ours can meet them. */

#include <stdlib.h>
#include <string.h>

#include "harness.h"
#include "sim/legacy.h"

static struct legacy *of_link(struct sim_link *link)
{
    return link->peer->context;
}

static json_t *response(json_t *line)
{
    return json_pack("{s:i, s:O}", "_type", 2, "_id", json_object_get(line, "_id"));
}

static json_t *error(json_t *line, const char *text)
{
    json_t *answer = response(line);

    json_object_set_new(answer, "_error", json_pack("{s:s}", "text", text));
    return answer;
}

static bool is_command(json_t *line)
{
    return json_integer_value(json_object_get(line, "_type")) == 1;
}

static void send_changed(struct sim_link *link, const char *name, json_t *value)
{
    json_t *changed = json_pack("{s:i, s:s, s:s, s:O}", "_type", of_link(link)->changed_as_command ? 1 : 3, "_command",
                                "changed", "name", name, "value", value);

    if (of_link(link)->changed_as_command)
        json_object_set_new(changed, "_id", json_string("server-1"));
    legacy_send(link, changed);
}

static void serve_bind(struct sim_link *link, json_t *line)
{
    struct legacy *legacy = of_link(link);
    const char *service = json_string_value(json_object_get(line, "service"));

    if (legacy->service && service && strcmp(service, legacy->service) == 0) {
        json_t *answer = response(line);
        json_object_set_new(answer, "service", json_string(service));
        legacy_send(link, answer);
        return;
    }
    if (!legacy->loses_errors)
        legacy_send(link, error(line, "No such service"));
    sim_link_close(link);
}

static void serve_call(struct sim_link *link, json_t *line)
{
    const char *name = json_string_value(json_object_get(line, "name"));
    json_t *answer;

    if (!is_command(line))
        return;
    if (name && strcmp(name, "echo") == 0) {
        answer = response(line);
        json_object_set(answer, "result", json_object_get(line, "args"));
    } else {
        answer = error(line, "Something went wrong");
    }
    legacy_send(link, answer);
}

static void serve_watch(struct sim_link *link, json_t *line)
{
    const char *name = json_string_value(json_object_get(line, "name"));
    json_t *value = json_object_get(of_link(link)->objects, name);

    if (is_command(line)) {
        json_t *answer = response(line);
        json_object_set_new(answer, "name", json_string(name));
        if (value)
            json_object_set(answer, "value", value);
        legacy_send(link, answer);
    }
    if (!of_link(link)->older)
        send_changed(link, name, value ? value : json_null());
}

static void serve_listen(struct sim_link *link, json_t *line)
{
    json_t *answer = response(line);

    json_object_set(answer, "name", json_object_get(line, "name"));
    legacy_send(link, answer);
    legacy_send(link, error(line, "'NoneType' object is not callable"));
}

void legacy_serve_line(struct sim_link *link, json_t *line)
{
    const char *command = json_string_value(json_object_get(line, "_command"));
    const char *name = json_string_value(json_object_get(line, "name"));

    if (!command)
        return;
    if (strcmp(command, "bind") == 0) {
        serve_bind(link, line);
    } else if (strcmp(command, "call") == 0) {
        serve_call(link, line);
    } else if (strcmp(command, "watch") == 0) {
        serve_watch(link, line);
    } else if (strcmp(command, "unwatch") == 0) {
        send_changed(link, name, json_null());
    } else if (strcmp(command, "listen") == 0) {
        serve_listen(link, line);
    } else if (strcmp(command, "unlisten") == 0) {
        ;
    } else if (strcmp(command, "ping") == 0) {
        legacy_send(link, response(line));
    } else if (is_command(line)) {
        legacy_send(link, error(line, "No such command"));
        legacy_send(link, error(line, "No such command"));
    }
}

void legacy_set(struct legacy *legacy, const char *object, const char *value)
{
    json_object_set_new(legacy->objects, object, json_loads(value, JSON_DECODE_ANY, NULL));
    AB_LIST_EACH (node, &legacy->peer->links) {
        struct sim_link *link = AB_CONTAINER(node, struct sim_link, node);
        if (link->accepted && link->socket)
            send_changed(link, object, json_object_get(legacy->objects, object));
    }
}

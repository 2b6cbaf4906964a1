/*
 * Owns how connections are told to people.
 */
#include "connected.h"

#include <stdio.h>
#include <stdlib.h>

#include "message.h"
#include "text.h"

static long long number_of(const json_t *connection, const char *key)
{
    return json_integer_value(json_object_get(connection, key));
}

static void print_names(FILE *out, const char *what, const json_t *names)
{
    size_t i;
    const json_t *name;
    json_array_foreach(names, i, name)
    {
        fprintf(out, "%s%s", i == 0 ? what : ", ", json_string_value(name));
    }
}

static void say_one(const json_t *connection)
{
    struct tool_writer writer;
    FILE *out = tool_writer_open(&writer);
    long long calls = number_of(connection, "calls"), port = number_of(connection, "port");
    fputs(json_string_value(json_object_get(connection, "host")), out);
    if (port > 0)
        fprintf(out, ":%lld", port);
    else
        fputs(" by the local socket", out);
    fprintf(out, ", for %lld s", number_of(connection, "age_ms") / 1000);
    print_names(out, "; watches ", json_object_get(connection, "watches"));
    print_names(out, "; listens to ", json_object_get(connection, "listens"));
    if (calls > 0)
        fprintf(out, "; waits for %lld call%s", calls, calls == 1 ? "" : "s");
    char *text = tool_writer_close(&writer);
    tool_remark("connected: %s", text);
    free(text);
}

void tool_connected_say(autobus_service *service)
{
    json_t *connections = NULL;
    size_t i;
    const json_t *connection;
    int result = autobus_service_connections(service, &connections);
    if (result < 0)
        tool_error("connections: %s", autobus_strerror(result));
    else if (json_array_size(connections) == 0)
        tool_remark("nobody is connected");
    json_array_foreach(connections, i, connection)
    {
        say_one(connection);
    }
    json_decref(connections);
}

/*
 * thermostat-client: shows the thermostat of a room, or sets it.
 *
 *     thermostat-client ROOM              follows it until interrupted
 *     thermostat-client ROOM DEGREES      sets what it heats to
 *
 * The pattern to copy: a proxy stands for "the thermostat of this room", wherever it is and however
 * often it is restarted. What is watched and listened to goes on by itself.
 */

#include <autobus2.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

/* All callbacks of a bus run one at a time unless a program asks for more, so these need no lock.
 * Their values come from the network; as JSON text they can do a terminal no harm. */
static void print_json(const char *label, const json_t *value)
{
    char *text;
    if (autobus_json_encode(value, 0, &text) < 0)
        return;
    printf("%s: %s\n", label, text);
    fflush(stdout);
    autobus_free(text);
}

static void on_value(const autobus_value *value, void *user_data)
{
    (void)user_data;
    if (value->value) /* NULL: there is no such object now; on_binding says so for all of them */
        print_json(value->name, value->value);
}

static void on_alarm(const autobus_event *event, void *user_data)
{
    (void)user_data;
    if (event->code == 0)
        print_json("ALARM", event->args);
}

static void on_binding(const autobus_binding *binding, void *room)
{
    printf("the thermostat of the %s is %s\n", (const char *)room, binding->bound ? "there" : "gone");
    fflush(stdout);
}

/* The filter type=thermostat,room=ROOM. It is built from values, not from text, so a room's name may
 * hold anything. */
static int find(autobus_bus *bus, const char *room, autobus_remote **ret_thermostat)
{
    autobus_filter *filter = NULL;
    json_t *type = json_string("thermostat");
    json_t *name = json_string(room);
    int code = autobus_filter_new(&filter);
    if (code == 0)
        code = autobus_filter_add_equal(filter, "type", type);
    if (code == 0)
        code = autobus_filter_add_equal(filter, "room", name);
    if (code == 0)
        code = autobus_proxy_filter(bus, filter, ret_thermostat);
    json_decref(name);
    json_decref(type);
    autobus_filter_unref(filter);
    return code;
}

/* Waits for the thermostat to be found, calls it and waits for the answer: 30 s in all, at most. */
static int set(autobus_remote *thermostat, double degrees)
{
    autobus_error error = AUTOBUS_ERROR_INIT;
    int code = autobus_call(thermostat, NULL, &error, "set_target", "[f]", degrees);
    if (code < 0) {
        json_t *text = json_string(error.text);
        print_json("not set", text);
        json_decref(text);
    }
    autobus_error_clear(&error);
    return code;
}

static int follow(autobus_remote *thermostat, char *room)
{
    int code = autobus_remote_on_binding(thermostat, on_binding, room, NULL, NULL);
    if (code == 0)
        code = autobus_watch(thermostat, "target", on_value, NULL, NULL, NULL);
    if (code == 0)
        code = autobus_watch(thermostat, "temperature", on_value, NULL, NULL, NULL);
    if (code == 0)
        code = autobus_listen(thermostat, "alarm", on_alarm, NULL, NULL, NULL);
    if (code < 0) {
        fprintf(stderr, "thermostat-client: %s\n", autobus_strerror(code));
        return code;
    }
    sigset_t signals;
    int signal;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    sigwait(&signals, &signal);
    return 0;
}

int main(int argc, char **argv)
{
    char *end = NULL;
    double degrees = argc == 3 ? strtod(argv[2], &end) : 0;
    if (argc < 2 || argc > 3 || (end && (end == argv[2] || *end))) {
        fprintf(stderr, "usage: thermostat-client ROOM [DEGREES]\n");
        return 2;
    }

    autobus_bus *bus;
    autobus_error error = AUTOBUS_ERROR_INIT;
    if (autobus_bus_new(NULL, &bus, &error) < 0) {
        fprintf(stderr, "thermostat-client: %s\n", error.text);
        autobus_error_clear(&error);
        return 1;
    }

    autobus_remote *thermostat = NULL;
    int code = find(bus, argv[1], &thermostat);
    if (code < 0)
        fprintf(stderr, "thermostat-client: %s\n", autobus_strerror(code));
    else
        code = argc == 3 ? set(thermostat, degrees) : follow(thermostat, argv[1]);

    autobus_bus_close_wait(bus);
    autobus_remote_unref(thermostat);
    autobus_bus_unref(bus);
    return code < 0;
}

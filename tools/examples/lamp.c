/*
 * lamp: can be switched by anybody, and lights for a while when a doorbell rings.
 *
 *     lamp-poll NAME [SECONDS]         how long it lights for a visitor; 10 unless given
 *     lamp-libevent NAME [SECONDS]
 *     lamp-glib NAME [SECONDS]
 *
 *     switch(on)                       function: true or false
 *     on                               object: whether it is
 *
 * A line on standard input is a press of its own switch, and each change is a line on standard output.
 * So it uses all that a loop has: descriptors, a timer, and the signals that end it.
 *
 *     autobus-call 'lamp,name=porch' switch true
 *     autobus-watch 'lamp,name=porch' on
 *
 * The pattern to copy: a program with one thread. All callbacks run in a queue that its loop
 * dispatches, the function too, so nothing here needs a lock. The three programs differ in their
 * loops alone.
 */

#include "lamp.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void set(struct lamp *lamp, bool on)
{
    if (!on)
        lamp->left = 0;
    if (on == lamp->on)
        return;
    lamp->on = on;
    autobus_set(lamp->service, "on", "b", on);
    printf("%s\n", on ? "on" : "off");
    fflush(stdout);
}

/* The handler of switch. */
static void be_switched(autobus_request *request, void *user_data)
{
    int on;
    if (autobus_request_unpack(request, "[b]", &on) < 0)
        return;
    set(user_data, on);
    autobus_reply(request, NULL);
}

/* A doorbell rang. One that was switched on by somebody stays on. */
static void rang(const autobus_event *event, void *user_data)
{
    struct lamp *lamp = user_data;
    if (event->code < 0 || (lamp->on && lamp->left == 0))
        return;
    set(lamp, true);
    lamp->left = lamp->seconds;
}

void lamp_second_passed(struct lamp *lamp)
{
    if (lamp->left > 0 && --lamp->left == 0)
        set(lamp, false);
}

bool lamp_read_switch(struct lamp *lamp, int descriptor)
{
    char bytes[256];
    ssize_t size = read(descriptor, bytes, sizeof(bytes));
    for (ssize_t i = 0; i < size; i++) {
        if (bytes[i] == '\n')
            set(lamp, !lamp->on);
    }
    return size > 0;
}

static int publish(struct lamp *lamp, const char *name)
{
    json_t *info = json_pack("{s:s, s:s}", "type", "lamp", "name", name);
    int code = info ? autobus_service_new(lamp->bus, info, &lamp->service) : AUTOBUS_EINVAL;
    json_decref(info);
    if (code == 0)
        code = autobus_service_add_function(lamp->service, "switch", "(on): true or false.", AUTOBUS_QUEUED,
                                            be_switched, lamp, NULL, NULL);
    if (code == 0)
        code = autobus_service_add_object(lamp->service, "on", "Whether it is.", json_false());
    if (code == 0)
        code = autobus_service_publish(lamp->service);
    return code;
}

static int start(struct lamp *lamp, const char *name)
{
    /* First of all, so that whatever is registered after it runs there. */
    int code = autobus_queue_new_polled(lamp->bus, &lamp->queue);
    if (code == 0)
        code = autobus_bus_set_queue(lamp->bus, lamp->queue);
    if (code == 0)
        code = publish(lamp, name);
    if (code == 0)
        code = autobus_proxy_multiple(lamp->bus, "doorbell", &lamp->doorbell, NULL);
    if (code == 0)
        code = autobus_listen(lamp->doorbell, "rang", rang, lamp, NULL, NULL);
    return code;
}

int lamp_open(struct lamp *lamp, int argc, char **argv)
{
    *lamp = (struct lamp){.seconds = argc > 2 ? atoi(argv[2]) : 10};
    if (argc < 2 || argc > 3 || lamp->seconds < 1) {
        fprintf(stderr, "usage: %s NAME [SECONDS]\n", argv[0]);
        return 2;
    }
    autobus_error error = AUTOBUS_ERROR_INIT;
    if (autobus_bus_new(NULL, &lamp->bus, &error) < 0) {
        fprintf(stderr, "%s: %s\n", argv[0], error.text);
        autobus_error_clear(&error);
        return 1;
    }
    int code = start(lamp, argv[1]);
    if (code < 0) {
        fprintf(stderr, "%s: %s\n", argv[0], autobus_strerror(code));
        lamp_close(lamp);
    }
    return code < 0;
}

/* Callbacks that still wait run in here, on this thread as all others. */
void lamp_close(struct lamp *lamp)
{
    autobus_bus_close_wait(lamp->bus);
    autobus_remote_unref(lamp->doorbell);
    autobus_service_unref(lamp->service);
    autobus_queue_unref(lamp->queue);
    autobus_bus_unref(lamp->bus);
}

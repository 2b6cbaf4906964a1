/*
 * thermostat: keeps a simulated room warm. Publishes two functions, two objects and an event.
 *
 *     thermostat ROOM [SECONDS]      how often it looks at the room; 1 unless given
 *
 *     set_target(degrees)            function: what to heat to, 5 to 30 degrees Celsius
 *     get_target()                   function: what it heats to
 *     temperature, target            objects
 *     alarm [text, degrees]          event: it has become too cold or too hot
 *
 * thermostat-client is a program that uses it; from a shell, the tools do:
 *
 *     autobus-call 'thermostat,room=hall' set_target 21.5
 *     autobus-watch 'thermostat,room=hall' temperature
 *
 * The pattern to copy: functions run on threads of the library, at the same time as main and as each
 * other. What they share is in one struct with a lock.
 */

#include <autobus2.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define COLD 10.0
#define HOT  28.0

struct room {
    autobus_service *service;
    pthread_mutex_t lock; /* guards what is below */
    double target;
    double temperature;
    bool alarmed;
};

/* The handler of set_target. Arguments that are not one number are answered by unpack itself. */
static void set_target(autobus_request *request, void *user_data)
{
    struct room *room = user_data;
    double degrees;
    if (autobus_request_unpack(request, "[F]", &degrees) < 0)
        return;
    if (degrees < 5 || degrees > 30) {
        autobus_reply_error(request, "out_of_range", "%.1f is not from 5 to 30 degrees", degrees);
        return;
    }
    /* The object is set under the lock too, so that two callers cannot leave it with the older of
     * their values. Setting does not block. */
    pthread_mutex_lock(&room->lock);
    room->target = degrees;
    autobus_set(room->service, "target", "f", degrees);
    pthread_mutex_unlock(&room->lock);
    autobus_reply(request, NULL);
}

static void get_target(autobus_request *request, void *user_data)
{
    struct room *room = user_data;
    if (autobus_request_unpack(request, "[]") < 0)
        return;
    pthread_mutex_lock(&room->lock);
    double target = room->target;
    pthread_mutex_unlock(&room->lock);
    autobus_reply(request, "f", target);
}

/* One look at the room: it cools by itself, and warms while the heater is on. */
static void step(struct room *room)
{
    pthread_mutex_lock(&room->lock);
    room->temperature += room->temperature < room->target ? 0.5 : -0.25;
    double temperature = room->temperature;
    bool wrong = temperature < COLD || temperature > HOT;
    bool alarm = wrong && !room->alarmed;
    room->alarmed = wrong;
    pthread_mutex_unlock(&room->lock);

    autobus_set(room->service, "temperature", "f", temperature);
    if (alarm) /* once each time it gets there, not at each look */
        autobus_fire(room->service, "alarm", "[s, f]", temperature < COLD ? "too cold" : "too hot", temperature);
}

static int publish(autobus_bus *bus, struct room *room, const char *name)
{
    json_t *info = json_pack("{s:s, s:s}", "type", "thermostat", "room", name);
    int code = info ? autobus_service_new(bus, info, &room->service) : AUTOBUS_EINVAL;
    json_decref(info);
    if (code == 0)
        code = autobus_service_add_function(room->service, "set_target", "(degrees): what to heat to, 5 to 30.",
                                            AUTOBUS_THREAD, set_target, room, NULL, NULL);
    if (code == 0)
        code = autobus_service_add_function(room->service, "get_target", "(): what it heats to.", AUTOBUS_THREAD,
                                            get_target, room, NULL, NULL);
    if (code == 0)
        code = autobus_service_add_event(room->service, "alarm", "[text, degrees]: it has become too cold or too hot.");
    if (code == 0)
        code = autobus_service_add_object(room->service, "temperature", "Degrees Celsius.", json_null());
    if (code == 0)
        code = autobus_service_add_object(room->service, "target", "Degrees Celsius.", json_null());
    if (code == 0)
        code = autobus_set(room->service, "temperature", "f", room->temperature);
    if (code == 0)
        code = autobus_set(room->service, "target", "f", room->target);
    if (code == 0)
        code = autobus_service_publish(room->service);
    return code;
}

int main(int argc, char **argv)
{
    int seconds = argc > 2 ? atoi(argv[2]) : 1;
    if (argc < 2 || argc > 3 || seconds < 1) {
        fprintf(stderr, "usage: thermostat ROOM [SECONDS]\n");
        return 2;
    }

    /* Blocked before the bus makes its threads: from here on these two only end sigtimedwait. */
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigprocmask(SIG_BLOCK, &signals, NULL);

    autobus_bus *bus;
    autobus_error error = AUTOBUS_ERROR_INIT;
    if (autobus_bus_new(NULL, &bus, &error) < 0) {
        fprintf(stderr, "thermostat: %s\n", error.text);
        autobus_error_clear(&error);
        return 1;
    }

    struct room room = {
        .lock = PTHREAD_MUTEX_INITIALIZER,
        .target = 20,
        .temperature = 18,
    };
    int code = publish(bus, &room, argv[1]);
    if (code < 0)
        fprintf(stderr, "thermostat: %s\n", autobus_strerror(code));

    struct timespec interval = {.tv_sec = seconds};
    while (code == 0) {
        if (sigtimedwait(&signals, NULL, &interval) >= 0)
            break;
        if (errno == EAGAIN) /* not a signal: the interval is over */
            step(&room);
    }

    /* After this no handler runs any more, so the room may go. */
    autobus_bus_close_wait(bus);
    autobus_service_unref(room.service);
    autobus_bus_unref(bus);
    return code < 0;
}

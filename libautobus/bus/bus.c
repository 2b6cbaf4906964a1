/*
 * Owns how a bus comes to be and how its memory goes. Must not know what happens in between.
 *
 * Invariant: a bus that could not be made leaves no thread, descriptor or memory behind.
 */
#include "bus/bus.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"
#include "bus/discoverer.h"
#include "bus/error.h"
#include "bus/options.h"
#include "bus/thread.h"

#define HOST_NAME_SIZE 65

/* ---- Memory */

autobus_bus *ab_bus_hold(autobus_bus *bus)
{
    ab_handle_hold(&bus->handle);
    return bus;
}

static void bus_free(autobus_bus *bus)
{
    ab_bus_join(bus);
    ab_log_deinit(&bus->log);
    ab_callers_deinit(&bus->callers);
    ab_text_unref(bus->null);
    pthread_cond_destroy(&bus->changed);
    pthread_mutex_destroy(&bus->lock);
    ab_free(bus);
}

void ab_bus_release(autobus_bus *bus)
{
    if (ab_handle_release(&bus->handle))
        bus_free(bus);
}

static autobus_bus *bus_new(const struct ab_settings *settings, const autobus_options *options)
{
    autobus_bus *bus = ab_calloc(1, sizeof(*bus));

    if (!bus)
        return NULL;
    bus->null = ab_text_new("null", 4);
    if (!bus->null) {
        ab_free(bus);
        return NULL;
    }
    ab_handle_init(&bus->handle);
    pthread_mutex_init(&bus->lock, NULL);
    pthread_cond_init(&bus->changed, NULL);
    bus->limits = *ab_settings_limits(settings);
    ab_list_init(&bus->slots);
    ab_list_init(&bus->listeners);
    ab_list_init(&bus->services);
    ab_list_init(&bus->remotes);
    ab_list_init(&bus->discoverers);
    ab_list_init(&bus->requests);
    ab_list_init(&bus->settling);
    ab_list_init(&bus->called);
    ab_list_init(&bus->over);
    ab_list_init(&bus->polled);
    ab_queue_init(&bus->queue, bus, AB_QUEUE_DEFAULT);
    ab_queue_init(&bus->events, bus, AB_QUEUE_EVENTS);
    ab_workers_init(&bus->workers);
    ab_callers_init(&bus->callers);
    if (options)
        ab_log_init(&bus->log, options->log_level, options->log, options->log_data);
    else
        ab_log_init(&bus->log, 0, NULL, NULL);
    return bus;
}

/* ---- The engine's view of this host */

static void host_name(char name[HOST_NAME_SIZE])
{
    if (gethostname(name, HOST_NAME_SIZE) < 0 || name[0] == '\0')
        strcpy(name, "localhost");
    name[HOST_NAME_SIZE - 1] = '\0';
    for (char *c = name; *c; c++) {
        if (*c <= ' ' || *c > '~')
            *c = '-';
    }
}

static uint64_t seed(void)
{
    struct timespec now;
    uint64_t value;

    if (getrandom(&value, sizeof(value), 0) == (ssize_t)sizeof(value))
        return value;
    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec + (uint64_t)getpid();
}

static int engine_new(autobus_bus *bus, const struct ab_settings *settings)
{
    char name[HOST_NAME_SIZE];
    char identity[128];
    struct timespec now;
    struct ab_engine_config config = {
        .limits = bus->limits,
        .broadcast = ab_settings_broadcast(settings) ? AB_BROADCAST_BOTH : 0,
        .goodbyes = ab_settings_goodbyes(settings),
        .announce_delay_ms = ab_settings_announce_delay_ms(settings),
        .allowed = ab_settings_allowed(settings),
        .seed = seed(),
        .identity = identity,
        .hostname = name,
        .pid = getpid(),
        .log_level = bus->log.level,
    };
    int r;

    host_name(name);
    clock_gettime(CLOCK_REALTIME, &now);
    snprintf(identity, sizeof(identity), "%lld.%02d-%s", (long long)now.tv_sec, (int)(now.tv_nsec / 10000000), name);
    r = ab_engine_new(&config, ab_net_host(), bus->net, &bus->engine);
    if (r == 0)
        ab_net_attach(bus->net, bus->engine);
    return r;
}

/* ---- Starting */

static int start_engine(autobus_bus *bus, const struct ab_settings *settings)
{
    int r = engine_new(bus, settings);

    if (r < 0)
        return r;
    r = ab_seeds_add(bus, settings); /* before it starts: discovery settles after them */
    if (r == 0) {
        ab_engine_start(bus->engine, ab_bus_now(bus));
        ab_bus_take_notices(bus);
        r = ab_bus_serve(bus);
    }
    if (r < 0) {
        ab_engine_close(bus->engine, ab_bus_now(bus));
        ab_discoverers_shut(bus);
        ab_bus_take_notices(bus);
        ab_engine_free(bus->engine);
        bus->engine = NULL; /* net takes the lock once more */
    }
    return r;
}

static int start(autobus_bus *bus, const struct ab_settings *settings, autobus_error *error)
{
    char *problem = NULL;
    int r = ab_net_new(settings, &ab_bus_driver, bus, &bus->net, &problem);

    if (r < 0)
        return ab_error_fail_problem(error, r, problem);
    r = start_engine(bus, settings);
    if (r == 0)
        return 0;
    ab_net_free(bus->net);
    if (r == AB_ETOOLARGE)
        return ab_error_fail_text(error, AB_EINVAL, "seeds: there are more than seed_hosts allows");
    return ab_error_fail(error, r);
}

int autobus_bus_new(const autobus_options *options, autobus_bus **ret_bus, autobus_error *error)
{
    struct ab_settings *settings;
    autobus_bus *bus;
    int r = ab_guard();

    if (r == 0 && !ret_bus)
        r = AB_EINVAL;
    if (r == 0)
        r = ab_library_start();
    if (r < 0)
        return ab_error_fail(error, r);
    r = ab_options_settings(options, &settings, error);
    if (r < 0)
        return r;
    bus = bus_new(settings, options);
    r = bus ? start(bus, settings, error) : ab_error_fail(error, AB_ENOMEM);
    ab_settings_free(settings);
    if (r == 0)
        *ret_bus = bus;
    else if (bus)
        bus_free(bus);
    return r;
}

/* ---- Public */

autobus_bus *autobus_bus_ref(autobus_bus *bus)
{
    if (!bus || ab_thread.filters)
        return NULL;
    ab_handle_use(&bus->handle);
    return bus;
}

autobus_bus *autobus_bus_unref(autobus_bus *bus)
{
    if (!bus || ab_guard() < 0)
        return NULL;
    if (ab_handle_unuse(&bus->handle))
        autobus_bus_close(bus);
    ab_bus_release(bus);
    return NULL;
}

typedef int (*tell_fn)(const struct ab_net *net, json_t **ret_value);

static int tell(autobus_bus *bus, tell_fn function, json_t **ret_value)
{
    int r = ab_guard();

    if (r == 0 && !ret_value)
        r = AB_EINVAL;
    if (r == 0)
        r = ab_bus_enter(bus);
    if (r < 0)
        return r;
    r = function(bus->net, ret_value);
    ab_bus_leave(bus);
    return r;
}

int autobus_bus_interfaces(autobus_bus *bus, json_t **ret_interfaces)
{
    return tell(bus, ab_net_interfaces, ret_interfaces);
}

int autobus_bus_settings(autobus_bus *bus, json_t **ret_settings)
{
    return tell(bus, ab_net_settings, ret_settings);
}

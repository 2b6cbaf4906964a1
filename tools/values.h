/*
 * Watching one object of every service that is followed: what each has for a value, or that it has none. What
 * autobus-watch and autobus-top have in common.
 */
#ifndef TOOL_VALUES_H
#define TOOL_VALUES_H

#include <autobus2.h>
#include <stdbool.h>

#include "follow.h"

struct tool_values {
    const char *object;
    bool once; /* a service without the object is an error, not a remark */

    /* These run on the bus's queue. NULL: the object is not there, or it is gone, with its service perhaps. */
    void (*changed)(struct tool_followed *followed, json_t *value, void *user_data);
    /* All services that were found have answered; `any`: one of them has the object. Told again and again. */
    void (*known)(bool any, void *user_data);
    void (*gone)(struct tool_followed *followed, void *user_data); /* a service; may be NULL */
    void *user_data;

    struct tool_follow follow;
};

/* Starts. 0, or what to exit with, after a message. */
int tool_values_start(struct tool_values *values, const struct tool_settings *settings,
                      const struct tool_target *target, autobus_bus *bus, struct tool_loop *loop);
/* After the bus is closed. */
void tool_values_deinit(struct tool_values *values);

/* Prints {"service": ID, "object": NAME, "value": VALUE}, without the value if that is NULL. */
void tool_values_print(const struct tool_values *values, const char *service, json_t *value, bool timed);

#endif

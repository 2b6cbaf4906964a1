/*
 * Following services: every one that matches, as they come, go and come back; or, with --any, one of them. What
 * autobus-listen and autobus-watch have in common.
 *
 * All callbacks run on the bus's own queue, one at a time: `attach` and what it registers need no locks among them.
 */
#ifndef TOOL_FOLLOW_H
#define TOOL_FOLLOW_H

#include <autobus2.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "loop.h"
#include "settings.h"
#include "target.h"

struct tool_follow;

/* Rows of a tool's table of options. `timed` is a bool. */
/* clang-format off */
#define TOOL_OPTIONS_FOLLOW(settings, timed) \
    TOOL_OPTION_ANY(settings, "follow one service, whichever comes first"), \
    {"time", 0, NULL, "begin each line with the time", tool_set_flag, timed}, \
    TOOL_OPTION_JSON(settings), \
    TOOL_OPTION_RAW(settings), \
    TOOL_OPTION_VERBOSE(settings, "say on standard error which services are followed"), \
    TOOL_OPTION_ALL(settings), \
    TOOL_OPTION_QUIET(settings), \
    TOOL_OPTION_WAIT(settings, "give up when no service was there by then (for ever)")
/* clang-format on */

/* One proxy or connection. Counted: each registration that uses it holds a reference. */
struct tool_followed {
    struct tool_follow *follow;
    struct tool_followed *next;
    atomic_uint references;
    autobus_remote *remote; /* NULL: given up */
    char *service;          /* the id; NULL until it is known */
    char *label;            /* escaped */
    bool bound;
    bool answered; /* for who attaches: it has told whether there is such a thing */
    bool present;  /* and there is */
    bool refused;  /* it does not let us have it */
};

struct tool_follow {
    const struct tool_settings *settings;
    const struct tool_target *target;
    autobus_bus *bus;
    struct tool_loop *loop;
    /* Registers on the remote, each time with a reference of `followed` and tool_followed_destroy. 0 or AUTOBUS_E…. */
    int (*attach)(struct tool_followed *followed, void *user_data);
    void (*gone)(struct tool_followed *followed, void *user_data); /* may be NULL */
    void (*settled)(void *user_data);                              /* all that was there is followed; may be NULL */
    void *user_data;

    struct tool_followed *all;
    struct tool_lost *lost; /* labels that are gone */
    bool prefixed;          /* more than one was there at once */
    bool is_settled;
    int refusal;       /* what the tool exits with if nobody lets it have anything */
    atomic_bool found; /* something was there; read on the loop's thread too */
    struct tool_timer patience;
};

/* Starts. 0, or what to exit with, after a message. The rest is tool_loop_run. */
int tool_follow_start(struct tool_follow *follow);
/* After the bus is closed. */
void tool_follow_deinit(struct tool_follow *follow);

struct tool_followed *tool_followed_ref(struct tool_followed *followed);
void tool_followed_destroy(void *followed); /* drops a reference: a destroy function */

/* All that can be followed for now is. */
bool tool_follow_is_complete(const struct tool_follow *follow);

/* The service lets nobody like us have what was registered: says so once, and ends the tool if all that are followed do. */
void tool_follow_refused(struct tool_followed *followed, const autobus_error *error);

/* A new string, what a line of this service's starts with: the time with --time, the label once there are several. */
char *tool_follow_start_of_line(const struct tool_followed *followed, bool timed);

/* Adds "time" to a line's object, if `timed`. */
void tool_follow_add_time(json_t *object, bool timed);

#endif

/* What autobus-serve publishes: its command line, taken apart and checked. */
#ifndef TOOL_PLAN_H
#define TOOL_PLAN_H

#include <autobus2.h>
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "options.h"

enum tool_item_kind { TOOL_ITEM_FUNCTION, TOOL_ITEM_OBJECT, TOOL_ITEM_EVENT };

struct tool_item {
    struct tool_item *next;
    enum tool_item_kind kind;
    char *name;
    const char *command;       /* of a function, or of an object that is kept fresh; NULL: none */
    const char *doc;           /* may be NULL */
    const json_t *description; /* may be NULL */
    json_t *value;             /* of an object, at first; NULL with a command */
    bool stream;               /* of a function: each line that its command prints is a partial result */
};

struct tool_plan {
    json_t *info;
    const char *doc;         /* of the service; may be NULL */
    struct tool_item *items; /* in the order of the command line */
    bool local;              /* this machine may use it, and besides it those in `allowed` */
    char *allowed;           /* networks joined by commas; NULL: none were named */
    json_t *docs;            /* NAME: TEXT, until tool_plan_finish */
    json_t *streams;         /* NAME: true, until then */
    json_t *descriptions;    /* NAME: OBJECT */
};

void tool_plan_init(struct tool_plan *plan);
void tool_plan_deinit(struct tool_plan *plan);

/* For the table of options; the target is the plan. */
int tool_plan_set_info(const struct tool_option *option, const char *text);
int tool_plan_add_function(const struct tool_option *option, const char *text);
int tool_plan_add_object(const struct tool_option *option, const char *text);
int tool_plan_add_object_command(const struct tool_option *option, const char *text);
int tool_plan_add_event(const struct tool_option *option, const char *text);
int tool_plan_add_description(const struct tool_option *option, const char *text);
int tool_plan_add_doc(const struct tool_option *option, const char *text);
int tool_plan_add_stream(const struct tool_option *option, const char *text);

int tool_plan_add_allow(const struct tool_option *option, const char *text);

/* Joins documentation, descriptions, and what streams, with what it is for. 0, or what to exit with, after a message. */
int tool_plan_finish(struct tool_plan *plan);

/* Tells the service what the item, which it has by now, was described as. 0, or an error of the library's, after
 * a message. */
int tool_item_describe(const struct tool_item *item, autobus_service *service);

const struct tool_item *tool_plan_find(const struct tool_plan *plan, enum tool_item_kind kind, const char *name);

#endif

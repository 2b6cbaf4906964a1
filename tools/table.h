/*
 * A table of one object of many services: a row a service, a column a key of the object. Pure: the time comes from
 * outside, and lines go back. Text from the network is escaped in them.
 */
#ifndef TOOL_TABLE_H
#define TOOL_TABLE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tool_row {
    char *service;
    char *label;
    json_t *value; /* NULL: none */
    bool gone;
    int64_t until; /* of one that is gone */
};

struct tool_table {
    struct tool_row **rows;
    size_t count;
    size_t capacity;
    char *sort;   /* the key of the column that orders the rows; NULL, or a key that nobody has: the label does */
    bool reverse; /* else numbers fall, and texts rise */
};

/* The value of a service, which is there. `label` is escaped. NULL: it has none. A row that is gone and has the label of
 * a new one makes way. */
void tool_table_set(struct tool_table *table, const char *service, const char *label, json_t *value);

/* The service is gone: its row is to be seen until `until`, with the value that it had last. */
void tool_table_set_gone(struct tool_table *table, const char *service, int64_t until);

/* Removes rows whose time is over. When that of the next is over, or -1. */
int64_t tool_table_expire(struct tool_table *table, int64_t now);

size_t tool_table_count_gone(const struct tool_table *table);

/* Sorts by the next column (1), or the one before (-1); no further than to the last and the first. */
void tool_table_move_sort(struct tool_table *table, int step);

/* The column that the rows are sorted by, as its head shows it: a new string. */
char *tool_table_sort_name(const struct tool_table *table);

/* The rows in the order in which they are shown: an array of `count`, to be freed, of borrowed rows. */
struct tool_row **tool_table_rows(const struct tool_table *table);

struct tool_table_line {
    char *text;
    bool gone;
};

struct tool_table_lines {
    struct tool_table_line *items; /* the first is the head */
    size_t count;
};

/* `width` is that of the terminal, where long cells are cut so that others fit; 0: everything is shown. */
struct tool_table_lines tool_table_layout(const struct tool_table *table, size_t width);
void tool_table_lines_deinit(struct tool_table_lines *lines);

void tool_table_deinit(struct tool_table *table);

#endif

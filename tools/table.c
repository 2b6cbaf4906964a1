/*
 * Owns the rows, their order, and how they look. Must not know the terminal, the bus, or the time of day.
 *
 * Columns are those of the values that are there: keys in the order in which the rows, by label, name them first, then
 * "value" if some value is no object. There are at most MOST_COLUMNS: a service may have as many keys as it likes.
 */
#include "table.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "escape.h"
#include "output.h"
#include "text.h"

enum { MOST_COLUMNS = 64, MOST_CELL = 40, MOST_LABEL = 48 };

static const char lone[] = "value"; /* the column of what is no object */

/* A column. The first, of labels, has neither. */
struct column {
    const char *key; /* borrowed from a value; NULL: that of values which are no objects */
    bool is_label;
};

struct columns {
    struct column items[MOST_COLUMNS];
    size_t count;
};

/* ---- rows */

static struct tool_row *find_row(const struct tool_table *table, const char *service)
{
    for (size_t i = 0; i < table->count; i++) {
        if (strcmp(table->rows[i]->service, service) == 0)
            return table->rows[i];
    }
    return NULL;
}

static void free_row(struct tool_row *row)
{
    json_decref(row->value);
    free(row->service);
    free(row->label);
    free(row);
}

static void remove_row(struct tool_table *table, size_t index)
{
    free_row(table->rows[index]);
    table->count--;
    memmove(&table->rows[index], &table->rows[index + 1], (table->count - index) * sizeof(struct tool_row *));
}

static struct tool_row *add_row(struct tool_table *table, const char *service)
{
    if (table->count == table->capacity) {
        size_t capacity = table->capacity ? 2 * table->capacity : 16;
        table->rows = tool_grow(table->rows, capacity * sizeof(struct tool_row *));
        table->capacity = capacity;
    }
    struct tool_row *row = tool_make(1, sizeof *row);
    row->service = tool_copy(service);
    table->rows[table->count++] = row;
    return row;
}

/* A service that was restarted has a new id. */
static void make_way(struct tool_table *table, const char *label)
{
    for (size_t i = 0; i < table->count; i++) {
        if (table->rows[i]->gone && strcmp(table->rows[i]->label, label) == 0) {
            remove_row(table, i);
            return;
        }
    }
}

void tool_table_set(struct tool_table *table, const char *service, const char *label, json_t *value)
{
    struct tool_row *row = find_row(table, service);
    if (!row) {
        make_way(table, label);
        row = add_row(table, service);
    }
    if (!row->label || strcmp(row->label, label) != 0) {
        free(row->label);
        row->label = tool_copy(label);
    }
    json_incref(value);
    json_decref(row->value);
    row->value = value;
    row->gone = false;
}

void tool_table_set_gone(struct tool_table *table, const char *service, int64_t until)
{
    struct tool_row *row = find_row(table, service);
    if (!row)
        return;
    row->gone = true;
    row->until = until;
}

int64_t tool_table_expire(struct tool_table *table, int64_t now)
{
    int64_t next = -1;
    for (size_t i = table->count; i-- > 0;) {
        const struct tool_row *row = table->rows[i];
        if (!row->gone)
            continue;
        if (row->until <= now)
            remove_row(table, i);
        else if (next < 0 || row->until < next)
            next = row->until;
    }
    return next;
}

size_t tool_table_count_gone(const struct tool_table *table)
{
    size_t count = 0;
    for (size_t i = 0; i < table->count; i++)
        count += table->rows[i]->gone;
    return count;
}

void tool_table_deinit(struct tool_table *table)
{
    for (size_t i = 0; i < table->count; i++)
        free_row(table->rows[i]);
    free(table->rows);
    free(table->sort);
    *table = (struct tool_table){0};
}

/* ---- columns */

static bool has_column(const struct columns *columns, const char *key)
{
    for (size_t i = 0; i < columns->count; i++) {
        if (columns->items[i].key && strcmp(columns->items[i].key, key) == 0)
            return true;
    }
    return false;
}

static void add_column(struct columns *columns, const char *key)
{
    if (columns->count < MOST_COLUMNS)
        columns->items[columns->count++].key = key;
}

static void add_keys(struct columns *columns, json_t *value)
{
    const char *key = NULL;
    json_t *part = NULL;
    json_object_foreach(value, key, part)
    {
        if (columns->count == MOST_COLUMNS)
            return;
        if (!has_column(columns, key))
            add_column(columns, key);
    }
}

/* Of rows that are sorted by label. */
static struct columns find_columns(struct tool_row *const *rows, size_t count)
{
    struct columns columns = {.items[0].is_label = true, .count = 1};
    bool has_lone = false;
    for (size_t i = 0; i < count; i++) {
        if (json_is_object(rows[i]->value))
            add_keys(&columns, rows[i]->value);
        else
            has_lone = has_lone || rows[i]->value;
    }
    if (has_lone)
        add_column(&columns, NULL);
    return columns;
}

static const char *column_name(const struct column *column)
{
    return column->is_label ? "service" : column->key ? column->key : lone;
}

/* The column that sorts; 0, that of labels, when it is not there. */
static size_t sort_index(const struct columns *columns, const char *sort)
{
    for (size_t i = 1; sort && i < columns->count; i++) {
        if (strcmp(column_name(&columns->items[i]), sort) == 0)
            return i;
    }
    return 0;
}

static const json_t *cell_value(const struct tool_row *row, const struct column *column)
{
    if (column->key)
        return json_object_get(row->value, column->key);
    return json_is_object(row->value) ? NULL : row->value;
}

/* ---- order */

static int compare_labels(const void *one, const void *other)
{
    const struct tool_row *first = *(struct tool_row *const *)one, *second = *(struct tool_row *const *)other;
    int order = strcmp(first->label, second->label);
    return order ? order : strcmp(first->service, second->service);
}

/* Numbers come before texts, and texts before what has no order; what is missing is last. */
static int rank(const json_t *value)
{
    if (!value || json_is_null(value))
        return 4;
    return json_is_number(value) ? 0 : json_is_boolean(value) ? 1 : json_is_string(value) ? 2 : 3;
}

static int compare_numbers(const json_t *one, const json_t *other)
{
    if (json_is_integer(one) && json_is_integer(other)) {
        json_int_t first = json_integer_value(one), second = json_integer_value(other);
        return (first < second) - (first > second);
    }
    double first = json_number_value(one), second = json_number_value(other);
    return (first < second) - (first > second);
}

static int compare_values(const json_t *one, const json_t *other)
{
    switch (rank(one)) {
    case 0: return compare_numbers(one, other);
    case 1: return json_is_true(other) - json_is_true(one);
    case 2: return strcmp(json_string_value(one), json_string_value(other));
    default: return 0;
    }
}

struct order {
    const struct column *column;
    bool reverse;
};

static int compare_rows(const void *one, const void *other, void *user_data)
{
    const struct order *order = user_data;
    const struct tool_row *first = *(struct tool_row *const *)one, *second = *(struct tool_row *const *)other;
    int sign = order->reverse ? -1 : 1;
    if (order->column->is_label)
        return sign * compare_labels(one, other);
    const json_t *first_value = cell_value(first, order->column), *second_value = cell_value(second, order->column);
    int result = rank(first_value) - rank(second_value);
    if (result == 0)
        result = sign * compare_values(first_value, second_value);
    return result ? result : compare_labels(one, other);
}

/* The rows in an array of their own, by label. */
static struct tool_row **rows_by_label(const struct tool_table *table)
{
    struct tool_row **rows = tool_make(table->count, sizeof *rows);
    for (size_t i = 0; i < table->count; i++)
        rows[i] = table->rows[i];
    qsort(rows, table->count, sizeof *rows, compare_labels);
    return rows;
}

static struct tool_row **rows_in_order(const struct tool_table *table, const struct columns *columns)
{
    struct tool_row **rows = rows_by_label(table);
    struct order order = {&columns->items[sort_index(columns, table->sort)], table->reverse};
    qsort_r(rows, table->count, sizeof *rows, compare_rows, &order);
    return rows;
}

struct tool_row **tool_table_rows(const struct tool_table *table)
{
    struct tool_row **by_label = rows_by_label(table);
    struct columns columns = find_columns(by_label, table->count);
    struct tool_row **rows = rows_in_order(table, &columns);
    free(by_label);
    return rows;
}

void tool_table_move_sort(struct tool_table *table, int step)
{
    struct tool_row **rows = rows_by_label(table);
    struct columns columns = find_columns(rows, table->count);
    size_t now = sort_index(&columns, table->sort);
    size_t next = step < 0 ? now - (now > 0) : now + (now + 1 < columns.count);
    free(table->sort);
    table->sort = next ? tool_copy(column_name(&columns.items[next])) : NULL;
    free(rows);
}

char *tool_table_sort_name(const struct tool_table *table)
{
    struct tool_row **rows = rows_by_label(table);
    struct columns columns = find_columns(rows, table->count);
    const char *name = column_name(&columns.items[sort_index(&columns, table->sort)]);
    char *text = tool_escape(name, strlen(name), 0);
    free(rows);
    return text;
}

/* ---- cells */

/* Aligned by their points where they are of a common size; --json has all digits. */
static char *real_text(double real)
{
    double size = fabs(real);
    bool plain = real == 0 || (size >= 0.1 && size < 1e9);
    return plain ? tool_print("%.2f", real) : tool_print("%.3g", real);
}

static char *value_text(const json_t *value)
{
    if (!value)
        return tool_copy("-");
    if (json_is_real(value))
        return real_text(json_real_value(value));
    if (json_is_string(value))
        return tool_escape(json_string_value(value), json_string_length(value), 0);
    char *json = tool_json_text(value, 0);
    char *text = tool_escape(json, strlen(json), 0);
    free(json);
    return text;
}

/* Of two services with one label the ids are told too, as autobus-watch does. */
static char *label_text(struct tool_row *const *by_label, size_t count, size_t index)
{
    const struct tool_row *row = by_label[index];
    bool shared = (index > 0 && strcmp(by_label[index - 1]->label, row->label) == 0) ||
                  (index + 1 < count && strcmp(by_label[index + 1]->label, row->label) == 0);
    char *id = tool_escape(row->service, strlen(row->service), 0);
    char *text = tool_print("%s%s%s%s", row->gone ? "(gone) " : "", row->label, shared ? "/" : "", shared ? id : "");
    free(id);
    return text;
}

static char *cut(char *text, size_t most)
{
    if (most == 0 || tool_width(text) <= most)
        return text;
    char *shorter = tool_print("%.*s~", (int)tool_fit(text, most - 1), text);
    free(text);
    return shorter;
}

/* ---- lines */

struct cell {
    char *text;
    size_t width;
};

struct grid {
    struct tool_row **rows; /* as they are shown */
    size_t count;
    struct columns columns;
    struct cell *cells; /* a line of heads, and one for each row */
    size_t widths[MOST_COLUMNS];
    bool right[MOST_COLUMNS]; /* only numbers */
};

static struct cell *cell_at(const struct grid *grid, size_t line, size_t column)
{
    return &grid->cells[line * grid->columns.count + column];
}

static void put(struct grid *grid, size_t line, size_t column, char *text, size_t most)
{
    struct cell *cell = cell_at(grid, line, column);
    cell->text = cut(text, most);
    cell->width = tool_width(cell->text);
    if (cell->width > grid->widths[column])
        grid->widths[column] = cell->width;
}

static size_t index_of(struct tool_row *const *rows, const struct tool_row *row)
{
    size_t index = 0;
    while (rows[index] != row)
        index++;
    return index;
}

static void fill_labels(struct grid *grid, struct tool_row *const *by_label, bool narrow)
{
    put(grid, 0, 0, tool_copy(column_name(&grid->columns.items[0])), 0);
    for (size_t i = 0; i < grid->count; i++)
        put(grid, i + 1, 0, label_text(by_label, grid->count, index_of(by_label, grid->rows[i])),
            narrow ? MOST_LABEL : 0);
}

static void fill_column(struct grid *grid, size_t column, bool narrow)
{
    size_t most = narrow ? MOST_CELL : 0;
    const char *name = column_name(&grid->columns.items[column]);
    put(grid, 0, column, tool_escape(name, strlen(name), 0), most);
    grid->right[column] = true;
    for (size_t i = 0; i < grid->count; i++) {
        const json_t *value = cell_value(grid->rows[i], &grid->columns.items[column]);
        grid->right[column] = grid->right[column] && (!value || json_is_number(value) || json_is_null(value));
        put(grid, i + 1, column, value_text(value), most);
    }
}

static char *line_text(const struct grid *grid, size_t line, size_t width)
{
    struct tool_writer writer;
    FILE *out = tool_writer_open(&writer);
    for (size_t i = 0; i < grid->columns.count; i++) {
        const struct cell *cell = cell_at(grid, line, i);
        int gap = (int)(grid->widths[i] - cell->width);
        bool last = i + 1 == grid->columns.count;
        fprintf(out, "%s%*s%s%*s", i > 0 ? "  " : "", grid->right[i] ? gap : 0, "", cell->text,
                grid->right[i] || last ? 0 : gap, "");
    }
    char *text = tool_writer_close(&writer);
    if (width > 0)
        text[tool_fit(text, width)] = '\0';
    return text;
}

static struct tool_table_lines grid_lines(const struct grid *grid, size_t width)
{
    struct tool_table_lines lines = {tool_make(grid->count + 1, sizeof *lines.items), grid->count + 1};
    for (size_t i = 0; i < lines.count; i++)
        lines.items[i] = (struct tool_table_line){line_text(grid, i, width), i > 0 && grid->rows[i - 1]->gone};
    return lines;
}

static void free_cells(struct grid *grid)
{
    for (size_t i = 0; i < (grid->count + 1) * grid->columns.count; i++)
        free(grid->cells[i].text);
    free(grid->cells);
}

struct tool_table_lines tool_table_layout(const struct tool_table *table, size_t width)
{
    struct tool_row **by_label = rows_by_label(table);
    struct grid grid = {.count = table->count, .columns = find_columns(by_label, table->count)};
    grid.rows = rows_in_order(table, &grid.columns);
    grid.cells = tool_make((grid.count + 1) * grid.columns.count, sizeof *grid.cells);
    fill_labels(&grid, by_label, width > 0);
    for (size_t i = 1; i < grid.columns.count; i++)
        fill_column(&grid, i, width > 0);
    struct tool_table_lines lines = grid_lines(&grid, width);
    free_cells(&grid);
    free(grid.rows);
    free(by_label);
    return lines;
}

void tool_table_lines_deinit(struct tool_table_lines *lines)
{
    for (size_t i = 0; i < lines->count; i++)
        free(lines->items[i].text);
    free(lines->items);
    *lines = (struct tool_table_lines){0};
}

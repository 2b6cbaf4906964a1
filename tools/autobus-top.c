/*
 * autobus-top: one object of every service that matches, in a live table.
 *
 * The bus's queue writes the table and the loop's thread draws it, each under `lock`. What is drawn is what the table
 * holds then: values that come faster than they are drawn are not shown.
 */
#include <autobus2.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bus.h"
#include "escape.h"
#include "exit.h"
#include "keys.h"
#include "message.h"
#include "notes.h"
#include "output.h"
#include "screen.h"
#include "table.h"
#include "text.h"
#include "values.h"

enum {
    DELAY_MS = 1000,
    LEAST_DELAY_MS = 100,
    ONCE_WAIT_MS = 2000,
    ONCE_TIMEOUT_MS = 2000,
    GONE_MS = 5000 /* how long what is gone, and a message, are shown */
};

enum mode {
    LINES, /* of JSON, as they come */
    ONCE,
    SCREEN
};

struct top {
    struct tool_settings settings;
    bool once;
    bool reverse;
    const char *sort;
    int delay_ms;
    enum mode mode;
    const struct tool_target *target;
    struct tool_loop loop;
    struct tool_values values;
    struct tool_timer deadline; /* with --once */

    pthread_mutex_t lock;
    struct tool_table table;
    bool changed;

    /* The screen: only on the loop's thread. */
    struct tool_source keys;
    struct tool_timer draw;
    struct tool_timer expiry;
    int64_t drawn_at;
    size_t first; /* the row at the top */
    size_t body;  /* rows that fit */
};

/* ---- values */

static void on_changed(struct tool_followed *followed, json_t *value, void *user_data)
{
    struct top *top = user_data;
    if (top->mode == LINES) {
        tool_values_print(&top->values, followed->service, value, false);
        return;
    }
    if (!followed->bound)
        return; /* its row goes with the value that it has */
    pthread_mutex_lock(&top->lock);
    tool_table_set(&top->table, followed->service, followed->label, value);
    top->changed = true;
    pthread_mutex_unlock(&top->lock);
    tool_loop_wake(&top->loop);
}

static void on_gone(struct tool_followed *followed, void *user_data)
{
    struct top *top = user_data;
    if (top->mode == LINES)
        return;
    pthread_mutex_lock(&top->lock);
    tool_table_set_gone(&top->table, followed->service, tool_loop_now() + GONE_MS);
    top->changed = true;
    pthread_mutex_unlock(&top->lock);
    tool_loop_wake(&top->loop);
}

static void on_known(bool any, void *user_data)
{
    struct top *top = user_data;
    if (top->mode == ONCE)
        tool_loop_finish(&top->loop, any ? TOOL_EXIT_DONE : TOOL_EXIT_ABSENT);
}

/* ---- drawing */

static char *title_text(const struct top *top, size_t gone, size_t rows)
{
    struct tool_writer writer;
    FILE *out = tool_writer_open(&writer);
    char *object = tool_escape(top->values.object, strlen(top->values.object), 0);
    char *service = tool_escape(top->target->text, strlen(top->target->text), 0);
    char *sort = tool_table_sort_name(&top->table);
    size_t there = rows - gone;
    fprintf(out, "%s of %s: ", object, service);
    if (rows == 0)
        fputs("looking for services", out);
    else
        fprintf(out, "%zu service%s", there, there == 1 ? "" : "s");
    if (gone > 0)
        fprintf(out, ", %zu gone", gone);
    if (rows > top->body)
        fprintf(out, ", rows %zu-%zu", top->first + 1, top->first + top->body < rows ? top->first + top->body : rows);
    fprintf(out, ", by %s%s   q quit  < > sort  r reverse", sort, top->table.reverse ? " reversed" : "");
    free(sort);
    free(service);
    free(object);
    return tool_writer_close(&writer);
}

static void cut(char *text, size_t width)
{
    if (text)
        text[tool_fit(text, width)] = '\0';
}

/* The title, the head, the rows from `first` on, and in the last line what was said last. */
static void draw_lines(const struct top *top, const struct tool_table_lines *lines, const char *title, const char *note,
                       size_t height)
{
    struct tool_screen_line *screen = tool_make(height, sizeof *screen);
    size_t count = 0;
    screen[count++] = (struct tool_screen_line){title, TOOL_PLAIN};
    if (count < height)
        screen[count++] = (struct tool_screen_line){lines->items[0].text, TOOL_REVERSE};
    size_t end = top->first + top->body + 1;
    for (size_t i = top->first + 1; i < lines->count && i < end && count < height; i++)
        screen[count++] = (struct tool_screen_line){lines->items[i].text, lines->items[i].gone ? TOOL_DIM : TOOL_PLAIN};
    while (count < height)
        screen[count++] = (struct tool_screen_line){"", TOOL_PLAIN};
    if (note && height > 1)
        screen[height - 1] = (struct tool_screen_line){note, TOOL_BOLD};
    tool_screen_draw(screen, count);
    free(screen);
}

static void clamp_first(struct top *top, size_t height)
{
    top->body = height > 3 ? height - 3 : 1; /* the title, the head, and the line of messages */
    size_t last = top->table.count > top->body ? top->table.count - top->body : 0;
    if (top->first > last)
        top->first = last;
}

static void draw(struct top *top)
{
    size_t width = 0, height = 0;
    int64_t now = tool_loop_now();
    tool_screen_size(&width, &height);
    char *note = tool_notes_last(now, GONE_MS);

    pthread_mutex_lock(&top->lock);
    int64_t next = tool_table_expire(&top->table, now);
    clamp_first(top, height);
    struct tool_table_lines lines = tool_table_layout(&top->table, width);
    char *title = title_text(top, tool_table_count_gone(&top->table), top->table.count);
    top->changed = false;
    pthread_mutex_unlock(&top->lock);

    cut(title, width);
    cut(note, width);
    draw_lines(top, &lines, title, note, height);
    top->drawn_at = now;
    if (note || next >= 0)
        tool_timer_arm(&top->loop, &top->expiry, note || next - now > 1000 ? 1000 : next - now);
    tool_table_lines_deinit(&lines);
    free(title);
    free(note);
}

static void on_draw(struct tool_timer *timer)
{
    draw(timer->user_data);
}

/* ---- keys */

static void scroll(struct top *top, int64_t rows)
{
    if (rows < 0 && top->first < (size_t)-rows)
        top->first = 0;
    else
        top->first += (size_t)rows; /* draw clamps it */
}

static void sort(struct top *top, int step)
{
    pthread_mutex_lock(&top->lock);
    if (step)
        tool_table_move_sort(&top->table, step);
    else
        top->table.reverse = !top->table.reverse;
    pthread_mutex_unlock(&top->lock);
}

static void on_key(struct top *top, int key)
{
    switch (key) {
    case 'q':
    case 'Q': tool_loop_finish(&top->loop, TOOL_EXIT_DONE); break;
    case '<':
    case TOOL_KEY_LEFT: sort(top, -1); break;
    case '>':
    case TOOL_KEY_RIGHT: sort(top, 1); break;
    case 'r':
    case 'R': sort(top, 0); break;
    case TOOL_KEY_UP: scroll(top, -1); break;
    case TOOL_KEY_DOWN: scroll(top, 1); break;
    case TOOL_KEY_PAGE_UP: scroll(top, -(int64_t)top->body); break;
    case TOOL_KEY_PAGE_DOWN: scroll(top, (int64_t)top->body); break;
    case TOOL_KEY_HOME: top->first = 0; break;
    case TOOL_KEY_END: top->first = top->table.count; break;
    default: break;
    }
}

static void on_keys(struct tool_source *source, short events)
{
    struct top *top = source->user_data;
    char bytes[256];
    (void)events;
    ssize_t size = read(source->fd, bytes, sizeof bytes);
    if (size < 0 && errno == EINTR)
        return;
    if (size <= 0) { /* the terminal hung up */
        tool_loop_remove(&top->loop, source);
        tool_loop_finish(&top->loop, TOOL_EXIT_DONE);
        return;
    }
    int key = 0;
    for (size_t at = 0, length = 0; at < (size_t)size; at += length) {
        length = tool_keys_next(bytes + at, (size_t)size - at, &key);
        on_key(top, key);
    }
    draw(top);
}

/* ---- signals */

/* As if the signal had not been blocked: the process stops here, or not, as the shell wants it. */
static void stop(void)
{
    sigset_t stopped;
    sigemptyset(&stopped);
    sigaddset(&stopped, SIGTSTP);
    tool_screen_leave();
    raise(SIGTSTP);
    pthread_sigmask(SIG_UNBLOCK, &stopped, NULL);
    pthread_sigmask(SIG_BLOCK, &stopped, NULL);
}

static void take_screen(struct top *top)
{
    if (tool_screen_enter() == 0)
        draw(top);
    else
        tool_loop_finish(&top->loop, TOOL_EXIT_FAILED);
}

static void on_signal(int signal, void *user_data)
{
    struct top *top = user_data;
    switch (signal) {
    case SIGWINCH: draw(top); break;
    case SIGTSTP:
        stop();
        take_screen(top);
        break;
    case SIGCONT: take_screen(top); break;
    default: tool_loop_finish(&top->loop, TOOL_EXIT_DONE);
    }
}

/* ---- what wakes it */

static void on_deadline(struct tool_timer *timer)
{
    struct top *top = timer->user_data;
    pthread_mutex_lock(&top->lock);
    bool any = top->table.count > 0;
    pthread_mutex_unlock(&top->lock);
    tool_error(any ? "not every service has answered in time" : "no value of %s in time", top->values.object);
    tool_loop_finish(&top->loop, any ? TOOL_EXIT_DONE : TOOL_EXIT_TIMEOUT);
}

static void plan_drawing(struct top *top)
{
    pthread_mutex_lock(&top->lock);
    bool changed = top->changed;
    pthread_mutex_unlock(&top->lock);
    int64_t left = top->drawn_at + top->delay_ms - tool_loop_now();
    char *note = tool_notes_last(tool_loop_now(), GONE_MS);
    if ((changed || note) && !top->draw.armed)
        tool_timer_arm(&top->loop, &top->draw, left > 0 ? left : 0);
    free(note);
}

static void on_wake(void *user_data)
{
    struct top *top = user_data;
    if (top->mode == SCREEN)
        plan_drawing(top);
    else if (top->mode == ONCE && !top->deadline.armed && atomic_load(&top->values.follow.found))
        tool_timer_arm(&top->loop, &top->deadline, top->settings.timeout_ms);
}

/* ---- modes */

static void prepare_screen(struct top *top)
{
    static const int signals[] = {SIGWINCH, SIGTSTP, SIGCONT};
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++)
        tool_loop_add_signal(&top->loop, signals[i]);
    top->loop.on_signal = on_signal;
    top->keys = (struct tool_source){STDIN_FILENO, POLLIN, on_keys, top};
    if (isatty(STDIN_FILENO) == 1)
        tool_loop_add(&top->loop, &top->keys);
    tool_notes_begin(&top->loop);
}

static void print_rows(struct top *top)
{
    struct tool_row **rows = tool_table_rows(&top->table);
    for (size_t i = 0; i < top->table.count; i++)
        tool_values_print(&top->values, rows[i]->service, rows[i]->value, false);
    free(rows);
}

static void print_table(struct top *top)
{
    struct tool_table_lines lines = tool_table_layout(&top->table, 0);
    for (size_t i = 0; i < lines.count; i++)
        tool_output_text(lines.items[i].text);
    tool_table_lines_deinit(&lines);
}

static void print_once(struct top *top)
{
    pthread_mutex_lock(&top->lock);
    if (top->settings.json)
        print_rows(top);
    else if (top->table.count > 0)
        print_table(top);
    pthread_mutex_unlock(&top->lock);
}

static int run_screen(struct top *top)
{
    if (tool_screen_enter() < 0) {
        tool_error("the terminal: %s", strerror(errno));
        return TOOL_EXIT_FAILED;
    }
    draw(top);
    int end = tool_loop_run(&top->loop);
    tool_screen_leave();
    return end;
}

static int run_on(struct top *top, autobus_bus *bus)
{
    top->values.once = top->mode == ONCE;
    top->values.changed = on_changed;
    top->values.known = on_known;
    top->values.gone = on_gone;
    top->values.user_data = top;
    int end = tool_values_start(&top->values, &top->settings, top->target, bus, &top->loop);
    if (end)
        return end;
    if (top->mode == SCREEN)
        return run_screen(top);
    end = tool_loop_run(&top->loop);
    if (top->mode == ONCE && end == TOOL_EXIT_DONE)
        print_once(top);
    return end;
}

static int run(struct top *top)
{
    autobus_bus *bus = NULL;
    int end = tool_loop_init(&top->loop, 0);
    if (end)
        return end;
    top->loop.on_wake = on_wake;
    top->loop.user_data = top;
    top->deadline = (struct tool_timer){.expired = on_deadline, .user_data = top};
    top->draw = (struct tool_timer){.expired = on_draw, .user_data = top};
    top->expiry = (struct tool_timer){.expired = on_draw, .user_data = top};
    if (top->mode == SCREEN)
        prepare_screen(top);
    end = tool_bus_open(&top->settings, &bus);
    if (end == 0) {
        end = run_on(top, bus);
        tool_bus_close(bus);
        tool_values_deinit(&top->values);
    }
    if (top->mode == SCREEN)
        tool_notes_end();
    tool_loop_deinit(&top->loop);
    return end;
}

/* ---- the command line */

static bool read_options(struct top *top, int argc, char **argv, struct tool_words *ret_words, int *ret_exit)
{
    struct tool_settings *settings = &top->settings;
    const struct tool_option options[] = {
        {"delay", 'd', "SECONDS", "draw at most this often (1)", tool_set_seconds, &top->delay_ms},
        {"sort", 's', "KEY", "sort by this column, the biggest first", tool_set_text, &top->sort},
        {"reverse", 0, NULL, "sort the other way round", tool_set_flag, &top->reverse},
        {"once", 0, NULL, "print the table once and end", tool_set_flag, &top->once},
        TOOL_OPTION_JSON(settings),
        TOOL_OPTION_VERBOSE(settings, "say on standard error which services are followed"),
        TOOL_OPTION_ALL(settings),
        TOOL_OPTION_QUIET(settings),
        TOOL_OPTION_WAIT(settings, "give up when no service was there by then (for ever; 2 with --once)"),
        TOOL_OPTION_TIMEOUT(settings, "with --once: for the values, from when a service is there (2)"),
        TOOL_OPTIONS_BUS(settings),
        TOOL_OPTIONS_END,
    };
    static const struct tool_option_rule rules[] = {
        {"delay", TOOL_EXCLUDES, {"once", "json"}},
        {"timeout", TOOL_NEEDS_ANY_OF, {"once"}},
        TOOL_RULE_QUIET,
        TOOL_RULES_END,
    };
    const struct tool_usage usage = {
        .synopsis = "[OPTION…] SERVICE OBJECT",
        .summary =
            "Shows an object of every service that matches in a live table, a row a service; as lines of JSON if\n"
            "standard output is no terminal.",
        .options = options,
        .rules = rules,
        .least = 2,
        .most = 2,
    };
    return tool_settings_read(settings, &usage, argc, argv, ret_words, ret_exit);
}

/* Lines come in the order in which the values do. */
static bool makes_sense(const struct top *top)
{
    if (!top->settings.json || top->once || (!top->sort && !top->reverse))
        return true;
    tool_error("--%s: with --json there is no order without --once", top->sort ? "sort" : "reverse");
    tool_usage_hint();
    return false;
}

static void apply_options(struct top *top, const char *object)
{
    top->values.object = object;
    top->table.sort = top->sort ? tool_copy(top->sort) : NULL;
    top->table.reverse = top->reverse;
    if (top->delay_ms < LEAST_DELAY_MS)
        top->delay_ms = LEAST_DELAY_MS;
    if (top->settings.wait_ms == TOOL_UNSET)
        top->settings.wait_ms = top->once ? ONCE_WAIT_MS : TOOL_FOREVER;
    top->mode = top->once ? ONCE : top->settings.json || !tool_screen_is_possible() ? LINES : SCREEN;
}

int main(int argc, char **argv)
{
    struct top top = {.settings = TOOL_SETTINGS_INIT, .delay_ms = DELAY_MS, .lock = PTHREAD_MUTEX_INITIALIZER};
    struct tool_words words;
    struct tool_target target;
    int end = 0;
    tool_begin("autobus-top");
    top.settings.wait_ms = TOOL_UNSET;
    top.settings.timeout_ms = ONCE_TIMEOUT_MS;
    if (!read_options(&top, argc, argv, &words, &end))
        return end;
    end = makes_sense(&top) ? tool_target_read(&words, "object", top.settings.all, &target) : TOOL_EXIT_USAGE;
    if (end == 0) {
        top.target = &target;
        apply_options(&top, words.items[1]);
        end = run(&top);
        tool_table_deinit(&top.table);
        tool_target_deinit(&target);
    }
    tool_words_deinit(&words);
    return end;
}

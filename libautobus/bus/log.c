/*
 * Owns the log lines that wait for the program. Must not take the bus's lock.
 *
 * Invariant: the program's function runs with no lock held, and not inside itself: a line that comes about while a
 * thread tells lines is told by the next turn of any, for which the event thread is woken.
 */
#include "bus/log.h"

#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "bus/thread.h"

#define WAITING_MOST 4096

struct line {
    struct ab_list node;
    int level;
    char text[];
};

void ab_log_init(struct ab_log *log, int level, autobus_log_fn function, void *user_data)
{
    pthread_mutex_init(&log->lock, NULL);
    ab_list_init(&log->lines);
    log->waiting = 0;
    log->telling = 0;
    log->level = function ? level : 0;
    log->function = function;
    log->user_data = user_data;
}

static void drop_lines(struct ab_list *lines)
{
    struct ab_list *node;

    while ((node = ab_list_take(lines)))
        ab_free(AB_CONTAINER(node, struct line, node));
}

void ab_log_deinit(struct ab_log *log)
{
    drop_lines(&log->lines);
    pthread_mutex_destroy(&log->lock);
}

AB_COLD void ab_log_put(struct ab_log *log, int level, const char *text, size_t size)
{
    struct line *line;

    if (level > log->level)
        return;
    line = ab_malloc(sizeof(*line) + size + 1);
    if (!line)
        return;
    line->level = level;
    memcpy(line->text, text, size);
    line->text[size] = '\0';
    ab_list_init(&line->node);
    pthread_mutex_lock(&log->lock);
    if (log->waiting < WAITING_MOST) {
        ab_list_append(&log->lines, &line->node);
        log->waiting++;
        line = NULL;
    }
    pthread_mutex_unlock(&log->lock);
    ab_free(line);
}

static AB_COLD bool tell(struct ab_log *log)
{
    struct ab_list lines, *node;

    ab_list_init(&lines);
    pthread_mutex_lock(&log->lock);
    ab_list_splice(&lines, &log->lines);
    log->waiting = 0;
    log->telling += ab_list_empty(&lines) ? 0 : 1;
    pthread_mutex_unlock(&log->lock);
    if (ab_list_empty(&lines))
        return false;
    ab_thread.logging = true;
    ab_callback_begin();
    while ((node = ab_list_take(&lines))) {
        struct line *line = AB_CONTAINER(node, struct line, node);

        log->function(line->level, line->text, log->user_data);
        ab_free(line);
    }
    ab_callback_end();
    ab_thread.logging = false;
    pthread_mutex_lock(&log->lock);
    log->telling--;
    pthread_mutex_unlock(&log->lock);
    return true;
}

bool ab_log_tell(struct ab_log *log)
{
    return log->level && !ab_thread.logging && tell(log);
}

bool ab_log_waits(struct ab_log *log)
{
    bool waits;

    pthread_mutex_lock(&log->lock);
    waits = !ab_list_empty(&log->lines);
    pthread_mutex_unlock(&log->lock);
    return waits;
}

bool ab_log_idle(struct ab_log *log)
{
    bool idle;

    pthread_mutex_lock(&log->lock);
    idle = ab_list_empty(&log->lines) && !log->telling;
    pthread_mutex_unlock(&log->lock);
    return idle;
}

/*
 * Owns the messages that wait for the screen to end. At most MOST_KEPT of errors are kept: a log can be endless.
 */
#include "notes.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "message.h"
#include "text.h"

enum { MOST_KEPT = 16384 };

static struct {
    pthread_mutex_t lock;
    struct tool_loop *loop;
    char *last; /* a line */
    int64_t said;
    char *kept;
    size_t size;
} notes = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void keep(const char *text)
{
    size_t size = strlen(text);
    if (notes.size + size > MOST_KEPT)
        return;
    notes.kept = tool_grow(notes.kept, notes.size + size);
    memcpy(notes.kept + notes.size, text, size);
    notes.size += size;
}

static void on_message(const char *text, bool error)
{
    pthread_mutex_lock(&notes.lock);
    free(notes.last);
    notes.last = tool_copy_part(text, strcspn(text, "\n"));
    notes.said = tool_loop_now();
    if (error)
        keep(text);
    pthread_mutex_unlock(&notes.lock);
    tool_loop_wake(notes.loop);
}

void tool_notes_begin(struct tool_loop *loop)
{
    if (isatty(STDERR_FILENO) != 1)
        return;
    notes.loop = loop;
    tool_message_divert(on_message);
}

void tool_notes_end(void)
{
    tool_message_divert(NULL);
    if (notes.size > 0)
        fwrite(notes.kept, 1, notes.size, stderr);
    free(notes.kept);
    free(notes.last);
    notes.kept = notes.last = NULL;
    notes.size = 0;
}

char *tool_notes_last(int64_t now, int64_t most_ms)
{
    pthread_mutex_lock(&notes.lock);
    char *text = notes.last && now - notes.said < most_ms ? tool_copy(notes.last) : NULL;
    pthread_mutex_unlock(&notes.lock);
    return text;
}

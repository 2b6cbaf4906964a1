/*
 * Owns what is the same before each target, and what assertions of Check do outside of a runner of
 * Check: end the process with a word.
 */
#include "fuzz/fuzz.h"

#include <jansson.h>
#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What a user has set for his bus decides nothing here. */
static void forget_settings(void)
{
    for (char **each = environ; *each;) {
        char *name = strndup(*each, strcspn(*each, "="));
        if (strncmp(name, "AUTOBUS_", strlen("AUTOBUS_")) == 0)
            unsetenv(name);
        else
            each++;
        free(name);
    }
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    forget_settings();
    setlocale(LC_CTYPE, "C.UTF-8");
    if (!freopen("/dev/null", "r", stdin))
        abort();
    json_object_seed(1);
    return 0;
}

/* ---- What is behind Check's macros */

void _ck_assert_failed(const char *file, int line, const char *expression, const char *format, ...)
{
    va_list arguments;

    fprintf(stderr, "%s:%d: %s", file, line, expression);
    if (format) {
        fputs(": ", stderr);
        va_start(arguments, format);
        vfprintf(stderr, format, arguments);
        va_end(arguments);
    }
    fputc('\n', stderr);
    abort();
}

/* ---- Parts of an input */

static void *block_of(size_t size)
{
    void *block = malloc(size);

    if (!block && size > 0)
        abort();
    return block;
}

char *fuzz_copy(const void *data, size_t size)
{
    char *copy = block_of(size);

    if (size > 0)
        memcpy(copy, data, size);
    return copy;
}

char *fuzz_string(const void *data, size_t size)
{
    size_t length = size > 0 ? strnlen(data, size) : 0;
    char *copy = block_of(length + 1);

    memcpy(copy, length > 0 ? data : "", length);
    copy[length] = '\0';
    return copy;
}

bool fuzz_line(struct ab_slice *rest, struct ab_slice *ret_line)
{
    const char *end = rest->size > 0 ? memchr(rest->data, '\n', rest->size) : NULL;
    size_t size = end ? (size_t)(end - rest->data) : rest->size;

    if (rest->size == 0)
        return false;
    *ret_line = (struct ab_slice){rest->data, size};
    size += end != NULL;
    *rest = (struct ab_slice){rest->data + size, rest->size - size};
    return true;
}

struct ab_text *fuzz_text(const struct ab_buffer *buffer)
{
    struct ab_text *text = ab_text_new(ab_buffer_data(buffer), ab_buffer_size(buffer));

    ck_assert_ptr_nonnull(text);
    return text;
}

/* ---- Stories */

bool fuzz_story_next(struct fuzz_story *story, struct ab_slice *ret_bytes, char *ret_event)
{
    size_t left = (size_t)(story->end - story->at);
    const uint8_t *event;

    if (left == 0 || story->most == 0)
        return false;
    story->most--;
    *ret_event = '\0';
    *ret_bytes = (struct ab_slice){NULL, 0};
    if (left > 1 && story->at[0] == FUZZ_EVENT) {
        *ret_event = (char)(story->at[1] ? story->at[1] : '.');
        story->at += 2;
        return true;
    }
    event = memchr(story->at + 1, FUZZ_EVENT, left - 1);
    *ret_bytes = (struct ab_slice){(const char *)story->at, event ? (size_t)(event - story->at) : left};
    story->at += ret_bytes->size;
    return true;
}

unsigned fuzz_pause_ms(char event)
{
    static const unsigned times[] = {2, 10, 50, 200, 1000, 3000, 5000, 10000, 20000, 60000};

    return event >= '0' && event <= '9' ? times[event - '0'] : 0;
}

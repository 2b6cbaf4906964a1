/*
 * Owns the form of lines of log and how many there are. Must not know what they are about.
 *
 * A peer can be the cause of almost any line, as often as it likes. So each level has a thousand lines at once, which are
 * enough for a large network to appear, and one a second after that; the next says how many were left out. Who logs for
 * debugging wants everything.
 */
#include "core/log.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "core/internal.h"

#define LINE_MOST 511
#define COMPLAINT 400 /* so that there is room for what follows it */
#define AT_ONCE   1000
#define EACH      AB_SECOND

void ab_log_rations_init(struct ab_log_rations *rations)
{
    for (size_t i = 0; i < sizeof(rations->of) / sizeof(rations->of[0]); i++)
        rations->of[i] = (struct ab_log_ration){.credit = INT64_MIN / 2};
}

/* True: one line of that level may be said, and so many were not before it. */
static bool take(struct ab_engine *engine, int level, unsigned long *ret_unsaid)
{
    struct ab_log_ration *ration = &engine->rations.of[level];

    *ret_unsaid = 0;
    if (level >= AB_LOG_DEBUG)
        return true;
    if (ration->credit > engine->now) {
        ration->unsaid++;
        return false;
    }
    if (ration->credit < engine->now - (AT_ONCE - 1) * EACH)
        ration->credit = engine->now - (AT_ONCE - 1) * EACH;
    ration->credit += EACH;
    *ret_unsaid = ration->unsaid;
    ration->unsaid = 0;
    return true;
}

size_t ab_log_format(char *room, size_t size, const char *format, va_list arguments)
{
    char text[LINE_MOST + 2]; /* one more tells whether the last is whole */
    size_t length = (size_t)vsnprintf(text, sizeof(text), format, arguments);

    if (length > sizeof(text) - 1)
        length = sizeof(text) - 1;
    length = ab_text_cut(text, length, size - 1);
    for (size_t i = 0; i < length; i++)
        room[i] = (unsigned char)text[i] < ' ' || text[i] == '\x7f' ? ' ' : text[i];
    room[length] = '\0';
    return length;
}

static void say(struct ab_engine *engine, int level, const char *line, size_t length)
{
    struct ab_notice *notice = ab_notice_new(AB_NOTICE_LOG, NULL);

    if (!notice)
        return;
    notice->level = level;
    notice->name = ab_text_new(line, length);
    if (notice->name)
        ab_engine_emit(engine, notice);
    else
        ab_notice_release(notice);
}

AB_COLD void ab_engine_log(struct ab_engine *engine, int level, const char *format, ...)
{
    char line[LINE_MOST + 1];
    unsigned long unsaid;
    va_list arguments;
    size_t length;

    if (level > engine->log_level || !take(engine, level, &unsaid))
        return;
    va_start(arguments, format);
    length = ab_log_format(line, sizeof(line), format, arguments);
    va_end(arguments);
    if (unsaid > 0) {
        char note[60];

        say(engine, level, note, (size_t)snprintf(note, sizeof(note), "%lu lines were left out", unsaid));
    }
    say(engine, level, line, length);
}

AB_COLD void ab_engine_complain(struct ab_engine *engine, struct ab_complaint *complaint, const char *format, ...)
{
    char text[COMPLAINT], note[AB_COMPLAINT_NOTE];
    unsigned long unsaid;
    va_list arguments;

    if (!ab_complaint_due(complaint, engine->now, &unsaid))
        return;
    va_start(arguments, format);
    ab_log_format(text, sizeof(text), format, arguments);
    va_end(arguments);
    ab_engine_log(engine, AB_LOG_WARNING, "%s%s", text, ab_complaint_note(unsaid, note));
}

/*
 * Owns what all tools do alike before they begin. Must not know what any tool is for.
 */
#include "settings.h"

#include <autobus2.h>
#include <fcntl.h>
#include <locale.h>
#include <string.h>
#include <unistd.h>

#include "message.h"

static const char *const log_levels[] = {
    [AUTOBUS_LOG_ERROR] = "error",
    [AUTOBUS_LOG_WARNING] = "warning",
    [AUTOBUS_LOG_INFO] = "info",
    [AUTOBUS_LOG_DEBUG] = "debug",
};

int tool_set_log_level(const struct tool_option *option, const char *text)
{
    for (int level = AUTOBUS_LOG_ERROR; level <= AUTOBUS_LOG_DEBUG; level++) {
        if (strcmp(text, log_levels[level]) == 0) {
            *(int *)option->target = level;
            return 0;
        }
    }
    tool_error("--%s %s: not a level: error, warning, info, debug", option->name, text);
    return -1;
}

/* So that no socket takes the place of a descriptor that was closed when we were started. What is written there fails, as
 * it would have. */
static void open_standard_descriptors(void)
{
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    while (fd >= 0 && fd <= STDERR_FILENO)
        fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (fd >= 0)
        close(fd);
}

void tool_begin(const char *program)
{
    open_standard_descriptors();
    setlocale(LC_CTYPE, ""); /* the width of characters; numbers stay as they are */
    tool_message_init(program);
}

bool tool_settings_read(struct tool_settings *settings, const struct tool_usage *usage, int argc, char **argv,
                        struct tool_words *ret_words, int *ret_exit)
{
    if (!tool_options_read(usage, argc, argv, ret_words, ret_exit))
        return false;
    tool_message_set(settings->quiet, settings->verbose);
    if (settings->timeout_ms == 0)
        settings->timeout_ms = 1; /* to the library 0 means its default */
    return true;
}

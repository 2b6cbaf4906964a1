/*
 * Reads settings from the environment and from a file of KEY=VALUE lines that systemd also reads as an EnvironmentFile:
 * comments after # or ;, values bare or in quotes, a backslash before the line end joins lines. Knows the variables'
 * names and not what their values may be. Names that do not begin with AUTOBUS_ are somebody else's and ignored; one
 * that does and is not known is an error, because it is a mistyped one of ours.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/memory.h"
#include "net/settings_private.h"

#define PREFIX       "AUTOBUS_"
#define PREFIX_SIZE  (sizeof(PREFIX) - 1)
#define LARGEST_FILE 65536

/* The setting that a variable's name stands for; AB_SETTINGS: none. */
static enum ab_setting find_variable(const char *name, size_t size)
{
    for (unsigned i = 0; i < AB_SETTINGS; i++) {
        const char *setting = ab_settings_name((enum ab_setting)i);
        size_t j = 0;

        if (size != PREFIX_SIZE + strlen(setting))
            continue;
        while (setting[j] && name[PREFIX_SIZE + j] == toupper((unsigned char)setting[j]))
            j++;
        if (!setting[j])
            return (enum ab_setting)i;
    }
    return AB_SETTINGS;
}

static int load_environment(struct ab_settings *settings, char **ret_problem)
{
    for (unsigned i = 0; i < AB_SETTINGS; i++) {
        const char *setting = ab_settings_name((enum ab_setting)i);
        char name[64] = PREFIX;
        const char *value;
        char *problem = NULL;
        int r;

        for (size_t j = 0; setting[j]; j++)
            name[PREFIX_SIZE + j] = (char)toupper((unsigned char)setting[j]);
        value = settings->present & 1u << i ? NULL : secure_getenv(name);
        if (!value)
            continue;
        r = ab_settings_put(settings, (enum ab_setting)i, value, "environment", &problem);
        if (r == AB_EINVAL)
            *ret_problem = ab_settings_problem("%s: %s", name, problem ? problem : "no such value");
        ab_free(problem);
        if (r < 0)
            return r;
    }
    return 0;
}

/* ---- The file. */

/* 1: read, with a NUL at the end; 0: there is none; AB_ENOMEM, AB_EINVAL. */
static int read_file(const char *file, struct ab_buffer *text, char **ret_problem)
{
    int descriptor = open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    ssize_t count = 1;
    int wrong = errno;

    if (descriptor < 0 && (wrong == ENOENT || wrong == ENOTDIR))
        return 0;
    while (descriptor >= 0 && count > 0 && ab_buffer_size(text) <= LARGEST_FILE) {
        char *room = ab_buffer_reserve(text, 4096);

        if (!room) {
            close(descriptor);
            return AB_ENOMEM;
        }
        count = read(descriptor, room, 4096);
        wrong = errno;
        if (count > 0)
            ab_buffer_commit(text, (size_t)count);
        else if (count < 0 && wrong == EINTR)
            count = 1;
    }
    if (descriptor < 0 || count < 0) {
        *ret_problem = ab_settings_problem("%s: %s", file, strerror(wrong));
        if (descriptor >= 0)
            close(descriptor);
        return AB_EINVAL;
    }
    close(descriptor);
    if (ab_buffer_size(text) > LARGEST_FILE || memchr(ab_buffer_data(text), 0, ab_buffer_size(text))) {
        *ret_problem = ab_settings_problem("%s: this is no file of settings", file);
        return AB_EINVAL;
    }
    return ab_buffer_append(text, "", 1) < 0 ? AB_ENOMEM : 1;
}

/* Cuts one line off in place, joined with those that a backslash before the line end continues. NULL at the end. */
static char *next_line(char **rest, unsigned *number)
{
    char *line = *rest;
    char *to = line;
    char *from = line;

    if (*line == '\0')
        return NULL;
    for (; *from && *from != '\n'; *to++ = *from++) {
        while (from[0] == '\\' && (from[1] == '\n' || (from[1] == '\r' && from[2] == '\n'))) {
            from += from[1] == '\n' ? 2 : 3;
            ++*number;
        }
        if (*from == '\0' || *from == '\n')
            break;
    }
    *rest = *from ? from + 1 : from;
    ++*number;
    *to = '\0';
    return line;
}

/* Takes quotes and backslashes out of a value in place; false: a quote is not closed. */
static bool unquote(char *value)
{
    char *to = value;
    char quote = '\0';

    for (const char *from = value; *from; from++) {
        if (*from == quote)
            quote = '\0';
        else if (!quote && (*from == '"' || *from == '\''))
            quote = *from;
        else if (*from == '\\' && quote != '\'' && from[1])
            *to++ = *++from;
        else
            *to++ = *from;
    }
    *to = '\0';
    return !quote;
}

/* What is wrong with a line, or NULL; *ret_name is its name and *ret_value its value, if it has any. */
static const char *split_line(char *line, char **ret_name, char **ret_value)
{
    size_t size = strlen(line);
    char *equals;

    line += strspn(line, " \t\r");
    *ret_name = NULL;
    if (*line == '\0' || *line == '#' || *line == ';')
        return NULL;
    size = strlen(line);
    while (size > 0 && isspace((unsigned char)line[size - 1]))
        line[--size] = '\0';
    equals = strchr(line, '=');
    for (char *name = line; equals && name < equals; name++)
        if (!isalnum((unsigned char)*name) && *name != '_')
            equals = NULL;
    if (!equals || equals == line)
        return "not a line of the form NAME=VALUE";
    *equals = '\0';
    *ret_name = line;
    *ret_value = equals + 1 + strspn(equals + 1, " \t");
    return NULL;
}

/* 0, AB_ENOMEM, or AB_EINVAL with what is wrong. */
static int load_line(struct ab_settings *settings, char *line, unsigned from_before, const char *place,
                     char **ret_problem)
{
    char *name;
    char *value;
    const char *wrong = split_line(line, &name, &value);
    enum ab_setting setting;
    char *problem = NULL;
    int r;

    if (wrong) {
        *ret_problem = ab_settings_problem("%s", wrong);
        return AB_EINVAL;
    }
    if (!name || strncmp(name, PREFIX, PREFIX_SIZE) != 0 || strcmp(name, PREFIX "SEEDS") == 0)
        return 0;
    setting = find_variable(name, strlen(name));
    if (setting == AB_SETTINGS) {
        *ret_problem = ab_settings_problem("there is no setting %s", name);
        return AB_EINVAL;
    }
    if (!unquote(value)) {
        *ret_problem = ab_settings_problem("%s: a quote is not closed", name);
        return AB_EINVAL;
    }
    if (from_before & 1u << setting)
        return 0;
    r = ab_settings_put(settings, setting, value, place, &problem);
    if (r == AB_EINVAL)
        *ret_problem = ab_settings_problem("%s: %s", name, problem ? problem : "no such value");
    ab_free(problem);
    return r;
}

static int load_file(struct ab_settings *settings, const char *file, char **ret_problem)
{
    struct ab_buffer text = AB_BUFFER_INIT;
    unsigned before = settings->present; /* within the file, the last line of a name wins */
    int r = read_file(file, &text, ret_problem);
    unsigned number = 0;
    unsigned first = 1;
    char *rest = text.block ? text.block + text.start : NULL;

    for (char *line; r > 0 && (line = next_line(&rest, &number)); first = number + 1) {
        char *problem = NULL;
        char *place = ab_settings_problem("%s:%u", file, first);
        int wrong = place ? load_line(settings, line, before, place, &problem) : AB_ENOMEM;

        if (wrong == AB_EINVAL)
            *ret_problem = ab_settings_problem("%s: %s", place, problem ? problem : "not understood");
        ab_free(problem);
        ab_free(place);
        r = wrong < 0 ? wrong : r;
    }
    ab_buffer_deinit(&text);
    return r < 0 ? r : 0;
}

int ab_settings_load(struct ab_settings *settings, const char *file, char **ret_problem)
{
    char *problem = NULL;
    int r = load_environment(settings, &problem);

    if (r == 0 && file)
        r = load_file(settings, file, &problem);
    if (r == AB_EINVAL)
        *ret_problem = problem;
    else
        ab_free(problem);
    return r;
}

/*
 * Owns what a child inherits: three descriptors, an environment, no signal settings. Nothing that came from the network
 * gets into the text of the command: arguments are its parameters.
 *
 * posix_spawn, since other threads may hold locks at the time of a fork.
 */
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "message.h"
#include "output.h"
#include "text.h"

/* ---- parameters and environment */

static void free_texts(char **texts)
{
    for (char **text = texts; *text; text++)
        free(*text);
    free(texts);
}

static char **make_parameters(const struct tool_command *command)
{
    size_t count = json_array_size(command->args);
    char **texts = tool_make(5 + count, sizeof *texts);
    texts[0] = tool_copy("/bin/sh");
    texts[1] = tool_copy("-c");
    texts[2] = tool_copy(command->text);
    texts[3] = tool_copy(command->name);
    for (size_t i = 0; i < count; i++) {
        const json_t *value = json_array_get(command->args, i);
        texts[4 + i] = json_is_string(value) ? tool_copy(json_string_value(value)) : tool_json_text(value, 0);
    }
    return texts;
}

static bool is_ours(const char *variable)
{
    static const char *const names[] = {
        "AUTOBUS_FUNCTION=", "AUTOBUS_OBJECT=", "AUTOBUS_SERVICE=", "AUTOBUS_PEER=", "NOTIFY_SOCKET="};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strncmp(variable, names[i], strlen(names[i])) == 0)
            return true;
    }
    return false;
}

static char **make_environment(const char *const *variables)
{
    size_t inherited = 0, added = 0, count = 0;
    while (environ[inherited])
        inherited++;
    while (variables[added])
        added++;
    char **texts = tool_make(inherited + added + 1, sizeof *texts);
    for (size_t i = 0; i < inherited; i++) {
        if (!is_ours(environ[i]))
            texts[count++] = tool_copy(environ[i]);
    }
    for (size_t i = 0; i < added; i++)
        texts[count++] = tool_copy(variables[i]);
    return texts;
}

/* ---- descriptors */

struct ends {
    int input; /* what the child gets */
    int out;
    int err;
    int our_out; /* and what stays here */
    int our_err;
};

static void close_end(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static void close_ends(struct ends *ends)
{
    close_end(&ends->input);
    close_end(&ends->out);
    close_end(&ends->err);
    close_end(&ends->our_out);
    close_end(&ends->our_err);
}

/* The arguments in a file of memory: the child reads them when it likes, and nobody has to feed it. */
static int open_input(const json_t *args)
{
    if (!args)
        return open("/dev/null", O_RDONLY | O_CLOEXEC);
    int fd = memfd_create("autobus-arguments", MFD_CLOEXEC);
    if (fd < 0)
        return -1;
    char *text = tool_json_text(args, 0);
    size_t size = strlen(text);
    text[size] = '\n'; /* in the place of the NUL */
    for (size_t at = 0; at <= size;) {
        ssize_t written = write(fd, text + at, size + 1 - at);
        if (written < 0 && errno != EINTR)
            break;
        at += written > 0 ? (size_t)written : 0;
    }
    free(text);
    if (lseek(fd, 0, SEEK_CUR) == (off_t)size + 1 && lseek(fd, 0, SEEK_SET) == 0)
        return fd;
    close(fd);
    return -1;
}

static int open_pipe(int *ret_ours, int *ret_childs)
{
    int fds[2];
    if (pipe2(fds, O_CLOEXEC) < 0)
        return -1;
    *ret_ours = fds[0];
    *ret_childs = fds[1];
    return fcntl(fds[0], F_SETFL, O_NONBLOCK);
}

static int open_ends(const struct tool_command *command, struct ends *ends)
{
    *ends = (struct ends){-1, -1, -1, -1, -1};
    ends->input = open_input(command->args);
    if (ends->input >= 0 && open_pipe(&ends->our_out, &ends->out) == 0 && open_pipe(&ends->our_err, &ends->err) == 0)
        return 0;
    int error = errno ? errno : EIO;
    close_ends(ends);
    return error;
}

/* ---- starting */

static int set_attributes(posix_spawnattr_t *attributes)
{
    sigset_t all, none;
    sigfillset(&all);
    sigemptyset(&none);
    int error =
        posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
    if (!error)
        error = posix_spawnattr_setpgroup(attributes, 0);
    if (!error)
        error = posix_spawnattr_setsigdefault(attributes, &all);
    return error ? error : posix_spawnattr_setsigmask(attributes, &none);
}

static int add_actions(posix_spawn_file_actions_t *actions, const struct ends *ends)
{
    int error = posix_spawn_file_actions_adddup2(actions, ends->input, STDIN_FILENO);
    if (!error)
        error = posix_spawn_file_actions_adddup2(actions, ends->out, STDOUT_FILENO);
    return error ? error : posix_spawn_file_actions_adddup2(actions, ends->err, STDERR_FILENO);
}

static int spawn(const struct tool_command *command, const struct ends *ends, pid_t *ret_pid)
{
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_t actions;
    if (posix_spawnattr_init(&attributes) || posix_spawn_file_actions_init(&actions))
        tool_out_of_memory();
    char **parameters = make_parameters(command);
    char **environment = make_environment(command->variables);
    int error = set_attributes(&attributes);
    if (!error)
        error = add_actions(&actions, ends);
    if (!error)
        error = posix_spawn(ret_pid, parameters[0], &actions, &attributes, parameters, environment);
    free_texts(environment);
    free_texts(parameters);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return error;
}

int tool_child_start(const struct tool_command *command, struct tool_child *ret_child)
{
    struct ends ends;
    pid_t pid;
    int error = open_ends(command, &ends);
    if (error)
        return error;
    error = spawn(command, &ends, &pid);
    if (!error) {
        *ret_child = (struct tool_child){pid, ends.our_out, ends.our_err};
        ends.our_out = ends.our_err = -1;
    }
    close_ends(&ends);
    return error;
}

/*
 * speaker: says what it is asked to say, and says when somebody is at the door.
 *
 *     speaker                        prints it
 *     speaker COMMAND [ARG...]       runs the command for each text, which it finds on its standard
 *                                    input: speaker espeak-ng --stdin
 *
 *     say(text)                      function: returns when it has been said
 *
 * It needs no client of its own:
 *
 *     autobus-call speaker say "Dinner is ready"
 *
 * The pattern to copy: one program that is a service and a client. It finds the doorbell when there
 * is one, before or after it was started itself, and needs neither its address nor its host.
 */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* pipe2, environ */
#endif
#include <autobus2.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct speaker {
    char **command;        /* NULL: print */
    pthread_mutex_t voice; /* one text at a time */
};

/* Text from the network could hold what a terminal obeys (ESC and its like): a '?' for each. */
static void print_text(const char *text)
{
    for (const unsigned char *byte = (const unsigned char *)text; *byte; byte++) {
        if (*byte == 0xc2 && byte[1] >= 0x80 && byte[1] < 0xa0) {
            byte++; /* U+0080 to U+009F */
            putchar('?');
        } else {
            putchar(*byte < ' ' || *byte == 0x7f ? '?' : *byte);
        }
    }
    putchar('\n');
    fflush(stdout);
}

/* Starts the command with `input` as its standard input. It gets the signals as usual, and not as a
 * thread of the library has them. */
static int start(char **command, int input, pid_t *ret_pid)
{
    sigset_t none, pipes;
    sigemptyset(&none);
    sigemptyset(&pipes);
    sigaddset(&pipes, SIGPIPE);

    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &pipes);
    int problem = posix_spawnp(ret_pid, command[0], &actions, &attributes, command, environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return problem;
}

/* Runs the command with the text on its standard input, so that nothing from the network becomes
 * part of a command line. True when it has ended well. */
static bool run(char **command, const char *text)
{
    int ends[2], status = 0;
    pid_t pid;
    if (pipe2(ends, O_CLOEXEC) < 0)
        return false;
    int problem = start(command, ends[0], &pid);
    close(ends[0]);
    if (problem == 0) {
        for (size_t left = strlen(text); left > 0;) {
            ssize_t size = write(ends[1], text, left);
            if (size < 0) /* it does not want to read all of it */
                break;
            text += size;
            left -= (size_t)size;
        }
    }
    close(ends[1]);
    return problem == 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

static bool speak(struct speaker *speaker, const char *text)
{
    bool said = true;
    pthread_mutex_lock(&speaker->voice);
    if (speaker->command)
        said = run(speaker->command, text);
    else
        print_text(text);
    pthread_mutex_unlock(&speaker->voice);
    return said;
}

/* The handler of say. It runs on a thread of its own, so it may take the time that speaking takes. */
static void say(autobus_request *request, void *user_data)
{
    const char *text;
    if (autobus_request_unpack(request, "[s]", &text) < 0)
        return;
    if (speak(user_data, text))
        autobus_reply(request, NULL);
    else
        autobus_reply_error(request, "voice", "the command that speaks has failed");
}

/* Somebody rang. This runs on the bus's queue, which waits meanwhile; nothing else does. */
static void on_rang(const autobus_event *event, void *user_data)
{
    if (event->code == 0)
        speak(user_data, "someone is at the door");
}

static int publish(autobus_bus *bus, struct speaker *speaker, autobus_service **ret_service)
{
    json_t *info = json_pack("{s:s}", "type", "speaker");
    autobus_service *service = NULL;
    int code = info ? autobus_service_new(bus, info, &service) : AUTOBUS_ENOMEM;
    json_decref(info);
    if (code == 0)
        code = autobus_service_add_function(service, "say", "(text): returns when it is said.", AUTOBUS_THREAD, say,
                                            speaker, NULL, NULL);
    if (code == 0)
        code = autobus_service_publish(service);
    if (code == 0)
        *ret_service = service;
    else
        autobus_service_unref(service);
    return code;
}

int main(int argc, char **argv)
{
    /* Blocked before the bus makes its threads. A command that ends early is no reason to end. */
    sigset_t signals;
    int signal_number;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    signal(SIGPIPE, SIG_IGN);

    autobus_bus *bus;
    autobus_error error = AUTOBUS_ERROR_INIT;
    if (autobus_bus_new(NULL, &bus, &error) < 0) {
        fprintf(stderr, "speaker: %s\n", error.text);
        autobus_error_clear(&error);
        return 1;
    }

    struct speaker speaker = {
        .command = argc > 1 ? argv + 1 : NULL,
        .voice = PTHREAD_MUTEX_INITIALIZER,
    };
    autobus_service *service = NULL;
    autobus_remote *doorbell = NULL;
    int code = publish(bus, &speaker, &service);
    if (code == 0)
        code = autobus_proxy(bus, "type=doorbell", &doorbell, NULL);
    if (code == 0)
        code = autobus_listen(doorbell, "rang", on_rang, &speaker, NULL, NULL);
    if (code == 0)
        sigwait(&signals, &signal_number);
    else
        fprintf(stderr, "speaker: %s\n", autobus_strerror(code));

    /* After this no callback runs any more, so the speaker may go. */
    autobus_bus_close_wait(bus);
    autobus_remote_unref(doorbell);
    autobus_service_unref(service);
    autobus_bus_unref(bus);
    return code < 0;
}

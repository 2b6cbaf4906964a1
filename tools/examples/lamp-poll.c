/*
 * lamp-poll: the lamp of lamp.c in a loop around poll.
 *
 *     lamp-poll NAME [SECONDS]
 *
 * The pattern to copy: the queue's descriptor is one more to poll, and dispatching what to do when it
 * is readable.
 */

#include "lamp.h"

#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

enum { CALLBACKS, SWITCH, SECOND, SIGNAL, DESCRIPTORS };

static void run(struct lamp *lamp, struct pollfd *wait)
{
    while (!wait[SIGNAL].revents) {
        uint64_t count;
        if (poll(wait, DESCRIPTORS, -1) < 0)
            continue;
        if (wait[CALLBACKS].revents && autobus_queue_dispatch(lamp->queue, 0) < 0)
            break;
        if (wait[SWITCH].revents && !lamp_read_switch(lamp, wait[SWITCH].fd))
            wait[SWITCH].fd = -1; /* poll then looks at the others alone */
        if (wait[SECOND].revents && read(wait[SECOND].fd, &count, sizeof(count)) > 0)
            lamp_second_passed(lamp);
    }
}

int main(int argc, char **argv)
{
    sigset_t mask;
    sigemptyset(&mask);
    sigaddset(&mask, SIGINT);
    sigaddset(&mask, SIGTERM);
    sigprocmask(SIG_BLOCK, &mask, NULL);

    struct lamp lamp;
    int status = lamp_open(&lamp, argc, argv);
    if (status != 0)
        return status;

    struct itimerspec second = {.it_value = {.tv_sec = 1}, .it_interval = {.tv_sec = 1}};
    struct pollfd wait[DESCRIPTORS] = {
        [CALLBACKS] = {.fd = autobus_queue_fd(lamp.queue), .events = POLLIN},
        [SWITCH] = {.fd = STDIN_FILENO, .events = POLLIN},
        [SECOND] = {.fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC), .events = POLLIN},
        [SIGNAL] = {.fd = signalfd(-1, &mask, SFD_CLOEXEC), .events = POLLIN},
    };
    status = wait[SIGNAL].fd < 0 || timerfd_settime(wait[SECOND].fd, 0, &second, NULL) < 0;
    if (status == 0)
        run(&lamp, wait);
    close(wait[SECOND].fd);
    close(wait[SIGNAL].fd);
    lamp_close(&lamp);
    return status;
}

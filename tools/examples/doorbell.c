/*
 * doorbell: fires an event when somebody presses it.
 *
 *     doorbell DOOR
 *
 * A line on standard input is a press, so a button can be wired to it with whatever prints a line.
 * So is a call of its function:
 *
 *     autobus-call doorbell press
 *     autobus-listen doorbell rang
 *
 * The pattern to copy: a program that waits for its own input as well as for the signals that end
 * it, with poll. speaker is a program that listens to it.
 */

#include <autobus2.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

struct doorbell {
    autobus_service *service;
    const char *door;
};

static int ring(const struct doorbell *doorbell)
{
    return autobus_fire(doorbell->service, "rang", "[s]", doorbell->door);
}

/* The handler of press: anybody on the network may ring, as anybody in the street may. */
static void press(autobus_request *request, void *user_data)
{
    if (autobus_request_unpack(request, "[]") < 0)
        return;
    if (ring(user_data) == 0)
        autobus_reply(request, NULL);
    else
        autobus_reply_error(request, NULL, "the bell is broken");
}

static int publish(autobus_bus *bus, struct doorbell *doorbell)
{
    json_t *info = json_pack("{s:s, s:s}", "type", "doorbell", "door", doorbell->door);
    int code = info ? autobus_service_new(bus, info, &doorbell->service) : AUTOBUS_EINVAL;
    json_decref(info);
    if (code == 0)
        code = autobus_service_add_event(doorbell->service, "rang", "[door]: somebody pressed the bell.");
    if (code == 0)
        code = autobus_service_add_function(doorbell->service, "press", "(): rings the bell.", AUTOBUS_THREAD, press,
                                            doorbell, NULL, NULL);
    if (code == 0)
        code = autobus_service_publish(doorbell->service);
    return code;
}

/* Waits for presses on standard input until a signal arrives. The end of input is not the end of the
 * bell: it can still be called. */
static int wait_for_presses(const struct doorbell *doorbell, int signals)
{
    struct pollfd wait[2] = {
        {.fd = signals, .events = POLLIN},
        {.fd = STDIN_FILENO, .events = POLLIN},
    };
    int code = 0;
    while (code == 0) {
        if (poll(wait, 2, -1) < 0)
            continue;
        if (wait[0].revents)
            break;
        char bytes[256];
        ssize_t size = read(STDIN_FILENO, bytes, sizeof(bytes));
        if (size <= 0)
            wait[1].fd = -1; /* poll then looks at the signals alone */
        for (ssize_t i = 0; i < size && code == 0; i++) {
            if (bytes[i] == '\n')
                code = ring(doorbell);
        }
    }
    return code;
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: doorbell DOOR\n");
        return 2;
    }

    /* Blocked before the bus makes its threads, and read from a descriptor instead. */
    sigset_t mask;
    sigemptyset(&mask);
    sigaddset(&mask, SIGINT);
    sigaddset(&mask, SIGTERM);
    sigprocmask(SIG_BLOCK, &mask, NULL);
    int signals = signalfd(-1, &mask, SFD_CLOEXEC);
    if (signals < 0) {
        perror("doorbell");
        return 1;
    }

    autobus_bus *bus;
    autobus_error error = AUTOBUS_ERROR_INIT;
    if (autobus_bus_new(NULL, &bus, &error) < 0) {
        fprintf(stderr, "doorbell: %s\n", error.text);
        autobus_error_clear(&error);
        return 1;
    }

    struct doorbell doorbell = {.door = argv[1]};
    int code = publish(bus, &doorbell);
    if (code == 0)
        code = wait_for_presses(&doorbell, signals);
    if (code < 0)
        fprintf(stderr, "doorbell: %s\n", autobus_strerror(code));

    /* After this no handler runs any more, so the doorbell may go. */
    autobus_bus_close_wait(bus);
    autobus_service_unref(doorbell.service);
    autobus_bus_unref(bus);
    close(signals);
    return code < 0;
}

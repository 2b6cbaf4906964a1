/*
 * The lamp of lamp-poll, lamp-libevent and lamp-glib: all that it is, but for the loop that runs it. See lamp.c.
 */
#ifndef LAMP_H
#define LAMP_H

#include <autobus2.h>
#include <stdbool.h>

struct lamp {
    autobus_bus *bus;
    autobus_queue *queue; /* all of its callbacks: the loop polls and dispatches it */
    autobus_service *service;
    autobus_remote *doorbell;
    bool on;
    int seconds; /* how long it lights for a visitor */
    int left;    /* of them; 0: nobody rang */
};

/* Reads NAME and SECONDS, and publishes the lamp. Not 0: what the program is to exit with, and why is said. */
int lamp_open(struct lamp *lamp, int argc, char **argv);
/* Its own switch, wired to standard input: reads what is there, and switches at each line. False: that has ended. */
bool lamp_read_switch(struct lamp *lamp, int descriptor);
/* To be told each second. */
void lamp_second_passed(struct lamp *lamp);
void lamp_close(struct lamp *lamp);

#endif

/* What the tools exit with; the manual pages list it. */
#ifndef TOOL_EXIT_H
#define TOOL_EXIT_H

enum tool_exit {
    TOOL_EXIT_DONE = 0,
    TOOL_EXIT_FAILED = 1,       /* the remote answered with an error not named here */
    TOOL_EXIT_USAGE = 2,        /* wrong usage, or several services where one was meant */
    TOOL_EXIT_ABSENT = 3,       /* no such service, function or object */
    TOOL_EXIT_TIMEOUT = 4,      /* no answer in time */
    TOOL_EXIT_DISCONNECTED = 5, /* no connection, or it was lost */
    TOOL_EXIT_DENIED = 6,
    TOOL_EXIT_NO_BUS = 7 /* no bus here: no network, no descriptors, no memory */
};

#endif

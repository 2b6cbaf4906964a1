/*
 * Result codes used by every layer, and a mark for what deals with them.
 *
 * A function that can fail returns 0 (or a positive local condition that its comment names) or one of these negative
 * codes; it leaves its outputs untouched when it fails. The public header repeats the numbers as AUTOBUS_E…;
 * bus/error.c holds the two together with static assertions.
 */
#ifndef AB_BASE_ERROR_H
#define AB_BASE_ERROR_H

enum ab_error_code {
    AB_OK = 0,
    AB_ENOMEM = -1,        /* an allocation failed */
    AB_EINVAL = -2,        /* an argument is not what the function takes */
    AB_ECLOSED = -3,       /* the bus, or the thing itself, is closed */
    AB_EDEADLK = -4,       /* would block where nothing may block */
    AB_ETIMEDOUT = -5,     /* the deadline passed */
    AB_EDISCONNECTED = -6, /* the connection was lost after the message may have left */
    AB_ECANCELED = -7,     /* cancelled by the program */
    AB_ENOTBOUND = -8,     /* the proxy is bound to no service */
    AB_EAGAIN = -9,        /* no room now; later there may be */
    AB_EOVERFLOW = -10,    /* more came than is kept: a listener that did not keep up was cut off */
    AB_EREMOTE = -11,      /* the remote answered with an error; type and text say which */
    AB_ENOENT = -12,       /* no such name */
    AB_EEXIST = -13,       /* the name is taken */
    AB_ETOOLARGE = -14,    /* over a limit of size, nesting or number */
    AB_ENETWORK = -15,     /* no socket, port, interface or address */
    AB_EPROTOCOL = -16,    /* the peer does not speak the protocol */
    AB_EFORKED = -17,      /* called in a child of fork */
};

/* For functions that run when something is wrong, once in the life of a connection, or when a thread has to be woken: the
 * compiler keeps them, and the ways that lead to them, out of the code that every message runs through. */
#define AB_COLD __attribute__((cold))

#endif

/*
 * The table of limits: everything that a peer can make grow has its name and default here (the list of reasons is in
 * autobus(7)). A bus has one struct ab_limits, filled with the defaults and changed by its options before it starts.
 */
#ifndef AB_WIRE_LIMITS_H
#define AB_WIRE_LIMITS_H

#include <stddef.h>

/* name, default, smallest, largest: the public option has the same name. */
#define AB_LIMITS(X)                                                                                      \
    X(datagram_read, 16384, 512, 65507)               /* bytes of a datagram read; longer is dropped */   \
    X(datagram_send, 8192, 512, 65507)                /* bytes of a datagram sent */                      \
    X(datagram_nesting, 16, 1, 64)                    /* depth of JSON in a datagram */                   \
    X(datagram_tokens, 256, 16, 65536)                /* JSON tokens in a datagram */                     \
    X(routes, 16384, 1, 1048576)                      /* routes known in all */                           \
    X(routes_per_host, 1024, 1, 1048576)              /* routes from one source host */                   \
    X(routes_loopback, 4096, 1, 1048576)              /* routes from loopback */                          \
    X(routes_per_service, 64, 1, 1048576)             /* routes of one service */                         \
    X(route_bytes, 33554432, 1048576, 1073741824)     /* bytes of memory for what is said of services */  \
    X(probes, 8, 1, 1024)                             /* probes at once */                                \
    X(answers_burst, 10, 1, 1000)                     /* answers to queries at once */                    \
    X(answers_per_second, 2, 1, 1000)                 /* answers to queries after that */                 \
    X(line, 1048576, 4096, 1073741824)                /* bytes of a line */                               \
    X(line_unbound, 4096, 512, 1048576)               /* bytes of a line before bind */                   \
    X(nesting, 64, 8, 1024)                           /* depth of JSON in a line */                       \
    X(tokens, 32768, 64, 16777216)                    /* JSON tokens in a line */                         \
    X(id_bytes, 256, 16, 4096)                        /* bytes of a message's _id */                      \
    X(bad_lines, 10, 1, 1000)                         /* lines that are no message, until close */        \
    X(unbound, 64, 1, 4096)                           /* inbound connections that are not bound */        \
    X(connections, 4096, 1, 1048576)                  /* inbound connections in all */                    \
    X(connections_per_host, 256, 1, 1048576)          /* inbound connections from one host */             \
    X(connections_loopback, 4096, 1, 1048576)         /* inbound connections from loopback */             \
    X(inbound_bytes, 67108864, 1048576, 1073741824)   /* bytes waiting, in and out, on all of these */    \
    X(calls, 1024, 1, 1048576)                        /* calls in progress on a connection, either end */ \
    X(watches, 4096, 1, 1048576)                      /* watches and listens on an inbound connection */  \
    X(output_pause, 1048576, 4096, 1073741824)        /* bytes waiting: stop reading commands */          \
    X(output_close, 8388608, 65536, 1073741824)       /* bytes waiting: close */                          \
    X(output_values, 65536, 1024, 1073741824)         /* bytes waiting: hold values, send the newest */   \
    X(events_waiting, 10000, 1, 1000000)              /* events waiting for a listener of the program */  \
    X(event_bytes_waiting, 4194304, 1024, 1073741824) /* and their bytes */                               \
    X(workers, 64, 1, 1024)                           /* worker threads */                                \
    X(calls_waiting, 1024, 1, 1048576)                /* calls waiting for their handler; then busy */    \
    X(live_connections, 256, 0, 65536)                /* idle connections of one liveness listener */     \
    X(multiple_services, 1024, 1, 1048576)            /* services that one proxy of many is bound to */   \
    X(seed_hosts, 64, 0, 4096)                        /* hosts asked over TCP */                          \
    X(description, 8192, 0, 1048576)                  /* bytes of a description of our own */

struct ab_limits {
#define AB_LIMIT_FIELD(name, value, least, most) size_t name;
    AB_LIMITS(AB_LIMIT_FIELD)
#undef AB_LIMIT_FIELD
};

void ab_limits_init(struct ab_limits *limits);
/* AB_ENOENT: no limit has that name; AB_EINVAL: the value is out of its range. */
int ab_limits_set(struct ab_limits *limits, const char *name, long long value);

#endif

/*
 * A way to a service: the node (one bus at one address) that has it, as the source (one host) told. Core only.
 */
#ifndef AB_CORE_ROUTE_H
#define AB_CORE_ROUTE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/address.h"
#include "base/list.h"
#include "base/map.h"
#include "core/discoverer.h"
#include "core/explain.h"
#include "core/timer.h"

struct ab_engine;
struct ab_found;
struct ab_keep;
struct ab_outbound;
struct ab_probe;

/* A host that has services: what the limits per host are counted on. */
struct ab_source {
    struct ab_map_node node;
    struct ab_address host; /* port 0 */
    size_t routes;
    size_t bytes;            /* that they are counted for */
    size_t probes;           /* of them, running */
    struct ab_list unproved; /* its routes that never answered and are hearsay alone, oldest first */
};

/* One bus at one address. */
struct ab_node {
    struct ab_map_node node;
    struct ab_address address;
    struct ab_list routes;
    struct ab_keep *keep; /* of keeper.c: its idle connection, or NULL */
    bool probed;          /* one of its routes is, just now */
};

struct ab_route {
    struct ab_list found_node;    /* in found->routes */
    struct ab_list node_node;     /* in node->routes */
    struct ab_list unproved_node; /* in directory.unproved while it never answered and is hearsay alone */
    struct ab_list source_node;   /* in source->unproved likewise */
    struct ab_list probe_node;    /* in one of the prober's queues, or in none */
    struct ab_list live;          /* bound connections over it (struct ab_outbound.route_node) */
    struct ab_list reports;       /* struct ab_report.route_node, the oldest first; never empty */
    size_t steady;                /* of them, from steady discoverers */
    struct ab_found *found;
    struct ab_node *node;
    struct ab_source *source;
    struct ab_probe *probe; /* running, or NULL */
    struct ab_timer silence;
    struct ab_timer rest; /* armed: a goodbye had it asked a moment ago, */
    bool said_gone;       /* and there was one since */
    size_t bytes;         /* it is counted for (room.h) */
    ab_time heard;        /* from a discoverer */
    ab_time quiet;        /* its silence began: heard, answered, the machine woke, or a connection over it stood */
    ab_time answered;     /* -1: never */
    ab_time failed;       /* -1: it has not, since it answered last; a steady discoverer's only: others go */
    struct ab_experience experience;
};

/* NULL: nothing is known from there. */
struct ab_source *ab_source_find(struct ab_engine *engine, const struct ab_address *at);

/* In its place among those of the service, heard just now from a discoverer. NULL: no memory. */
struct ab_route *ab_route_new(struct ab_found *found, const struct ab_address *at, struct ab_discoverer *by);
/* What it is counted for is what its service is now. */
void ab_route_weigh(struct ab_route *route);
/* The service may be without a route after it. */
void ab_route_free(struct ab_route *route);
struct ab_route *ab_route_find(struct ab_found *found, const struct ab_address *at);
/* It answered, or failed: to its new place among those of the service. */
void ab_route_answered(struct ab_route *route);
void ab_route_failed(struct ab_route *route);
void ab_route_heard(struct ab_route *route);
/* Its silence counts from now on. */
void ab_route_excuse(struct ab_route *route);
/* It is probed after its time of silence, if it is hearsay alone. */
void ab_route_await_silence(struct ab_route *route);
/* Hearsay has it that it is gone, and a connection over it stands: it is probed, at once or when it has rested. */
void ab_route_goodbye(struct ab_route *route);

/* Connections that are bound at a place where no route is known belong to it as soon as one is. */
void ab_route_attach(struct ab_outbound *connection);

/* NULL: it does not report it. */
struct ab_report *ab_route_report_of(const struct ab_route *route, const struct ab_discoverer *by);
/* One more discoverer reports it. AB_ENOMEM. */
int ab_route_report(struct ab_route *route, struct ab_discoverer *by);
/* One less does; not the last. */
void ab_route_unreport(struct ab_report *report);
/* No other discoverer reports that route. */
static inline bool ab_report_is_only(const struct ab_report *report)
{
    return report->route_node.next == report->route_node.prev;
}

#endif

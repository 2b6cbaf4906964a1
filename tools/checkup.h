/* The checks of a check-up: what this host does on the network, and what it hears there. */
#ifndef TOOL_CHECKUP_H
#define TOOL_CHECKUP_H

#include <autobus2.h>

#include "finding.h"
#include "target.h"

struct tool_checkup {
    struct tool_findings findings;
    autobus_bus *bus;
    json_t *interfaces; /* as the bus tells them, after it listened for a while */
    json_t *settings;
    json_t *counters;
    json_t *services; /* all that were heard, internal ones too */
};

/* What somebody has set, "" if nobody has. */
const char *tool_checkup_setting(const struct tool_checkup *checkup, const char *name);
/* The first port that a program tries to listen on, and the last. */
void tool_checkup_ports_of_tcp(const struct tool_checkup *checkup, int *ret_first, int *ret_last);

/* This program and what it is made with. */
void tool_checkup_versions(struct tool_findings *findings);
/* The settings in force, and where they come from. */
void tool_checkup_settings(struct tool_checkup *checkup);
/* Interfaces, whether what is sent there is heard here, and whether there is a network at all. */
void tool_checkup_interfaces(struct tool_checkup *checkup);
/* Who holds the ports of discovery and of connections. */
void tool_checkup_ports(struct tool_checkup *checkup);
/* What was dropped, and from whom. */
void tool_checkup_datagrams(struct tool_checkup *checkup);
/* Who was heard. */
void tool_checkup_buses(struct tool_checkup *checkup);
/* The counters of this run, a finding for each group: nothing of it is judged. */
void tool_checkup_counters(struct tool_checkup *checkup);
/* Tries the hosts that the settings name to be asked. */
void tool_checkup_seeds(struct tool_checkup *checkup, int timeout_ms);
/* Tries each route of these services. With `whole` each is asked too, and what it offers is told. */
void tool_checkup_services(struct tool_checkup *checkup, const struct tool_target *target, json_t *entries, bool whole,
                           int timeout_ms);

#endif

/*
 * How a bus is made: the network's settings and where its log goes.
 */
#ifndef AB_BUS_OPTIONS_H
#define AB_BUS_OPTIONS_H

#include <autobus2.h>

#include "net/settings.h"

struct autobus_options {
    struct ab_settings *settings;
    int log_level;
    autobus_log_fn log;
    void *log_data;
};

/* The settings of a bus: those of the options (may be NULL), the environment and the file. */
int ab_options_settings(const autobus_options *options, struct ab_settings **ret_settings, autobus_error *error);

#endif

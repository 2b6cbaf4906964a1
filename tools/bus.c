/*
 * Owns how settings become the options of a bus, and where its log goes.
 */
#include "bus.h"

#include <stdlib.h>

#include "exit.h"
#include "message.h"
#include "networks.h"

static void on_log(int level, const char *text, void *user_data)
{
    static const char *const names[] = {
        [AUTOBUS_LOG_ERROR] = "error",
        [AUTOBUS_LOG_WARNING] = "warning",
        [AUTOBUS_LOG_INFO] = "info",
        [AUTOBUS_LOG_DEBUG] = "debug",
    };
    (void)user_data;
    tool_error("[%s] %s", names[level], text);
}

static int set_options(const struct tool_settings *settings, autobus_options *options)
{
    autobus_error error = AUTOBUS_ERROR_INIT;
    if (settings->log_level > 0 && autobus_options_set_log(options, settings->log_level, on_log, NULL) < 0)
        tool_out_of_memory();
    if (settings->interfaces && autobus_options_set(options, "interfaces", settings->interfaces, &error) < 0) {
        tool_error("--interfaces %s: %s", settings->interfaces, error.text ? error.text : autobus_strerror(error.code));
        tool_usage_hint();
        autobus_error_clear(&error);
        return TOOL_EXIT_USAGE;
    }
    return 0;
}

int tool_bus_try(const struct tool_settings *settings, autobus_bus **ret_bus, autobus_error *error)
{
    autobus_options *options = NULL;
    if (autobus_options_new(&options) < 0)
        tool_out_of_memory();
    int result = set_options(settings, options);
    if (result == 0)
        result = autobus_bus_new(options, ret_bus, error);
    autobus_options_free(options);
    return result;
}

static void warn_of_missing_networks(autobus_bus *bus)
{
    char *missing = tool_networks_missing(bus);
    if (missing)
        tool_remark("%s", missing);
    free(missing);
}

int tool_bus_open(const struct tool_settings *settings, autobus_bus **ret_bus)
{
    autobus_error error = AUTOBUS_ERROR_INIT;
    int result = tool_bus_try(settings, ret_bus, &error);
    if (result == 0)
        warn_of_missing_networks(*ret_bus);
    if (result >= 0)
        return result;
    tool_error("no bus here: %s", error.text ? error.text : autobus_strerror(result));
    autobus_error_clear(&error);
    return TOOL_EXIT_NO_BUS;
}

void tool_bus_close(autobus_bus *bus)
{
    if (!bus)
        return;
    autobus_bus_close_wait(bus);
    autobus_bus_unref(bus);
}

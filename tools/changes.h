/* autobus-browse --watch: the services that come, change and go, until the tool is told to end. */
#ifndef TOOL_CHANGES_H
#define TOOL_CHANGES_H

#include "settings.h"
#include "target.h"

/* What to exit with. */
int tool_changes_run(const struct tool_settings *settings, const struct tool_target *target);

#endif

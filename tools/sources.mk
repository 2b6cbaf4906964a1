# The tools: tools/NAME is built from tools/NAME.c and the common part, one file a line and sorted.

TOOL_COMMON_FILES += tools/answer.c
TOOL_COMMON_FILES += tools/answer.h
TOOL_COMMON_FILES += tools/arguments.c
TOOL_COMMON_FILES += tools/arguments.h
TOOL_COMMON_FILES += tools/bus.c
TOOL_COMMON_FILES += tools/bus.h
TOOL_COMMON_FILES += tools/calls.c
TOOL_COMMON_FILES += tools/calls.h
TOOL_COMMON_FILES += tools/changes.c
TOOL_COMMON_FILES += tools/changes.h
TOOL_COMMON_FILES += tools/checkup.c
TOOL_COMMON_FILES += tools/checkup.h
TOOL_COMMON_FILES += tools/checkup_services.c
TOOL_COMMON_FILES += tools/child.c
TOOL_COMMON_FILES += tools/child.h
TOOL_COMMON_FILES += tools/connected.c
TOOL_COMMON_FILES += tools/connected.h
TOOL_COMMON_FILES += tools/deadline.c
TOOL_COMMON_FILES += tools/deadline.h
TOOL_COMMON_FILES += tools/describe.c
TOOL_COMMON_FILES += tools/describe.h
TOOL_COMMON_FILES += tools/escape.c
TOOL_COMMON_FILES += tools/escape.h
TOOL_COMMON_FILES += tools/exit.h
TOOL_COMMON_FILES += tools/failure.c
TOOL_COMMON_FILES += tools/failure.h
TOOL_COMMON_FILES += tools/find.c
TOOL_COMMON_FILES += tools/find.h
TOOL_COMMON_FILES += tools/finding.c
TOOL_COMMON_FILES += tools/finding.h
TOOL_COMMON_FILES += tools/follow.c
TOOL_COMMON_FILES += tools/follow.h
TOOL_COMMON_FILES += tools/holders.c
TOOL_COMMON_FILES += tools/holders.h
TOOL_COMMON_FILES += tools/input.c
TOOL_COMMON_FILES += tools/input.h
TOOL_COMMON_FILES += tools/interrupt.c
TOOL_COMMON_FILES += tools/interrupt.h
TOOL_COMMON_FILES += tools/keys.c
TOOL_COMMON_FILES += tools/keys.h
TOOL_COMMON_FILES += tools/line.c
TOOL_COMMON_FILES += tools/line.h
TOOL_COMMON_FILES += tools/loop.c
TOOL_COMMON_FILES += tools/loop.h
TOOL_COMMON_FILES += tools/message.c
TOOL_COMMON_FILES += tools/message.h
TOOL_COMMON_FILES += tools/names.c
TOOL_COMMON_FILES += tools/names.h
TOOL_COMMON_FILES += tools/multiple.c
TOOL_COMMON_FILES += tools/multiple.h
TOOL_COMMON_FILES += tools/nearest.c
TOOL_COMMON_FILES += tools/nearest.h
TOOL_COMMON_FILES += tools/networks.c
TOOL_COMMON_FILES += tools/networks.h
TOOL_COMMON_FILES += tools/notes.c
TOOL_COMMON_FILES += tools/notes.h
TOOL_COMMON_FILES += tools/notify.c
TOOL_COMMON_FILES += tools/notify.h
TOOL_COMMON_FILES += tools/options.c
TOOL_COMMON_FILES += tools/options.h
TOOL_COMMON_FILES += tools/output.c
TOOL_COMMON_FILES += tools/output.h
TOOL_COMMON_FILES += tools/place.c
TOOL_COMMON_FILES += tools/place.h
TOOL_COMMON_FILES += tools/plan.c
TOOL_COMMON_FILES += tools/plan.h
TOOL_COMMON_FILES += tools/pulse.c
TOOL_COMMON_FILES += tools/pulse.h
TOOL_COMMON_FILES += tools/refresh.c
TOOL_COMMON_FILES += tools/refresh.h
TOOL_COMMON_FILES += tools/routes.c
TOOL_COMMON_FILES += tools/routes.h
TOOL_COMMON_FILES += tools/run.c
TOOL_COMMON_FILES += tools/run.h
TOOL_COMMON_FILES += tools/screen.c
TOOL_COMMON_FILES += tools/screen.h
TOOL_COMMON_FILES += tools/service.c
TOOL_COMMON_FILES += tools/service.h
TOOL_COMMON_FILES += tools/settings.c
TOOL_COMMON_FILES += tools/settings.h
TOOL_COMMON_FILES += tools/show.c
TOOL_COMMON_FILES += tools/show.h
TOOL_COMMON_FILES += tools/signature.c
TOOL_COMMON_FILES += tools/signature.h
TOOL_COMMON_FILES += tools/table.c
TOOL_COMMON_FILES += tools/table.h
TOOL_COMMON_FILES += tools/target.c
TOOL_COMMON_FILES += tools/target.h
TOOL_COMMON_FILES += tools/text.c
TOOL_COMMON_FILES += tools/text.h
TOOL_COMMON_FILES += tools/trial.c
TOOL_COMMON_FILES += tools/trial.h
TOOL_COMMON_FILES += tools/values.c
TOOL_COMMON_FILES += tools/values.h

bin_PROGRAMS += tools/autobus-browse
tools_autobus_browse_LDADD = $(TOOL_LIBS)

bin_PROGRAMS += tools/autobus-call
tools_autobus_call_LDADD = $(TOOL_LIBS)

bin_PROGRAMS += tools/autobus-doctor
tools_autobus_doctor_LDADD = $(TOOL_LIBS)

bin_PROGRAMS += tools/autobus-listen
tools_autobus_listen_LDADD = $(TOOL_LIBS)

bin_PROGRAMS += tools/autobus-serve
tools_autobus_serve_LDADD = $(TOOL_LIBS)

bin_PROGRAMS += tools/autobus-top
tools_autobus_top_LDADD = $(TOOL_LIBS)

bin_PROGRAMS += tools/autobus-watch
tools_autobus_watch_LDADD = $(TOOL_LIBS)

include tools/completion/sources.mk
include tools/examples/sources.mk

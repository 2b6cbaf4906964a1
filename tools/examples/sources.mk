# The example programs, one a line, sorted: built and tested, and not installed.

EXTRA_DIST += tools/examples/autobus.py
EXTRA_DIST += tools/examples/cpu-monitor.service

noinst_PROGRAMS += tools/examples/cpu-monitor
tools_examples_cpu_monitor_LDADD = $(EXAMPLE_LIBS)

noinst_PROGRAMS += tools/examples/doorbell
tools_examples_doorbell_LDADD = $(EXAMPLE_LIBS)

# One program in three loops; that of GLib where it is to be had.
LAMP_FILES = tools/examples/lamp.c tools/examples/lamp.h

noinst_PROGRAMS += tools/examples/lamp-libevent
tools_examples_lamp_libevent_SOURCES = tools/examples/lamp-libevent.c $(LAMP_FILES)
tools_examples_lamp_libevent_LDADD = $(EXAMPLE_LIBS) $(EVENT_LIBS)

noinst_PROGRAMS += tools/examples/lamp-poll
tools_examples_lamp_poll_SOURCES = tools/examples/lamp-poll.c $(LAMP_FILES)
tools_examples_lamp_poll_LDADD = $(EXAMPLE_LIBS)

EXTRA_DIST += tools/examples/lamp-glib.c
if HAVE_GLIB
noinst_PROGRAMS += tools/examples/lamp-glib
tools_examples_lamp_glib_SOURCES = tools/examples/lamp-glib.c $(LAMP_FILES)
tools_examples_lamp_glib_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS)
tools_examples_lamp_glib_LDADD = $(EXAMPLE_LIBS) $(GLIB_LIBS)
endif

noinst_PROGRAMS += tools/examples/speaker
tools_examples_speaker_LDADD = $(EXAMPLE_LIBS)

noinst_PROGRAMS += tools/examples/thermostat
tools_examples_thermostat_LDADD = $(EXAMPLE_LIBS)

noinst_PROGRAMS += tools/examples/thermostat-client
tools_examples_thermostat_client_LDADD = $(EXAMPLE_LIBS)

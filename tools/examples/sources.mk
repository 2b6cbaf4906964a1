# The example programs, one a line, sorted: built and tested, and not installed.

EXTRA_DIST += tools/examples/autobus.py
EXTRA_DIST += tools/examples/cpu-monitor.service

noinst_PROGRAMS += tools/examples/cpu-monitor
tools_examples_cpu_monitor_LDADD = $(EXAMPLE_LIBS)

noinst_PROGRAMS += tools/examples/doorbell
tools_examples_doorbell_LDADD = $(EXAMPLE_LIBS)

noinst_PROGRAMS += tools/examples/speaker
tools_examples_speaker_LDADD = $(EXAMPLE_LIBS)

noinst_PROGRAMS += tools/examples/thermostat
tools_examples_thermostat_LDADD = $(EXAMPLE_LIBS)

noinst_PROGRAMS += tools/examples/thermostat-client
tools_examples_thermostat_client_LDADD = $(EXAMPLE_LIBS)

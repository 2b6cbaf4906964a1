# The tools: tools/NAME is built from tools/NAME.c and the common part. Examples are built and
# tested, but not installed.
#
#     bin_PROGRAMS += tools/autobus-call
#     tools_autobus_call_LDADD = $(TOOL_LIBS)
#
#     noinst_PROGRAMS += tools/examples/doorbell
#     tools_examples_doorbell_LDADD = $(EXAMPLE_LIBS)

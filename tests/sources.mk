# The tests, one a line, sorted. tests/unit/check_NAME is built from tests/unit/check_NAME.c and
# linked with the whole library and TEST_SUPPORT_FILES:
#
#     UNIT_TESTS += tests/unit/check_list

TEST_SUPPORT_FILES += tests/buses.c
TEST_SUPPORT_FILES += tests/buses.h
TEST_SUPPORT_FILES += tests/captured.c
TEST_SUPPORT_FILES += tests/captured.h
TEST_SUPPORT_FILES += tests/failing.c
TEST_SUPPORT_FILES += tests/failing.h
TEST_SUPPORT_FILES += tests/hands.c
TEST_SUPPORT_FILES += tests/hands.h
TEST_SUPPORT_FILES += tests/harness.c
TEST_SUPPORT_FILES += tests/harness.h
TEST_SUPPORT_FILES += tests/sim/bus.c
TEST_SUPPORT_FILES += tests/sim/bus.h
TEST_SUPPORT_FILES += tests/sim/clock.c
TEST_SUPPORT_FILES += tests/sim/clock.h
TEST_SUPPORT_FILES += tests/sim/discover.c
TEST_SUPPORT_FILES += tests/sim/legacy.c
TEST_SUPPORT_FILES += tests/sim/legacy.h
TEST_SUPPORT_FILES += tests/sim/legacy_client.c
TEST_SUPPORT_FILES += tests/sim/legacy_server.c
TEST_SUPPORT_FILES += tests/sim/network.c
TEST_SUPPORT_FILES += tests/sim/network.h
TEST_SUPPORT_FILES += tests/sim/notices.c
TEST_SUPPORT_FILES += tests/sim/peer.c
TEST_SUPPORT_FILES += tests/sim/peer.h
TEST_SUPPORT_FILES += tests/sim/program.c
TEST_SUPPORT_FILES += tests/sim/sim.c
TEST_SUPPORT_FILES += tests/sim/sim.h
TEST_SUPPORT_FILES += tests/sim/socket.c
TEST_SUPPORT_FILES += tests/sim/streams.c
TEST_SUPPORT_FILES += tests/sim/transcript.c
TEST_SUPPORT_FILES += tests/sim/transcript.h
TEST_SUPPORT_FILES += tests/sim/visit.c
TEST_SUPPORT_FILES += tests/sim/visit.h

FUZZ_FILES += tests/fuzz/fuzz.c
FUZZ_FILES += tests/fuzz/fuzz.h

NET_RIG_FILES += tests/net/engine.c
NET_RIG_FILES += tests/net/rig.c
NET_RIG_FILES += tests/net/rig.h

UNIT_TESTS += tests/hostile/check_hostile
UNIT_TESTS += tests/sim/check_access
UNIT_TESTS += tests/sim/check_binding
UNIT_TESTS += tests/sim/check_callbacks
UNIT_TESTS += tests/sim/check_calls
UNIT_TESTS += tests/sim/check_cancel
UNIT_TESTS += tests/sim/check_closing
UNIT_TESTS += tests/sim/check_counters
UNIT_TESTS += tests/sim/check_directory
UNIT_TESTS += tests/sim/check_discoverers
UNIT_TESTS += tests/sim/check_discovery
UNIT_TESTS += tests/sim/check_host
UNIT_TESTS += tests/sim/check_hostile
UNIT_TESTS += tests/sim/check_inbound
UNIT_TESTS += tests/sim/check_interest
UNIT_TESTS += tests/sim/check_legacy
UNIT_TESTS += tests/sim/check_limits
UNIT_TESTS += tests/sim/check_looks
UNIT_TESTS += tests/sim/check_memory
UNIT_TESTS += tests/sim/check_mended
UNIT_TESTS += tests/sim/check_multiple
UNIT_TESTS += tests/sim/check_mutations
UNIT_TESTS += tests/sim/check_networks
UNIT_TESTS += tests/sim/check_objects
UNIT_TESTS += tests/sim/check_progress
UNIT_TESTS += tests/sim/check_random
UNIT_TESTS += tests/sim/check_remote
UNIT_TESTS += tests/sim/check_routes
UNIT_TESTS += tests/sim/check_seeds
UNIT_TESTS += tests/sim/check_sim
UNIT_TESTS += tests/threads/check_callbacks
UNIT_TESTS += tests/threads/check_memory
UNIT_TESTS += tests/threads/check_reading
UNIT_TESTS += tests/threads/check_storm
UNIT_TESTS += tests/unit/check_acceptor
UNIT_TESTS += tests/unit/check_access
UNIT_TESTS += tests/unit/check_address
UNIT_TESTS += tests/unit/check_arguments
UNIT_TESTS += tests/unit/check_batch
UNIT_TESTS += tests/unit/check_buffer
UNIT_TESTS += tests/unit/check_bus
UNIT_TESTS += tests/unit/check_call
UNIT_TESTS += tests/unit/check_cancel
UNIT_TESTS += tests/unit/check_discoverer
UNIT_TESTS += tests/unit/check_discovery
UNIT_TESTS += tests/unit/check_error
UNIT_TESTS += tests/unit/check_fates
UNIT_TESTS += tests/unit/check_filter
UNIT_TESTS += tests/unit/check_framer
UNIT_TESTS += tests/unit/check_gather
UNIT_TESTS += tests/unit/check_interfaces
UNIT_TESTS += tests/unit/check_json
UNIT_TESTS += tests/unit/check_lifetime
UNIT_TESTS += tests/unit/check_limits
UNIT_TESTS += tests/unit/check_list
UNIT_TESTS += tests/unit/check_map
UNIT_TESTS += tests/unit/check_memory
UNIT_TESTS += tests/unit/check_message
UNIT_TESTS += tests/unit/check_message_plain
UNIT_TESTS += tests/unit/check_name
UNIT_TESTS += tests/unit/check_net
UNIT_TESTS += tests/unit/check_network
UNIT_TESTS += tests/unit/check_notice
UNIT_TESTS += tests/unit/check_packet
UNIT_TESTS += tests/unit/check_polled
UNIT_TESTS += tests/unit/check_progress
UNIT_TESTS += tests/unit/check_queue
UNIT_TESTS += tests/unit/check_random
UNIT_TESTS += tests/unit/check_reader
UNIT_TESTS += tests/unit/check_refused
UNIT_TESTS += tests/unit/check_request
UNIT_TESTS += tests/unit/check_resolver
UNIT_TESTS += tests/unit/check_settings
UNIT_TESTS += tests/unit/check_sleep
UNIT_TESTS += tests/unit/check_sleeper
UNIT_TESTS += tests/unit/check_slot
UNIT_TESTS += tests/unit/check_socket
UNIT_TESTS += tests/unit/check_text
UNIT_TESTS += tests/unit/check_timer
UNIT_TESTS += tests/unit/check_tool_arguments
UNIT_TESTS += tests/unit/check_tool_escape
UNIT_TESTS += tests/unit/check_tool_keys
UNIT_TESTS += tests/unit/check_tool_line
UNIT_TESTS += tests/unit/check_tool_loop
UNIT_TESTS += tests/unit/check_tool_nearest
UNIT_TESTS += tests/unit/check_tool_options
UNIT_TESTS += tests/unit/check_tool_plan
UNIT_TESTS += tests/unit/check_tool_run
UNIT_TESTS += tests/unit/check_tool_service
UNIT_TESTS += tests/unit/check_tool_signature
UNIT_TESTS += tests/unit/check_tool_table
UNIT_TESTS += tests/unit/check_value
UNIT_TESTS += tests/unit/check_workers

tests_hostile_check_hostile_SOURCES = tests/hostile/check_hostile.c tests/hostile/datagrams.c \
	tests/hostile/honest.c tests/hostile/lines.c tests/hostile/stage.h tests/hostile/stranger.c \
	tests/hostile/victim.c

tests_threads_check_storm_SOURCES = tests/threads/check_storm.c tests/threads/storm.c \
	tests/threads/storm.h tests/threads/storm_callbacks.c

# These drive net with an engine that only writes down what it hears, in the place of ours.
tests_unit_check_acceptor_LDADD = tests/librig.la $(LDADD)
tests_unit_check_discovery_LDADD = tests/librig.la $(LDADD)
tests_unit_check_net_LDADD = tests/librig.la $(LDADD)
tests_unit_check_resolver_LDADD = tests/librig.la $(LDADD)
tests_unit_check_sleep_LDADD = tests/librig.la $(LDADD)
tests_unit_check_socket_LDADD = tests/librig.la $(LDADD)

TEST_HELPERS += tests/e2e/legacy-peer
TEST_HELPERS += tests/e2e/stranger

# tests/fuzz/fuzz_NAME is built from tests/fuzz/fuzz_NAME.c, and has its inputs in tests/fuzz/corpus/NAME.
FUZZERS += tests/fuzz/fuzz_datagram
FUZZERS += tests/fuzz/fuzz_filter
FUZZERS += tests/fuzz/fuzz_json
FUZZERS += tests/fuzz/fuzz_line
FUZZERS += tests/fuzz/fuzz_settings
tests_fuzz_fuzz_datagram_LDADD = $(FUZZ_LDADD)
tests_fuzz_fuzz_filter_LDADD = $(FUZZ_LDADD)
tests_fuzz_fuzz_json_LDADD = $(FUZZ_LDADD)
tests_fuzz_fuzz_line_LDADD = $(FUZZ_LDADD)
tests_fuzz_fuzz_settings_LDADD = $(FUZZ_LDADD)
EXTRA_DIST += tests/fuzz/corpus
EXTRA_DIST += tests/fuzz/drive
EXTRA_DIST += tests/fuzz/words

SCRIPT_TESTS += tests/docs-examples.sh
SCRIPT_TESTS += tests/docs-loops.sh
SCRIPT_TESTS += tests/docs-man.sh
SCRIPT_TESTS += tests/docs-readme.sh
SCRIPT_TESTS += tests/e2e/doctor.sh
SCRIPT_TESTS += tests/e2e/hosts.sh
SCRIPT_TESTS += tests/e2e/legacy.sh
SCRIPT_TESTS += tests/e2e/access.sh
SCRIPT_TESTS += tests/e2e/completion.sh
SCRIPT_TESTS += tests/e2e/multiple.sh
SCRIPT_TESTS += tests/e2e/python.sh
SCRIPT_TESTS += tests/e2e/seeds.sh
SCRIPT_TESTS += tests/e2e/tools-browse.sh
SCRIPT_TESTS += tests/e2e/tools-call.sh
SCRIPT_TESTS += tests/e2e/tools-follow.sh
SCRIPT_TESTS += tests/e2e/tools-serve.sh
SCRIPT_TESTS += tests/e2e/tools-usage.sh
SCRIPT_TESTS += tests/e2e/top.sh
SCRIPT_TESTS += tests/headers.sh
SCRIPT_TESTS += tests/layers.sh
SCRIPT_TESTS += tests/purity.sh
SCRIPT_TESTS += tests/symbols.sh

EXTRA_DIST += tests/coverage
EXTRA_DIST += tests/e2e/lib-tools.sh
EXTRA_DIST += tests/install
EXTRA_DIST += tests/lib-net.sh
EXTRA_DIST += tests/lib-wait.sh
EXTRA_DIST += tests/lint
EXTRA_DIST += tests/run
EXTRA_DIST += tests/uncovered

# The parts of the tools that are tested alone.
tests_unit_check_tool_arguments_LDADD = tools/libcommon.la $(LDADD)
tests_unit_check_tool_escape_LDADD = tools/libcommon.la $(LDADD)
tests_unit_check_tool_keys_LDADD = tools/libcommon.la $(LDADD)
tests_unit_check_tool_line_LDADD = tools/libcommon.la $(LDADD)
tests_unit_check_tool_loop_LDADD = tools/libcommon.la $(LDADD)
tests_unit_check_tool_nearest_LDADD = tools/libcommon.la $(LDADD)
tests_unit_check_tool_options_LDADD = tools/libcommon.la $(LDADD)
tests_unit_check_tool_plan_LDADD = tools/libcommon.la $(LDADD)
tests_unit_check_tool_run_LDADD = tools/libcommon.la $(LDADD)
tests_unit_check_tool_signature_LDADD = tools/libcommon.la $(LDADD)
tests_unit_check_tool_service_LDADD = tools/libcommon.la $(LDADD)
tests_unit_check_tool_table_LDADD = tools/libcommon.la $(LDADD)

# The tests, one a line, sorted. tests/unit/check_NAME is built from tests/unit/check_NAME.c and
# linked with the whole library and TEST_SUPPORT_FILES:
#
#     UNIT_TESTS += tests/unit/check_list

TEST_SUPPORT_FILES += tests/failing.c
TEST_SUPPORT_FILES += tests/failing.h
TEST_SUPPORT_FILES += tests/harness.c
TEST_SUPPORT_FILES += tests/harness.h

UNIT_TESTS += tests/unit/check_buffer
UNIT_TESTS += tests/unit/check_json
UNIT_TESTS += tests/unit/check_limits
UNIT_TESTS += tests/unit/check_list
UNIT_TESTS += tests/unit/check_map
UNIT_TESTS += tests/unit/check_memory
UNIT_TESTS += tests/unit/check_random
UNIT_TESTS += tests/unit/check_text

SCRIPT_TESTS += tests/docs-man.sh
SCRIPT_TESTS += tests/headers.sh
SCRIPT_TESTS += tests/layers.sh
SCRIPT_TESTS += tests/purity.sh
SCRIPT_TESTS += tests/symbols.sh

EXTRA_DIST += tests/install
EXTRA_DIST += tests/lib-net.sh
EXTRA_DIST += tests/lint
EXTRA_DIST += tests/run

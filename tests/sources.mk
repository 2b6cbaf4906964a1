# The tests, one a line, sorted. tests/unit/check_NAME is built from tests/unit/check_NAME.c and
# linked with the whole library and TEST_SUPPORT_FILES:
#
#     UNIT_TESTS += tests/unit/check_list

TEST_SUPPORT_FILES += tests/harness.c
TEST_SUPPORT_FILES += tests/harness.h

SCRIPT_TESTS += tests/docs-man.sh
SCRIPT_TESTS += tests/headers.sh
SCRIPT_TESTS += tests/layers.sh
SCRIPT_TESTS += tests/purity.sh
SCRIPT_TESTS += tests/symbols.sh

EXTRA_DIST += tests/install
EXTRA_DIST += tests/lib-net.sh
EXTRA_DIST += tests/lint
EXTRA_DIST += tests/run

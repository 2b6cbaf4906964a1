/* tools/keys: what a terminal sends. */

#include "harness.h"

#include <string.h>

#include "../../tools/keys.h"

START_TEST(sequences)
{
    static const struct {
        const char *bytes;
        int keys[4]; /* 0 ends them */
    } cases[] = {
        {"", {0}},
        {"q", {'q'}},
        {"<>r", {'<', '>', 'r'}},
        {"\033[A\033OB", {TOOL_KEY_UP, TOOL_KEY_DOWN}},
        {"\033[1;5Cq", {TOOL_KEY_RIGHT, 'q'}},
        {"\033[D", {TOOL_KEY_LEFT}},
        {"\033[H\033[1~\033OH", {TOOL_KEY_HOME, TOOL_KEY_HOME, TOOL_KEY_HOME}},
        {"\033[F\033[4~", {TOOL_KEY_END, TOOL_KEY_END}},
        {"\033[5~\033[6~", {TOOL_KEY_PAGE_UP, TOOL_KEY_PAGE_DOWN}},
        {"\033[15~q", {TOOL_KEY_NONE, 'q'}},
        {"\033[3~", {TOOL_KEY_NONE}},
        {"\033", {TOOL_KEY_NONE}},
        {"\033[", {TOOL_KEY_NONE}},
        {"\033[1;", {TOOL_KEY_NONE}},
        {"\033O", {TOOL_KEY_NONE}},
        {"\033xyq", {TOOL_KEY_NONE, 'x', 'y', 'q'}},
        {"\xc3\xa4", {0xc3, 0xa4}},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *bytes = cases[i].bytes;
        size_t size = strlen(bytes), at = 0, count = 0;
        int key = 0;
        for (size_t length; (length = tool_keys_next(bytes + at, size - at, &key)) > 0; at += length)
            ck_assert_msg(count < 4 && cases[i].keys[count++] == key, "case %zu, byte %zu: %d", i, at, key);
        ck_assert_msg(at == size && (count == 4 || cases[i].keys[count] == 0), "case %zu", i);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("tools/keys");
    TCase *cases = tcase_create("keys");
    tcase_add_test(cases, sequences);
    suite_add_tcase(suite, cases);
    return ab_test_run(suite);
}

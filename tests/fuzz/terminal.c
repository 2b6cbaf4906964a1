/*
 * Owns a second opinion on what a terminal may be shown, by the C library and not by the tools' own code.
 */
#include "fuzz/terminal.h"

#include <string.h>
#include <wchar.h>
#include <wctype.h>

#include "fuzz/fuzz.h"

static const wchar_t directions[] =
    L"\u061c\u200e\u200f\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069";

void fuzz_check_shown(const char *text, size_t size, bool lines)
{
    mbstate_t state = {0};

    for (size_t at = 0; at < size;) {
        wchar_t character;
        size_t length = mbrtowc(&character, text + at, size - at, &state);

        ck_assert_msg(length > 0 && length <= size - at, "not UTF-8, or a NUL");
        ck_assert_msg(!iswcntrl((wint_t)character) || (lines && character == L'\n'), "U+%04X", (unsigned)character);
        ck_assert_msg(!wcschr(directions, character), "U+%04X", (unsigned)character);
        at += length;
    }
}

/* wire/json: the measure, what is text, copies and weights. */

#include "failing.h"
#include "harness.h"
#include "json_text.h"

#include <string.h>

#include "base/error.h"
#include "wire/json.h"

/* ---- Measure. */

static void measures(const char *text, size_t depth, size_t tokens)
{
    size_t size = strlen(text);

    ck_assert_msg(ab_json_measure(text, size, depth, tokens) == 0, "%s", text);
    if (depth > 0)
        ck_assert_msg(ab_json_measure(text, size, depth - 1, tokens) == AB_ETOOLARGE, "%s", text);
    if (tokens > 0)
        ck_assert_msg(ab_json_measure(text, size, depth, tokens - 1) == AB_ETOOLARGE, "%s", text);
}

START_TEST(depth_and_tokens)
{
    measures("", 0, 0);
    measures(" \r\n\t ", 0, 0);
    measures("1", 0, 1);
    measures("\"a\"", 0, 1);
    measures("[]", 1, 1);
    measures("{}", 1, 1);
    measures("[[],[]]", 2, 3);
    measures("[1,2,3]", 1, 4);
    measures("{\"a\":1,\"b\":[true,null]}", 2, 7);
    measures("[\"[[[{{{\", \"\\\"[[[\", \"\\\\\"]", 1, 4);
    measures("\"\\", 0, 1);
    measures("\"open", 0, 1);
    measures("]]]][", 1, 1); /* closing what is not open allows no more */
    measures("NaN,Infinity", 0, 2);
    measures("a\"b\"c", 0, 3);
}
END_TEST

/* ---- UTF-8. */

static void same_verdict(const unsigned char *bytes, size_t size)
{
    const char *text = (const char *)bytes;
    json_t *string = json_stringn(text, size);

    ck_assert((string != NULL) == ab_json_valid_utf8(text, size));
    json_decref(string);
}

/* Every sequence of two bytes, and longer ones of bytes near the edges of what is allowed. */
START_TEST(utf8_is_what_jansson_takes_for_it)
{
    static const unsigned char edges[] = {0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc1, 0xc2,
                                          0xdf, 0xe0, 0xe1, 0xed, 0xee, 0xf0, 0xf1, 0xf4, 0xf5};

    for (unsigned i = 0; i < 1 << 16; i++)
        same_verdict((unsigned char[]){(unsigned char)(i >> 8), (unsigned char)i}, 2);
    for (size_t i = 0; i < COUNT(edges) * COUNT(edges) * COUNT(edges) * COUNT(edges); i++) {
        unsigned char bytes[4];

        for (size_t left = i, j = 0; j < 4; j++, left /= COUNT(edges))
            bytes[j] = edges[left % COUNT(edges)];
        same_verdict(bytes, 3);
        same_verdict(bytes, 4);
    }
    ck_assert(ab_json_valid_utf8("", 0));
}
END_TEST

/* ---- Copies. */

static bool copies(void *value)
{
    json_t *copy = ab_json_copy(value);
    json_t *deep = ab_json_deep_copy(value);
    bool both = copy && deep;

    ck_assert(!copy || json_equal(copy, value));
    ck_assert(!deep || json_equal(deep, value));
    json_decref(copy);
    json_decref(deep);
    return both;
}

START_TEST(copies_are_whole_or_none)
{
    json_t *value =
        ab_test_json("{\"a\": [1, [2.5, {}]], \"b\": {\"c\": {\"d\": null, \"e\": \"f\"}}, \"g\": [], \"h\": true}");

    ck_assert_uint_ge(ab_failing_each(copies, value), 30);
    json_decref(value);
    ck_assert_ptr_null(ab_json_copy(NULL));
    ck_assert_ptr_null(ab_json_deep_copy(NULL));
}
END_TEST

#define COPYING 200 /* bytes that go again */

/* Not far from what jansson asks for. */
START_TEST(weighs)
{
    static const char *const texts[] = {
        "{}",
        "[]",
        "{\"a\":1}",
        "[1,2.5,null,true,\"x\",[],{}]",
        "{\"type\":\"thermostat\",\"hostname\":\"hall\",\"name\":\"Hall\",\"room\":\"hall\",\"n\":[1,{\"a\":null}]}",
        "[[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[]]",
        "[{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}]",
        "\"a long string, of which the bytes count and nothing besides but a little for where they are kept\"",
    };

    for (size_t i = 0; i < COUNT(texts); i++) {
        json_t *value, *copy;

        ab_failing_install();
        value = json_loads(texts[i], JSON_DECODE_ANY, NULL);
        size_t before = ab_failing_bytes();
        copy = json_deep_copy(value);
        size_t taken = ab_failing_bytes() - before;
        ck_assert_msg((ab_json_weight(value) + COPYING) * 2 >= taken && ab_json_weight(value) <= taken * 2,
                      "%s: %zu and not %zu", texts[i], ab_json_weight(value), taken);
        json_decref(value);
        json_decref(copy);
        ab_failing_remove();
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("json");
    TCase *tcase = tcase_create("json");

    json_object_seed(1);
    tcase_add_test(tcase, depth_and_tokens);
    tcase_add_test(tcase, utf8_is_what_jansson_takes_for_it);
    tcase_add_test(tcase, copies_are_whole_or_none);
    tcase_add_test(tcase, weighs);
    suite_add_tcase(suite, tcase);
    return ab_test_run(suite);
}

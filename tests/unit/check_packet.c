/* wire/packet: the datagrams of PROTOCOL section 1, in and out, and what is none. */

#include "failing.h"
#include "harness.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/random.h"
#include "wire/json.h"
#include "wire/packet.h"

static struct ab_limits limits;
static struct ab_packet packet;

static void setup(void)
{
    ab_limits_init(&limits);
}

static void teardown(void)
{
    ab_packet_deinit(&packet);
}

static int decode(const char *data, size_t size)
{
    char *exact = malloc(size ? size : 1); /* so that a sanitizer sees the end */
    int result;

    memcpy(exact, data, size);
    ab_packet_deinit(&packet);
    result = ab_packet_decode(exact, size, &limits, &packet);
    free(exact);
    return result;
}

static int decode_text(const char *text)
{
    return decode(text, strlen(text));
}

START_TEST(what_legacy_sends)
{
    ck_assert_int_eq(decode_text("{\"command\": \"query\"}"), 0);
    ck_assert_int_eq(packet.command, AB_PACKET_QUERY);
    ck_assert_int_eq(decode_text("{\"command\": \"add\", \"port\": 35993, \"service\": "
                                 "\"1795259749.64-2-vm-0.364873007089\", \"info\": {\"type\": \"examples.hello\", "
                                 "\"hostname\": \"vm\"}}"),
                     0);
    ck_assert_int_eq(packet.command, AB_PACKET_ADD);
    ck_assert_uint_eq(packet.port, 35993);
    ck_assert_str_eq(packet.service, "1795259749.64-2-vm-0.364873007089");
    ck_assert_str_eq(json_string_value(json_object_get(packet.info, "type")), "examples.hello");
    ck_assert_uint_eq(packet.info->refcount, 1);
    ck_assert_int_eq(decode_text("{\"command\": \"remove\", \"port\": 35993, \"service\": "
                                 "\"1795259749.64-2-vm-0.364873007089\"}"),
                     0);
    ck_assert_int_eq(packet.command, AB_PACKET_REMOVE);
    ck_assert_uint_eq(packet.port, 35993);
    ck_assert_ptr_null(packet.info);
}
END_TEST

START_TEST(tolerates)
{
    ck_assert_int_eq(decode_text(" {\"command\":\"query\",\"port\":\"x\",\"more\":[{}]}\r\n "), 0);
    ck_assert_int_eq(decode_text("{\"info\":{},\"host\":\"10.0.0.1\",\"service\":\"\xc3\xa9 \\n\",\"port\":1,"
                                 "\"command\":\"add\"}"),
                     0);
    ck_assert_str_eq(packet.service, "\xc3\xa9 \n");
    ck_assert_int_eq(decode_text("{\"command\":\"remove\",\"port\":65535,\"service\":\"s\",\"info\":5}"), 0);
}
END_TEST

static const struct {
    const char *text;
    int result;
} bad_rows[] = {
    {"", AB_EPROTOCOL},
    {"query", AB_EPROTOCOL},
    {"[]", AB_EPROTOCOL},
    {"\"query\"", AB_EPROTOCOL},
    {"null", AB_EPROTOCOL},
    {"{}", AB_EPROTOCOL},
    {"{\"command\":5}", AB_EPROTOCOL},
    {"{\"command\":\"query\"", AB_EPROTOCOL},
    {"{\"command\":\"query\"}{}", AB_EPROTOCOL},
    {"{\"command\":\"query\"}\xff", AB_EPROTOCOL},
    {"{\"command\":\"Query\"}", AB_ENOENT},
    {"{\"command\":\"\"}", AB_ENOENT},
    {"{\"command\":\"add\"}", AB_EPROTOCOL},
    {"{\"command\":\"add\",\"port\":1,\"service\":\"s\"}", AB_EPROTOCOL},
    {"{\"command\":\"add\",\"port\":1,\"service\":\"s\",\"info\":null}", AB_EPROTOCOL},
    {"{\"command\":\"add\",\"port\":1,\"service\":\"s\",\"info\":[]}", AB_EPROTOCOL},
    {"{\"command\":\"add\",\"port\":1,\"service\":\"\",\"info\":{}}", AB_EPROTOCOL},
    {"{\"command\":\"add\",\"port\":1,\"service\":5,\"info\":{}}", AB_EPROTOCOL},
    {"{\"command\":\"add\",\"port\":1,\"info\":{}}", AB_EPROTOCOL},
    {"{\"command\":\"add\",\"port\":0,\"service\":\"s\",\"info\":{}}", AB_EPROTOCOL},
    {"{\"command\":\"add\",\"port\":-1,\"service\":\"s\",\"info\":{}}", AB_EPROTOCOL},
    {"{\"command\":\"add\",\"port\":65536,\"service\":\"s\",\"info\":{}}", AB_EPROTOCOL},
    {"{\"command\":\"add\",\"port\":9223372036854775807,\"service\":\"s\",\"info\":{}}", AB_EPROTOCOL},
    {"{\"command\":\"add\",\"port\":80.0,\"service\":\"s\",\"info\":{}}", AB_EPROTOCOL},
    {"{\"command\":\"add\",\"port\":\"80\",\"service\":\"s\",\"info\":{}}", AB_EPROTOCOL},
    {"{\"command\":\"add\",\"service\":\"s\",\"info\":{}}", AB_EPROTOCOL},
    {"{\"command\":\"remove\",\"port\":1}", AB_EPROTOCOL},
    {"{\"command\":\"remove\",\"service\":\"s\"}", AB_EPROTOCOL},
    {"{\"command\":\"add\",\"port\":1,\"service\":\"s\",\"info\":{\"x\":NaN}}", AB_EPROTOCOL},
    {"{\"command\":\"add\",\"port\":1,\"service\":\"s\\u0000\",\"info\":{}}", AB_EPROTOCOL},
};

START_TEST(no_packet)
{
    ck_assert_msg(decode_text(bad_rows[_i].text) == bad_rows[_i].result, "%s", bad_rows[_i].text);
    ck_assert_ptr_null(packet.service);
    ck_assert_ptr_null(packet.info);
}
END_TEST

START_TEST(limits_hold)
{
    char text[20000];

    snprintf(text, sizeof(text), "{\"command\":\"remove\",\"port\":1,\"service\":\"%0255d\"}", 0);
    ck_assert_int_eq(decode_text(text), 0);
    snprintf(text, sizeof(text), "{\"command\":\"remove\",\"port\":1,\"service\":\"%0256d\"}", 0);
    ck_assert_int_eq(decode_text(text), AB_ETOOLARGE);
    snprintf(text, sizeof(text), "{\"command\":\"query\"}%*s", 16384 - 19, "");
    ck_assert_uint_eq(strlen(text), 16384);
    ck_assert_int_eq(decode_text(text), 0);
    text[16384] = ' ';
    ck_assert_int_eq(decode(text, 16385), AB_ETOOLARGE);
    ck_assert_int_eq(decode_text("{\"command\":\"query\",\"x\":[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]}"), 0);
    ck_assert_int_eq(decode_text("{\"command\":\"query\",\"x\":[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]}"), AB_ETOOLARGE);
    limits.datagram_tokens = 64;
    snprintf(text, sizeof(text), "%s", "{\"command\":\"query\",\"x\":[");
    for (int i = 0; i < 70; i++)
        strcat(text, "1,");
    ck_assert_int_eq(decode_text(text), AB_ETOOLARGE);
}
END_TEST

START_TEST(mutations)
{
    struct ab_random random;

    ab_random_seed(&random, (uint64_t)_i);
    for (int i = 0; i < 3000; i++) {
        char text[] = "{\"command\":\"add\",\"port\":35993,\"service\":\"id-1\",\"info\":{\"type\":\"x\",\"n\":[1]}}";
        int result;

        for (uint64_t changes = ab_random_below(&random, 4); changes > 0; changes--)
            text[ab_random_below(&random, sizeof(text) - 1)] = (char)ab_random_below(&random, 256);
        result = decode(text, ab_random_below(&random, 4) ? sizeof(text) - 1 : ab_random_below(&random, sizeof(text)));
        if (result == 0 && packet.command == AB_PACKET_ADD &&
            (!packet.port || !packet.service || !packet.service[0] || !json_is_object(packet.info)))
            ck_abort_msg("%s", text);
        if (result < 0 && (packet.service || packet.info))
            ck_abort_msg("%s", text);
    }
}
END_TEST

START_TEST(writes)
{
    struct ab_buffer out = AB_BUFFER_INIT;
    struct ab_text *info = ab_text_new("{\"type\":\"x\"}", 12);
    static const char expected[] = "{\"command\":\"query\"}"
                                   "{\"command\":\"add\",\"port\":65535,\"service\":\"a \\\"b\\\"\",\"info\":{\"type\":"
                                   "\"x\"}}"
                                   "{\"command\":\"remove\",\"port\":1,\"service\":\"s\"}";

    ck_assert_int_eq(ab_packet_write_query(&out), 0);
    ck_assert_int_eq(ab_packet_write_add(&out, 65535, "a \"b\"", info, false), 0);
    ck_assert_int_eq(ab_packet_write_remove(&out, 1, "s"), 0);
    ck_assert_int_eq(ab_packet_write_remove(&out, 1, "\xff"), AB_EINVAL);
    ck_assert_uint_eq(ab_buffer_size(&out), strlen(expected));
    ck_assert_mem_eq(ab_buffer_data(&out), expected, strlen(expected));
    ab_buffer_truncate(&out, 0);
    ck_assert_int_eq(ab_packet_write_add(&out, 7, "s", info, true), 0);
    ck_assert_int_eq(decode(ab_buffer_data(&out), ab_buffer_size(&out)), 0);
    ck_assert_int_eq(packet.command, AB_PACKET_ADD);
    ck_assert_uint_eq(packet.port, 7);
    ck_assert(packet.local);
    ab_text_unref(info);
    ab_buffer_deinit(&out);
}
END_TEST

static bool goes_and_comes(void *context)
{
    struct ab_buffer out = AB_BUFFER_INIT;
    struct ab_packet own = {.port = 99};
    int result = ab_packet_write_add(&out, 7, "service", context, false);

    if (result == 0)
        result = ab_packet_decode(ab_buffer_data(&out), ab_buffer_size(&out), &limits, &own);
    ab_buffer_deinit(&out);
    if (result < 0) {
        ck_assert_int_eq(result, AB_ENOMEM);
        ck_assert_uint_eq(own.port, 99);
        return false;
    }
    ck_assert_uint_eq(json_object_size(own.info), 9);
    ab_packet_deinit(&own);
    return true;
}

START_TEST(every_allocation_fails)
{
    static const char info[] = "{\"type\":\"x\",\"a\":[1,2.5],\"b\":{},\"c\":null,\"d\":1,\"e\":2,\"f\":3,\"g\":4,"
                               "\"h\":\"some text that takes a little more room, to make buffers grow\"}";
    struct ab_text *text = ab_text_new(info, strlen(info));

    ck_assert_uint_ge(ab_failing_each(goes_and_comes, text), 60);
    ab_text_unref(text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("packet");
    TCase *basics = tcase_create("basics");

    json_object_seed(1);
    tcase_add_checked_fixture(basics, setup, teardown);
    tcase_add_test(basics, what_legacy_sends);
    tcase_add_test(basics, tolerates);
    tcase_add_loop_test(basics, no_packet, 0, COUNT(bad_rows));
    tcase_add_test(basics, limits_hold);
    tcase_add_loop_test(basics, mutations, 0, 3);
    tcase_add_test(basics, writes);
    tcase_add_test(basics, every_allocation_fails);
    suite_add_tcase(suite, basics);
    return ab_test_run(suite);
}

/*
 * Rows of datagrams: what is no packet is counted by what is wrong with it, and what is one does no more than its table in
 * PROTOCOL section 1 says. Those that flood come from as many addresses as loopback has.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hostile/stage.h"

#define STRANGER "127.0.1.1"

/* ---- One at a time: each is counted as what it is. */

static void count_texts(struct stage *stage, const char *fate, const char *const *texts, size_t count)
{
    long before = victim_count(&stage->victim, "datagrams", fate);

    for (size_t i = 0; i < count; i++)
        stranger_broadcast_text(stage, STRANGER, texts[i]);
    victim_await(&stage->victim, "datagrams", fate, before + (long)count);
    ck_assert_int_eq(victim_count(&stage->victim, "datagrams", fate), before + (long)count);
}

static void no_json(struct stage *stage)
{
    static const char *const texts[] = {
        "",
        " ",
        "\r\n",
        "query",
        "GET / HTTP/1.1\r\n\r\n",
        "[]",
        "null",
        "5",
        "\"query\"",
        "{",
        "}",
        "{}",
        "{]",
        "[}",
        "{\"command\"}",
        "{\"command\":}",
        "{command:\"query\"}",
        "{'command':'query'}",
        "{\"command\":\"query\",}",
        "{\"command\":\"query\"}{\"command\":\"query\"}",
        "{\"command\":\"query\"",
        "\x16\x03\x01\x02",
        "\x01\xff\xfe",
        "\xef\xbb\xbf{\"command\":\"query\"}",
        "{\"command\":\"query\"} x",
        "{\"command\":\"query\",\"x\":01}",
    };

    count_texts(stage, "malformed", texts, COUNT(texts));
}

static void invalid_text(struct stage *stage)
{
    static const char *const texts[] = {
        "{\"command\":\"query\",\"x\":\"\xff\"}",
        "{\"command\":\"query\",\"x\":\"\xc3\"}",
        "{\"command\":\"query\",\"x\":\"\xc0\x80\"}",
        "{\"command\":\"query\",\"x\":\"\xed\xa0\x80\"}",
        "{\"command\":\"query\",\"x\":\"\xf4\x90\x80\x80\"}",
        "{\"command\":\"query\",\"x\":\"\\ud800\"}",
        "{\"command\":\"query\",\"x\":\"\\udc00\\ud800\"}",
        "{\"command\":\"query\",\"x\":\"\\u0000\"}",
        "{\"command\":\"query\",\"x\":\"\n\"}",
        "{\"command\":\"query\",\"\\u0000\":1}",
        "{\"command\":\"add\",\"port\":80,\"service\":\"\x80\",\"info\":{}}",
    };

    count_texts(stage, "malformed", texts, COUNT(texts));
}

static void huge_numbers(struct stage *stage)
{
    static const char *const texts[] = {
        "{\"command\":\"query\",\"x\":9223372036854775808}",
        "{\"command\":\"query\",\"x\":-9223372036854775809}",
        "{\"command\":\"query\",\"x\":1e999}",
        "{\"command\":\"query\",\"x\":NaN}",
        "{\"command\":\"query\",\"x\":-Infinity}",
        "{\"command\":\"query\",\"x\":1e}",
        "{\"command\":\"query\",\"x\":.5}",
        "{\"command\":\"query\",\"x\":0x10}",
    };

    count_texts(stage, "malformed", texts, COUNT(texts));
}

static const char an_add[] = "{\"command\":\"add\",\"port\":35993,\"service\":\"cut\",\"info\":{\"type\":\"\xc3\xa9\","
                             "\"n\":[1,-2.5e3,true,null,\"\\u00e9\\n\"]}}";

static void cut_anywhere(struct stage *stage)
{
    long before = victim_count(&stage->victim, "datagrams", "malformed");
    int sender = stranger_sender(STRANGER);

    for (size_t size = 0; size < sizeof an_add - 1; size++)
        stranger_send_datagram(stage, sender, an_add, size);
    close(sender);
    victim_await(&stage->victim, "datagrams", "malformed", before + (long)sizeof an_add - 1);
}

static void wrong_types(struct stage *stage)
{
    static const char *const values[] = {"null", "true", "-1", "0",      "1.0",  "65536",     "80000000000",
                                         "\"\"", "[]",   "{}", "\"80\"", "[80]", "{\"x\":80}"};
    static const struct {
        const char *field, *before, *after;
        const char *fine[6]; /* of the values */
    } fields[] = {
        {"command", "{\"command\":", "}", {"\"\"", "\"80\""}}, /* these are unknown */
        {"port", "{\"command\":\"add\",\"service\":\"s\",\"info\":{},\"port\":", "}", {NULL}},
        {"service", "{\"command\":\"add\",\"port\":80,\"info\":{},\"service\":", "}", {"\"80\""}},
        {"info", "{\"command\":\"add\",\"port\":80,\"service\":\"s\",\"info\":", "}", {"{}", "{\"x\":80}"}},
        {"port", "{\"command\":\"remove\",\"service\":\"s\",\"port\":", "}", {NULL}},
        {"service", "{\"command\":\"remove\",\"port\":80,\"service\":", "}", {"\"80\""}},
    };

    for (size_t i = 0; i < COUNT(fields); i++) {
        long before = victim_count(&stage->victim, "datagrams", "malformed"), sent = 0;

        for (size_t v = 0; v < COUNT(values); v++) {
            bool fine = false;
            char text[200];

            for (size_t f = 0; fields[i].fine[f]; f++)
                fine = fine || strcmp(fields[i].fine[f], values[v]) == 0;
            snprintf(text, sizeof text, "%s%s%s", fields[i].before, values[v], fields[i].after);
            stranger_broadcast_text(stage, STRANGER, text);
            sent += !fine;
        }
        victim_await(&stage->victim, "datagrams", "malformed", before + sent);
        ck_assert_int_eq(victim_count(&stage->victim, "datagrams", "malformed"), before + sent);
    }
}

static void unknown_commands(struct stage *stage)
{
    static const char *const texts[] = {"{\"command\":\"\"}", "{\"command\":\"Query\"}", "{\"command\":\"query \"}",
                                        "{\"command\":\"add\\n\"}", "{\"command\":\"reboot\"}"};

    count_texts(stage, "unknown", texts, COUNT(texts));
}

static void too_much(struct stage *stage)
{
    char *texts[] = {
        repeated("{\"command\":\"query\"}", " ", 16384 - 18, ""), /* a byte too long */
        repeated("{\"command\":\"query\"}", " ", 65000, ""),
        repeated("", "x", 65507, ""),
        repeated("{\"command\":\"query\",\"x\":", "[", 16, ""),
        repeated("{\"command\":\"query\",\"x\":", "[", 16000, ""),
        repeated("{\"command\":\"query\",\"x\":", "{\"\":", 4000, ""),
        repeated("{\"command\":\"query\",\"x\":[", "1,", 300, "1]}"),
        repeated("{\"command\":\"query\",\"x\":[", "[],", 5000, "1]}"),
        repeated("{\"command\":\"add\",\"port\":80,\"info\":{},\"service\":\"", "s", 256, "\"}"),
        repeated("{\"command\":\"remove\",\"port\":80,\"service\":\"", "s", 16000, "\"}"),
    };

    count_texts(stage, "too_large", (const char *const *)texts, COUNT(texts));
    for (size_t i = 0; i < COUNT(texts); i++)
        free(texts[i]);
}

/* ---- Many */

#define SOURCES 20

static void open_senders(int senders[SOURCES])
{
    for (int i = 0; i < SOURCES; i++) {
        char source[40];

        snprintf(source, sizeof source, "127.0.9.%d", i + 1);
        senders[i] = stranger_sender(source);
    }
}

static void close_senders(const int senders[SOURCES])
{
    for (int i = 0; i < SOURCES; i++)
        close(senders[i]);
}

/* Services without end, each with as much as a datagram holds, and one of somebody else's in the midst of them. */
static void flood_of_services(struct stage *stage)
{
    static char text[16384];
    autobus_service *late = NULL;
    int senders[SOURCES];
    long end;

    open_senders(senders);
    for (unsigned i = 0; i < 30000; i++) {
        int head =
            snprintf(text, sizeof text,
                     "{\"command\":\"add\",\"port\":%u,\"service\":\"flood-%u\",\"info\":{\"type\":\"flood\",\"x\":\"",
                     1 + i % 60000, i);

        memset(text + head, 'x', sizeof text - 3 - (size_t)head);
        memcpy(text + sizeof text - 3, "\"}}", 3);
        stranger_send_datagram(stage, senders[i % SOURCES], text, sizeof text);
        if (i == 15000)
            late = honest_publish(stage->honest, "late");
    }
    close_senders(senders);
    for (end = now_ms() + 5000; victim_knows(&stage->victim, "late") < 1;)
        ck_assert_msg(now_ms() < end, "a service of another host is not found");
    autobus_service_unref(late);
    ck_assert_int_le(victim_count(&stage->victim, "discovery", "routes"), 16384);
    ck_assert_int_le(victim_count(&stage->victim, "discovery", "probes"), 8);
}

static void flood_of_one_service(struct stage *stage)
{
    int senders[SOURCES];
    char text[200];

    open_senders(senders);
    for (unsigned i = 0; i < 5000; i++) {
        snprintf(text, sizeof text, "{\"command\":\"add\",\"port\":%u,\"service\":\"one\",\"info\":{\"type\":\"one\"}}",
                 1 + i);
        stranger_send_datagram(stage, senders[i % SOURCES], text, strlen(text));
    }
    close_senders(senders);
    ck_assert_int_le(victim_knows(&stage->victim, "one"), 1);
}

/* Ours are the victim's service and its introspection: 10 answers at once and 2 a second, and what it says anyway. */
static void flood_of_queries(struct stage *stage)
{
    long before = victim_count(&stage->victim, "discovery", "adds_sent"), began = now_ms(), answered;
    int senders[SOURCES];

    open_senders(senders);
    for (unsigned i = 0; i < 30000; i++)
        stranger_send_datagram(stage, senders[i % SOURCES], "{\"command\":\"query\"}", 19);
    close_senders(senders);
    answered = victim_count(&stage->victim, "discovery", "adds_sent") - before;
    ck_assert_int_le(answered, 2 * (10 + 2 * ((now_ms() - began) / 1000 + 1)) + 4);
}

/* Of services that live and are in use: both stay bound to each other, as honest_end sees, and nothing more is asked
 * than whether they are there, once in five seconds. What else the victim asks after in that time is from other rows. */
static void spoofed_removes(struct stage *stage)
{
    long before = victim_count(&stage->victim, "outbound", "opened"), began = now_ms();
    char of_victim[400], of_honest[400];
    int sender = stranger_sender("127.0.0.1");

    snprintf(of_victim, sizeof of_victim, "{\"command\":\"remove\",\"port\":%u,\"service\":\"%s\"}", stage->victim.port,
             stage->victim.id);
    honest_goodbye(stage->honest, of_honest, sizeof of_honest);
    for (unsigned i = 0; i < 2000; i++) {
        stranger_send_datagram(stage, sender, of_victim, strlen(of_victim));
        stranger_send_datagram(stage, sender, of_honest, strlen(of_honest));
    }
    close(sender);
    ck_assert_int_eq(victim_knows(&stage->victim, "honest"), 1);
    ck_assert_int_le(victim_count(&stage->victim, "outbound", "opened") - before, 1 + (now_ms() - began) / 5000 + 10);
}

/* What answers nothing is asked, a few at a time, and is forgotten. */
static void services_that_are_not_there(struct stage *stage)
{
    int sender = stranger_sender("127.0.0.1");
    char text[200];

    for (unsigned i = 0; i < 2000; i++) {
        snprintf(text, sizeof text,
                 "{\"command\":\"add\",\"port\":%u,\"service\":\"no-%u\",\"info\":{\"type\":\"false\"}}", 1 + i % 9, i);
        stranger_send_datagram(stage, sender, text, strlen(text));
        ck_assert(i % 500 || victim_count(&stage->victim, "discovery", "probes") <= 8);
    }
    close(sender);
}

const struct row datagram_rows[] = {
    {"datagrams that are no JSON", no_json, 4096},
    {"datagrams of invalid UTF-8", invalid_text, 4096},
    {"datagrams with huge numbers", huge_numbers, 4096},
    {"a datagram cut anywhere", cut_anywhere, 4096},
    {"each field of a datagram of each wrong type", wrong_types, 4096},
    {"unknown commands in datagrams", unknown_commands, 4096},
    {"datagrams too long, deep, full", too_much, 4096},
    {"removes of services that live", spoofed_removes, 4096},
    {"a flood of queries", flood_of_queries, 4096},
    {"one service at a thousand places", flood_of_one_service, 4096},
    {"services that are not there", services_that_are_not_there, 8192},
    {"a flood of large services", flood_of_services, 96 * 1024},
};
const size_t datagram_row_count = COUNT(datagram_rows);

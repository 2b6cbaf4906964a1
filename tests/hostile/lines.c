/*
 * Rows of lines: what clients of the victim's service send that they should not, and what they do not do that they should
 * (PROTOCOL section 2, bad input).
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "hostile/stage.h"

#define STRANGER  "127.0.2.1"
#define CALL_ECHO "{\"_type\":1,\"_id\":\"c\",\"_command\":\"call\",\"name\":\"echo\",\"args\":"
#define ASKED     70 /* times 100,000 bytes, which is less than cuts who does not read off at once */

/* ---- Before the bind */

static void no_bind(struct stage *stage)
{
    static const struct {
        const char *line, *id, *type; /* of the error that comes before the end; NULL: none */
    } rows[] = {
        {"GET / HTTP/1.1", NULL, NULL},
        {"\x16\x03\x01\x02\x01\x01\xfc\x03\x03", NULL, NULL},
        {"[]", NULL, NULL},
        {"{}", NULL, NULL},
        {"\xff\xfe\xfd", NULL, NULL},
        {"{\"_type\":2,\"_id\":\"1\"}", NULL, NULL},
        {"{\"_type\":3,\"_command\":\"ping\"}", NULL, NULL},
        {"{\"_type\":1,\"_id\":\"1\",\"_command\":\"ping\"}", "1", "not_bound"},
        {"{\"_type\":1,\"_id\":\"1\",\"_command\":\"call\",\"name\":\"echo\",\"args\":[]}", "1", "not_bound"},
        {"{\"_type\":1,\"_id\":\"1\",\"_command\":\"dance\"}", "1", "not_bound"},
        {"{\"_type\":1,\"_id\":\"1\",\"_command\":\"bind\"}", "1", "bad_message"},
        {"{\"_type\":1,\"_id\":\"1\",\"_command\":\"bind\",\"service\":5}", "1", "bad_message"},
        {"{\"_type\":1,\"_id\":\"1\",\"_command\":\"bind\",\"service\":[]}", "1", "bad_message"},
        {"{\"_type\":1,\"_id\":\"1\",\"_command\":\"bind\",\"service\":\"nobody\"}", "1", "no_such_service"},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct stranger stranger = stranger_connect(stage, STRANGER);

        stranger_say(&stranger, rows[i].line);
        if (rows[i].id)
            stranger_expect(&stranger, rows[i].id, rows[i].type);
        else
            ck_assert_ptr_null(stranger_hear(&stranger));
        stranger_expect_end(&stranger);
    }
}

static void long_first_line(struct stage *stage)
{
    struct stranger stranger = stranger_connect(stage, STRANGER);
    char *text = repeated("{\"_type\":1,\"_id\":\"1\",\"_command\":\"bind\",\"x\":\"", "x", 4096, "");

    stranger_send(&stranger, text, strlen(text));
    stranger_expect(&stranger, "1", "too_large");
    stranger_expect_end(&stranger);
    free(text);
}

/* The next of them displaces the oldest of the host that has most: not the one that came alone. */
static void many_that_do_not_bind(struct stage *stage)
{
    struct stranger alone = stranger_connect(stage, "127.0.2.2"), many[200];
    long displaced = victim_count(&stage->victim, "inbound", "displaced");
    char line[400];

    for (size_t i = 0; i < COUNT(many); i++)
        many[i] = stranger_connect(stage, STRANGER);
    victim_await(&stage->victim, "inbound", "displaced", displaced + (long)COUNT(many) - 63);
    ck_assert_int_le(victim_count(&stage->victim, "inbound", "unbound"), 64);
    for (size_t i = 0; i < COUNT(many) - 64; i++)
        stranger_expect_end(&many[i]);
    snprintf(line, sizeof line, "{\"_type\":1,\"_id\":\"0\",\"_command\":\"bind\",\"service\":\"%s\"}",
             stage->victim.id);
    stranger_say(&alone, line);
    stranger_expect(&alone, "0", NULL);
    stranger_close(&alone);
    for (size_t i = COUNT(many) - 64; i < COUNT(many); i++)
        stranger_close(&many[i]);
}

/* ---- Bound */

static void no_json(struct stage *stage)
{
    static const char *const lines[] = {"nonsense", "[]",      "5",    "\"x\"", "null",     "{",
                                        "{]",       "{\"a\"}", "\xff", "{}{}",  "\x01\x02", "{'a':1}"};
    struct stranger stranger = stranger_bind(stage, STRANGER);

    for (size_t i = 0; i < 9; i++)
        stranger_say(&stranger, lines[i]);
    stranger_expect_alive(&stranger);
    stranger_say(&stranger, lines[9]); /* the tenth */
    stranger_expect_end(&stranger);
    for (size_t i = 3; i < COUNT(lines); i++) {
        stranger = stranger_bind(stage, STRANGER);
        stranger_say(&stranger, lines[i]);
        stranger_expect_alive(&stranger);
        stranger_close(&stranger);
    }
}

/* A command's line cut after each byte: it is no message, or one that is answered with what is wrong. */
static void cut_anywhere(struct stage *stage)
{
    static const char line[] = CALL_ECHO "[1,\"\\u00e9\",{\"a\":[true,null,-2.5e3]}]}";
    struct stranger stranger = stranger_bind(stage, STRANGER);

    for (size_t size = 1; size < sizeof line - 1; size++) {
        const char *heard;

        stranger_send(&stranger, line, size);
        stranger_send(&stranger, "\n", 1);
        stranger_say(&stranger, "{\"_type\":1,\"_id\":\"p\",\"_command\":\"ping\"}");
        heard = stranger_hear(&stranger);
        if (heard && strstr(heard, "\"bad_message\""))
            heard = stranger_hear(&stranger);
        if (heard) {
            ck_assert_ptr_nonnull(strstr(heard, "\"p\""));
        } else { /* the tenth whose id could not be read */
            stranger_close(&stranger);
            stranger = stranger_bind(stage, STRANGER);
        }
    }
    stranger_close(&stranger);
}

static void wrong_types(struct stage *stage)
{
    static const char *const values[] = {"null", "true", "-1", "1.5", "\"\"", "\"x\"", "[]", "{}", "123456789012"};
    static const struct {
        const char *before, *after, *fine; /* the values that are right, between spaces */
    } fields[] = {
        {"{\"_id\":\"1\",\"_command\":\"ping\",\"_type\":", "}", ""},
        {"{\"_type\":1,\"_id\":\"1\",\"_command\":", "}", " \"\" \"x\" "},
        {"{\"_type\":1,\"_id\":\"1\",\"_command\":\"call\",\"args\":[],\"name\":", "}", " \"\" \"x\" "},
        {"{\"_type\":1,\"_id\":\"1\",\"_command\":\"call\",\"name\":\"echo\",\"args\":", "}", " [] "},
        {"{\"_type\":1,\"_id\":\"1\",\"_command\":\"watch\",\"name\":", "}", " \"\" \"x\" "},
        {"{\"_type\":1,\"_id\":\"1\",\"_command\":\"unwatch\",\"name\":", "}", " \"\" \"x\" "},
        {"{\"_type\":1,\"_id\":\"1\",\"_command\":\"listen\",\"name\":", "}", " \"\" \"x\" "},
        {"{\"_type\":1,\"_id\":\"1\",\"_command\":\"unlisten\",\"name\":", "}", " \"\" \"x\" "},
    };

    for (size_t i = 0; i < COUNT(fields); i++) {
        struct stranger stranger = stranger_bind(stage, STRANGER);

        for (size_t v = 0; v < COUNT(values); v++) {
            char text[200], value[40];

            snprintf(value, sizeof value, " %s ", values[v]);
            if (strstr(fields[i].fine, value))
                continue;
            snprintf(text, sizeof text, "%s%s%s", fields[i].before, values[v], fields[i].after);
            stranger_say(&stranger, text);
            if (i > 0) /* without a type it is no command, and who says it waits for nothing */
                stranger_expect(&stranger, "1", "bad_message");
            stranger_expect_alive(&stranger);
        }
        stranger_close(&stranger);
    }
}

static void refused_values(struct stage *stage)
{
    static const char *const values[] = {"NaN",      "-Infinity",    "1e400",       "9223372036854775808", "01",
                                         "\"\xff\"", "\"\xc0\x80\"", "\"\\ud800\"", "\"\\u0000\"",         "\"\t\""};
    struct stranger stranger = stranger_bind(stage, STRANGER);
    char text[200];

    for (unsigned round = 0; round < 3; round++) {
        for (size_t i = 0; i < COUNT(values); i++) {
            snprintf(text, sizeof text, CALL_ECHO "[%s]}", values[i]);
            stranger_say(&stranger, text);
            stranger_expect(&stranger, "c", "bad_message");
        }
    }
    snprintf(text, sizeof text, CALL_ECHO "[%s]}", "9223372036854775807");
    stranger_say(&stranger, text);
    stranger_expect(&stranger, "c", NULL);
    stranger_close(&stranger);
}

static void table_of_bad_input(struct stage *stage)
{
    static const struct {
        const char *command, *type;
    } rows[] = {
        {"\"dance\"", "no_such_command"},
        {"\"bind\",\"service\":\"other\"", "already_bound"},
        {"\"call\",\"name\":\"nothing\",\"args\":[]", "no_such_function"},
        {"\"watch\",\"name\":\"value\"", NULL},
        {"\"watch\",\"name\":\"value\"", "already_watching"},
        {"\"unwatch\",\"name\":\"value\"", NULL},
        {"\"unwatch\",\"name\":\"value\"", "not_watching"},
        {"\"listen\",\"name\":\"tick\"", NULL},
        {"\"listen\",\"name\":\"tick\"", "already_listening"},
        {"\"unlisten\",\"name\":\"tick\"", NULL},
        {"\"unlisten\",\"name\":\"tick\"", "not_listening"},
        {"\"cancel\",\"call\":\"9\"", "no_such_command"}, /* an extension that was not agreed on */
    };
    struct stranger stranger = stranger_bind(stage, STRANGER);

    for (size_t i = 0; i < COUNT(rows); i++) {
        char text[200], id[8];

        snprintf(id, sizeof id, "%zu", i);
        snprintf(text, sizeof text, "{\"_type\":3,\"_command\":%s}",
                 i % 2 ? "\"dance\"" : "\"changed\",\"name\":\"x\",\"value\":1");
        stranger_say(&stranger, text); /* is ignored */
        stranger_say(&stranger, "{\"_type\":2,\"_id\":\"77\",\"result\":1}");
        snprintf(text, sizeof text, "{\"_type\":1,\"_id\":\"%s\",\"_command\":%s}", id, rows[i].command);
        stranger_say(&stranger, text);
        stranger_expect(&stranger, id, rows[i].type);
    }
    stranger_close(&stranger);
}

static void too_much(struct stage *stage)
{
    char *lines[] = {
        repeated(CALL_ECHO "[\"", "x", 1 << 20, "\"]}"),
        repeated(CALL_ECHO, "[", 64, ""),
        repeated(CALL_ECHO, "[", 1000000, ""),
        repeated(CALL_ECHO, "{\"a\":", 150000, ""),
        repeated(CALL_ECHO "[", "1,", 32768, "1]}"),
        repeated(CALL_ECHO "[", "[],", 300000, "1]}"),
        repeated(CALL_ECHO "[{", "\"\":0,", 180000, "\"\":0}]}"),
    };

    for (size_t i = 0; i < COUNT(lines); i++) {
        struct stranger stranger = stranger_bind(stage, STRANGER);

        stranger_say(&stranger, lines[i]);
        stranger_expect(&stranger, "c", "too_large");
        stranger_expect_end(&stranger);
        free(lines[i]);
    }
}

static void long_ids(struct stage *stage)
{
    struct stranger stranger = stranger_bind(stage, STRANGER);
    char *line = repeated("{\"_type\":1,\"_command\":\"ping\",\"_id\":\"", "i", 255, "\"}");

    for (unsigned i = 0; i < 9; i++)
        stranger_say(&stranger, line);
    stranger_expect_alive(&stranger);
    stranger_say(&stranger, line);
    stranger_expect_end(&stranger);
    free(line);
}

static void blank_lines(struct stage *stage)
{
    struct stranger stranger = stranger_bind(stage, STRANGER);
    static char blanks[1 << 20];

    for (size_t i = 0; i + 1 < sizeof blanks; i += 2)
        memcpy(blanks + i, "\r\n", 2);
    for (unsigned i = 0; i < 4; i++)
        stranger_send(&stranger, blanks, sizeof blanks);
    memset(blanks, ' ', sizeof blanks);
    for (unsigned i = 0; i < 4; i++)
        stranger_send(&stranger, blanks, sizeof blanks);
    stranger_expect_alive(&stranger);
    stranger_close(&stranger);
}

/* Lines without an end, as long as they may be, on many connections of many hosts. */
static void lines_without_end(struct stage *stage)
{
    char *line = repeated(CALL_ECHO "[\"", "x", (1 << 20) - 200, "");
    struct stranger strangers[40];

    for (size_t i = 0; i < COUNT(strangers); i++) {
        char source[40];

        snprintf(source, sizeof source, "127.0.3.%zu", 1 + i / 10);
        strangers[i] = stranger_bind(stage, source);
        stranger_send(&strangers[i], line, strlen(line));
    }
    for (size_t i = 0; i < COUNT(strangers); i++)
        stranger_close(&strangers[i]);
    free(line);
}

#define ROOM (64 << 20) /* the limit inbound_bytes */

/* The same, more than may wait in all: who has most is cut off for it, and all others go on. */
static void more_lines_without_end(struct stage *stage)
{
    long cut_off = victim_count(&stage->victim, "inbound", "cut_off");
    size_t size = (1 << 20) - 200;
    char *line = repeated(CALL_ECHO "[\"", "x", size, "");
    struct stranger strangers[90];

    for (size_t i = 0; i < COUNT(strangers); i++) {
        char source[40];

        snprintf(source, sizeof source, "127.0.3.%zu", 1 + i / 30);
        strangers[i] = stranger_bind(stage, source);
        stranger_send(&strangers[i], line, size);
    }
    victim_await(&stage->victim, "inbound", "cut_off", cut_off + (long)(COUNT(strangers) - ROOM / size - 1));
    for (size_t i = 0; i < COUNT(strangers); i++)
        stranger_close(&strangers[i]);
    free(line);
}

/* All calls have been carried out, but for the honest peer's next. */
static void await_quiet(struct stage *stage)
{
    for (long end = now_ms() + PATIENCE_MS; victim_count(&stage->victim, "requests", "now") > 1;) {
        ck_assert_msg(now_ms() < end, "calls are not answered");
        poll(NULL, 0, 1);
    }
}

/* Answers that nobody reads, each less than cuts its connection off, until one is cut off for what all have. How much the
 * system takes of them first is its own affair. */
static void more_answers_than_are_read(struct stage *stage)
{
    long cut_off = victim_count(&stage->victim, "inbound", "cut_off");
    struct stranger strangers[100];
    size_t count = 0;

    while (count < COUNT(strangers) && victim_count(&stage->victim, "inbound", "cut_off") == cut_off) {
        char source[40];

        snprintf(source, sizeof source, "127.0.5.%zu", 1 + count / 10);
        strangers[count] = stranger_bind_narrow(stage, source);
        for (unsigned n = 0; n < ASKED; n++)
            stranger_say(&strangers[count],
                         "{\"_type\":1,\"_id\":\"m\",\"_command\":\"call\",\"name\":\"much\",\"args\":[]}");
        count++;
        await_quiet(stage);
    }
    ck_assert_uint_lt(count, COUNT(strangers));
    for (size_t i = 0; i < count; i++)
        stranger_close(&strangers[i]);
}

/* ---- Many */

static void calls_without_end(struct stage *stage)
{
    struct stranger stranger = stranger_bind(stage, STRANGER);

    for (unsigned i = 0; i < 3000; i++)
        stranger_say(&stranger, "{\"_type\":1,\"_id\":\"h\",\"_command\":\"call\",\"name\":\"hold\",\"args\":[]}");
    for (unsigned i = 1024; i < 3000; i++)
        stranger_expect(&stranger, "h", "busy");
    stranger_expect_alive(&stranger);
    stranger_close(&stranger);
}

/* Of a function that takes its time, by several who do not wait: they fill what room there is for calls that wait. */
static void slow_calls_without_end(struct stage *stage)
{
    struct stranger strangers[4];

    for (size_t i = 0; i < COUNT(strangers); i++)
        strangers[i] = stranger_bind(stage, STRANGER);
    for (unsigned n = 0; n < 4000; n++)
        stranger_say(&strangers[n % COUNT(strangers)],
                     "{\"_type\":1,\"_id\":\"s\",\"_command\":\"call\",\"name\":\"slow\",\"args\":[]}");
    (void)honest_score(stage->honest);
    for (size_t i = 0; i < COUNT(strangers); i++)
        stranger_close(&strangers[i]);
}

static void notices_without_end(struct stage *stage)
{
    struct stranger stranger = stranger_bind(stage, STRANGER);

    for (unsigned i = 0; i < 20000; i++)
        stranger_say(&stranger, "{\"_type\":3,\"_command\":\"call\",\"name\":\"echo\",\"args\":[]}");
    stranger_expect_alive(&stranger);
    stranger_close(&stranger);
}

static void names_without_end(struct stage *stage)
{
    struct stranger stranger = stranger_bind(stage, STRANGER);
    char text[200];

    for (unsigned i = 0; i < 6000; i++) {
        snprintf(text, sizeof text, "{\"_type\":1,\"_id\":\"n\",\"_command\":\"%s\",\"name\":\"name-%u\"}",
                 i % 2 ? "watch" : "listen", i);
        stranger_say(&stranger, text);
        stranger_expect(&stranger, "n", i < 4096 ? NULL : "too_large");
    }
    stranger_expect_alive(&stranger);
    stranger_close(&stranger);
}

static void connections_without_end(struct stage *stage)
{
    struct stranger strangers[300];

    for (size_t i = 0; i < COUNT(strangers); i++)
        strangers[i] = stranger_bind(stage, STRANGER);
    for (size_t i = 0; i < COUNT(strangers); i++)
        stranger_expect_alive(&strangers[i]);
    for (size_t i = 0; i < COUNT(strangers); i++)
        stranger_close(&strangers[i]);
    for (unsigned i = 0; i < 1000; i++) {
        struct stranger stranger = stranger_connect(stage, STRANGER);

        stranger_close(&stranger);
    }
}

static void half_closes(struct stage *stage)
{
    for (unsigned i = 0; i < 100; i++) {
        struct stranger stranger = stranger_bind(stage, STRANGER);

        stranger_send(&stranger, CALL_ECHO "[1]}", sizeof CALL_ECHO "[1]}" - 1); /* without its end */
        stranger_shut(&stranger);
        stranger_expect(&stranger, "c", NULL);
        stranger_expect_end(&stranger);
    }
}

static void resets(struct stage *stage)
{
    for (unsigned i = 0; i < 200; i++) {
        struct stranger stranger = i % 4 ? stranger_bind(stage, STRANGER) : stranger_connect(stage, STRANGER);

        for (unsigned n = 0; i % 4 > 1 && n < 10; n++)
            stranger_say(&stranger,
                         i % 2 ? CALL_ECHO "[1]}"
                               : "{\"_type\":1,\"_id\":\"h\",\"_command\":\"call\",\"name\":\"hold\",\"args\":[]}");
        stranger_send(&stranger, CALL_ECHO, i % (sizeof CALL_ECHO - 1));
        stranger_reset(&stranger);
    }
}

const struct row line_rows[] = {
    {"first lines that are no bind", no_bind, 4096},
    {"a first line that is too long", long_first_line, 4096},
    {"two hundred that do not bind", many_that_do_not_bind, 4096},
    {"lines that are no JSON", no_json, 4096},
    {"a line cut anywhere", cut_anywhere, 4096},
    {"each field of a line of each wrong type", wrong_types, 4096},
    {"values that are refused", refused_values, 4096},
    {"the table of bad input", table_of_bad_input, 4096},
    {"lines too long, deep, full", too_much, 16384},
    {"ids that are too long", long_ids, 4096},
    {"millions of blank lines", blank_lines, 4096},
    {"lines that never end", lines_without_end, 64 * 1024},
    {"lines that never end, and too many", more_lines_without_end, 80 * 1024},
    {"answers that nobody reads", more_answers_than_are_read, 80 * 1024},
    {"calls without end", calls_without_end, 8192},
    {"slow calls without end", slow_calls_without_end, 8192},
    {"notices without end", notices_without_end, 8192},
    {"names without end", names_without_end, 8192},
    {"connections without end", connections_without_end, 4096},
    {"half closes", half_closes, 4096},
    {"resets", resets, 4096},
};
const size_t line_row_count = COUNT(line_rows);

/* ---- What takes its time */

#define DEAF 2 /* ask for a lot and read nothing */

static struct {
    struct stranger mute; /* says nothing */
    struct stranger slow; /* a byte now and then, and no bind */
    struct stranger bound_and_slow;
    struct stranger deaf[DEAF];
    pthread_t thread;
    bool stop;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    long mute_ms, slow_ms;
    long began;
    long too_slow;
} slow = {.mutex = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

/* One byte a second, until it is to stop: of a request whose id does not come to its end, however long that takes. */
static void *trickle(void *context)
{
    static const char line[] = "  {\"_type\":1,\"_id\":\"";
    struct timespec until;

    (void)context;
    clock_gettime(CLOCK_REALTIME, &until);
    pthread_mutex_lock(&slow.mutex);
    for (size_t i = 0; !slow.stop; i++) {
        const char *byte = i < sizeof line - 1 ? line + i : "t";

        stranger_send(&slow.slow, byte, 1);
        stranger_send(&slow.bound_and_slow, byte, 1);
        until.tv_sec++;
        while (!slow.stop && pthread_cond_timedwait(&slow.changed, &slow.mutex, &until) == 0)
            ;
    }
    pthread_mutex_unlock(&slow.mutex);
    return NULL;
}

void slow_lines_begin(struct stage *stage)
{
    long answered = victim_count(&stage->victim, "requests", "answered");

    slow.began = now_ms();
    slow.too_slow = victim_count(&stage->victim, "inbound", "slow");
    slow.mute = stranger_connect(stage, "127.0.4.1");
    slow.slow = stranger_connect(stage, "127.0.4.2");
    slow.bound_and_slow = stranger_bind(stage, "127.0.4.3");
    for (unsigned i = 0; i < DEAF; i++) {
        slow.deaf[i] = stranger_bind_narrow(stage, "127.0.4.4");
        for (unsigned n = 0; n < ASKED; n++)
            stranger_say(&slow.deaf[i],
                         "{\"_type\":1,\"_id\":\"m\",\"_command\":\"call\",\"name\":\"much\",\"args\":[]}");
    }
    victim_await(&stage->victim, "requests", "answered", answered + DEAF * ASKED);
    ck_assert_int_eq(pthread_create(&slow.thread, NULL, trickle, NULL), 0);
}

void slow_lines_end(struct stage *stage)
{
    int left = (int)(slow.began + 5000 - now_ms()); /* of the time to bind */

    left = PATIENCE_MS + (left > 0 ? left : 0);
    ck_assert_msg(stranger_ends(&slow.mute, left), "who says nothing is not closed");
    ck_assert_msg(stranger_ends(&slow.slow, left), "who never binds is not closed");
    for (long end = slow.began + 10000 + 2 * PATIENCE_MS;
         victim_count(&stage->victim, "inbound", "slow") < slow.too_slow + DEAF;) {
        ck_assert_msg(now_ms() < end, "who does not read is not closed");
        poll(NULL, 0, 20);
    }
    pthread_mutex_lock(&slow.mutex);
    slow.stop = true;
    pthread_cond_broadcast(&slow.changed);
    pthread_mutex_unlock(&slow.mutex);
    pthread_join(slow.thread, NULL);
    stranger_send(&slow.bound_and_slow, "}\n", 2); /* whatever it became, it is a line, and has no answer */
    stranger_expect_alive(&slow.bound_and_slow);
    stranger_close(&slow.mute);
    stranger_close(&slow.slow);
    stranger_close(&slow.bound_and_slow);
    for (unsigned i = 0; i < DEAF; i++)
        stranger_close(&slow.deaf[i]);
}

/* Streams on real sockets: net/socket.c, socket_input.c and socket_output.c, and the host's functions for them. */

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"
#include "harness.h"
#include "net/rig.h"

#define MEGABYTE ((size_t)1 << 20)

/* One stream that a peer opened. */
struct pair {
    struct rig rig;
    ab_stream_id stream;
    int peer;
};

static void pair_open(struct pair *pair, struct ab_settings *settings)
{
    rig_start(&pair->rig, settings);
    pair->peer = peer_connect(rig_listen(&pair->rig));
    pair->stream = rig_expect(&pair->rig, RIG_ACCEPTED).stream;
}

static void pair_close(struct pair *pair)
{
    close(pair->peer);
    rig_end(&pair->rig);
}

static void expect_message(struct pair *pair, const char *name)
{
    struct rig_record record = rig_expect(&pair->rig, RIG_MESSAGE);

    ck_assert_uint_eq(record.stream, pair->stream);
    ck_assert_int_eq(record.code, 0);
    ck_assert_str_eq(record.text, name);
}

static void expect_number(struct pair *pair, int number)
{
    char name[16];

    snprintf(name, sizeof(name), "%d", number);
    expect_message(pair, name);
}

static void fire_number(struct pair *pair, int number)
{
    char name[16];

    snprintf(name, sizeof(name), "%d", number);
    peer_fire(pair->peer, name);
}

/* Bytes that can be told apart wherever they are cut. */
static char *make_pattern(size_t size)
{
    char *data = malloc(size);

    ck_assert_ptr_nonnull(data);
    for (size_t i = 0; i < size; i++)
        data[i] = (char)(i * 2654435761u >> 13);
    return data;
}

static void expect_pattern(int peer, size_t size)
{
    char *got = malloc(size);
    char *expected;

    ck_assert_ptr_nonnull(got);
    peer_receive(peer, got, size); /* first: who has closed does not wait for long */
    expected = make_pattern(size);
    ck_assert_int_eq(memcmp(expected, got, size), 0);
    free(got);
    free(expected);
}

/* ---- Input. */

START_TEST(one_byte_at_a_time)
{
    static const char lines[] = "{\"_type\": 3, \"_command\": \"fired\", \"name\": \"a\", \"args\": []}\r\n"
                                "{\"_type\": 3, \"_command\": \"fired\", \"name\": \"b\", \"args\": []}\n";
    struct pair pair;
    int on = 1;

    pair_open(&pair, rig_settings(NULL));
    setsockopt(pair.peer, 6, 1, &on, sizeof(on)); /* TCP_NODELAY */
    for (size_t i = 0; i < sizeof(lines) - 1; i++)
        peer_send(pair.peer, &lines[i], 1);
    expect_message(&pair, "a");
    expect_message(&pair, "b");
    pair_close(&pair);
}
END_TEST

START_TEST(many_messages_in_order)
{
    struct pair pair;

    pair_open(&pair, rig_settings(NULL));
    for (int i = 0; i < 5000; i++)
        fire_number(&pair, i);
    for (int i = 0; i < 5000; i++)
        expect_number(&pair, i);
    pair_close(&pair);
}
END_TEST

START_TEST(end_of_input_comes_after_the_last_message)
{
    struct pair pair;

    pair_open(&pair, rig_settings(NULL));
    peer_fire(pair.peer, "first");
    /* No line end: the end of input ends it. */
    peer_send_text(pair.peer, "{\"_type\": 3, \"_command\": \"fired\", \"name\": \"last\", \"args\": []}");
    shutdown(pair.peer, SHUT_WR);
    ck_assert_uint_eq(rig_expect(&pair.rig, RIG_INPUT_ENDED).stream, pair.stream);
    ck_assert_uint_eq(rig_count(&pair.rig, RIG_MESSAGE), 2);
    expect_message(&pair, "first");
    expect_message(&pair, "last");

    /* The other direction is still there. */
    rig_write(&pair.rig, pair.stream, "answer", 6);
    char answer[6];
    peer_receive(pair.peer, answer, sizeof(answer));
    rig_rounds(&pair.rig, 10);
    ck_assert_uint_eq(rig_count(&pair.rig, RIG_INPUT_ENDED), 1);
    ck_assert_uint_eq(rig_count(&pair.rig, RIG_CLOSED), 0);
    pair_close(&pair);
}
END_TEST

static bool has_come_to_round(struct rig *rig, void *context)
{
    return rig->rounds >= *(unsigned long *)context;
}

START_TEST(an_ended_stream_does_not_keep_the_loop_busy)
{
    struct pair pair;
    unsigned long many;

    pair_open(&pair, rig_settings(NULL));
    shutdown(pair.peer, SHUT_WR);
    rig_expect(&pair.rig, RIG_INPUT_ENDED);
    rig_rounds(&pair.rig, 2);
    rig_lock(&pair.rig);
    many = pair.rig.rounds + 10;
    pthread_mutex_unlock(&pair.rig.lock);
    ck_assert(!rig_try(&pair.rig, has_come_to_round, &many, 50 * AB_MILLISECOND));
    pair_close(&pair);
}
END_TEST

START_TEST(a_line_over_the_limit_is_a_message_with_a_problem)
{
    struct pair pair;
    char *line = make_pattern(8192);

    memset(line, 'x', 8192);
    pair_open(&pair, rig_settings(NULL));
    peer_send(pair.peer, line, 8192); /* the first line has a small limit */
    ck_assert_int_eq(rig_expect(&pair.rig, RIG_MESSAGE).code, AB_ETOOLARGE);
    free(line);
    pair_close(&pair);
}
END_TEST

START_TEST(a_reset_is_told_after_what_came_before)
{
    struct linger none = {1, 0};
    struct pair pair;

    pair_open(&pair, rig_settings(NULL));
    peer_fire(pair.peer, "last");
    expect_message(&pair, "last");
    setsockopt(pair.peer, SOL_SOCKET, SO_LINGER, &none, sizeof(none));
    close(pair.peer);
    pair.peer = -1;
    ck_assert_int_eq(rig_expect(&pair.rig, RIG_CLOSED).code, AB_EDISCONNECTED);
    rig_write(&pair.rig, pair.stream, "lost", 4); /* a stale id */
    ck_assert_uint_eq(rig_waiting(&pair.rig, pair.stream), 0);
    rig_end(&pair.rig);
}
END_TEST

/* What the peer sent before it closed is heard, although sending fails first. */
START_TEST(input_is_read_when_output_fails)
{
    struct pair pair;

    pair_open(&pair, rig_settings(NULL));
    rig_pause(&pair.rig, pair.stream, true);
    rig_rounds(&pair.rig, 2);
    for (int i = 0; i < 100; i++)
        fire_number(&pair, i);
    close(pair.peer);
    pair.peer = -1;
    rig_lock(&pair.rig);
    ab_net_host()->pause(pair.rig.net, pair.stream, false);
    for (int i = 0; i < 3; i++) { /* the first is answered with a reset, the next ones fail */
        ab_net_host()->write(pair.rig.net, pair.stream, "x", 1);
        ab_net_flush(pair.rig.net);
    }
    pthread_mutex_unlock(&pair.rig.lock);
    ck_assert_int_eq(rig_expect(&pair.rig, RIG_CLOSED).code, AB_EDISCONNECTED);
    for (int i = 0; i < 100; i++)
        expect_number(&pair, i);
    ck_assert_uint_eq(rig_count(&pair.rig, RIG_CLOSED), 1);
    rig_end(&pair.rig);
}
END_TEST

/* ---- Pause. */

static void pause_at_three(struct rig *rig, const struct rig_record *record)
{
    if (record->input == RIG_MESSAGE && strcmp(record->text, "3") == 0)
        ab_net_host()->pause(rig->net, record->stream, true);
}

START_TEST(a_pause_holds_what_was_read_already)
{
    struct pair pair;
    char *lines = calloc(64, 100);

    pair_open(&pair, rig_settings(NULL));
    rig_lock(&pair.rig);
    pair.rig.hook = pause_at_three;
    pthread_mutex_unlock(&pair.rig.lock);
    for (int i = 0; i < 64; i++) /* one send: all are read before the first is handed over */
        sprintf(lines + strlen(lines), "{\"_type\":3,\"_command\":\"fired\",\"name\":\"%d\",\"args\":[]}\n", i);
    peer_send_text(pair.peer, lines);
    free(lines);
    for (int i = 0; i <= 3; i++)
        expect_number(&pair, i);
    shutdown(pair.peer, SHUT_WR);
    rig_rounds(&pair.rig, 10);
    ck_assert_uint_eq(rig_count(&pair.rig, RIG_MESSAGE), 4);
    ck_assert_uint_eq(rig_count(&pair.rig, RIG_INPUT_ENDED), 0);

    rig_pause(&pair.rig, pair.stream, false);
    rig_expect(&pair.rig, RIG_INPUT_ENDED);
    for (int i = 4; i < 64; i++)
        expect_number(&pair, i);
    pair_close(&pair);
}
END_TEST

START_TEST(a_paused_stream_fills_up_and_goes_on)
{
    struct timeval moment = {0, 50000};
    struct pair pair;
    int sent = 0;

    pair_open(&pair, rig_settings(NULL));
    rig_pause(&pair.rig, pair.stream, true);
    rig_rounds(&pair.rig, 2);
    setsockopt(pair.peer, SOL_SOCKET, SO_SNDTIMEO, &moment, sizeof(moment));
    char line[4096];
    memset(line, ' ', sizeof(line));
    memcpy(line, "{\"_type\":3,\"_command\":\"fired\",\"name\":\"x\",\"args\":[]}", 52);
    line[sizeof(line) - 1] = '\n';
    size_t rest = 0;
    for (;; sent++) {
        ssize_t count = send(pair.peer, line, sizeof(line), MSG_NOSIGNAL);

        ck_assert_int_lt(sent, 100000);
        if (count < (ssize_t)sizeof(line)) {
            rest = sizeof(line) - (count < 0 ? 0 : (size_t)count);
            break;
        }
    }
    ck_assert_uint_eq(rig_count(&pair.rig, RIG_MESSAGE), 0);
    rig_pause(&pair.rig, pair.stream, false);
    moment.tv_sec = 10;
    setsockopt(pair.peer, SOL_SOCKET, SO_SNDTIMEO, &moment, sizeof(moment));
    peer_send(pair.peer, line + sizeof(line) - rest, rest);
    shutdown(pair.peer, SHUT_WR);
    rig_expect(&pair.rig, RIG_INPUT_ENDED);
    ck_assert_uint_eq(rig_count(&pair.rig, RIG_MESSAGE), (unsigned long)sent + 1);
    pair_close(&pair);
}
END_TEST

/* ---- Output. */

START_TEST(a_full_socket_keeps_the_order_and_tells_of_progress)
{
    struct pair pair;
    size_t size = 24 * MEGABYTE;
    char *data = make_pattern(size);

    pair_open(&pair, rig_settings(NULL));
    for (size_t i = 0; i < 24; i++)
        rig_write(&pair.rig, pair.stream, data + i * MEGABYTE, MEGABYTE);
    ck_assert_uint_gt(rig_waiting(&pair.rig, pair.stream), 0);
    expect_pattern(pair.peer, size);
    rig_expect(&pair.rig, RIG_PROGRESS);
    rig_rounds(&pair.rig, 2);
    ck_assert_uint_eq(rig_waiting(&pair.rig, pair.stream), 0);
    free(data);
    pair_close(&pair);
}
END_TEST

static bool holds(struct rig *rig, void *size)
{
    return rig->net->sockets.held == *(const size_t *)size;
}

/* In and out, and the engine hears when it is too much. */
START_TEST(what_waits_on_streams_of_clients_is_counted)
{
    struct pair pair;
    size_t part = 300000, none = 0, size = 72 * MEGABYTE;
    char *data = make_pattern(size);

    pair_open(&pair, rig_settings(NULL));
    fire_number(&pair, 1);
    expect_number(&pair, 1);
    ck_assert(rig_try(&pair.rig, holds, &none, AB_SECOND));
    memset(data, 'x', part);
    peer_send(pair.peer, data, part); /* of a line */
    rig_await(&pair.rig, holds, &part);
    rig_write(&pair.rig, pair.stream, data, size);
    rig_expect(&pair.rig, RIG_CROWDED);
    rig_lock(&pair.rig);
    ck_assert_uint_eq(pair.rig.net->sockets.held, part + ab_net_host()->waiting(pair.rig.net, pair.stream));
    ck_assert_uint_eq(pair.rig.net->sockets.held, ab_net_host()->held(pair.rig.net, pair.stream));
    rig_leave(&pair.rig);
    peer_receive(pair.peer, data, size);
    rig_await(&pair.rig, holds, &part);
    peer_send(pair.peer, "\n", 1);
    rig_await(&pair.rig, holds, &none);
    peer_send(pair.peer, data, part);
    rig_await(&pair.rig, holds, &part);
    rig_close(&pair.rig, pair.stream, AB_CLOSE_NOW);
    rig_await(&pair.rig, holds, &none);
    free(data);
    pair_close(&pair);
}
END_TEST

/* In turn, written and shared: whatever waits when it comes, the bytes leave in their order. */
START_TEST(what_is_shared_keeps_its_place)
{
    static const size_t sizes[] = {1, 5000, 300, 2 * MEGABYTE, 10, 2 * MEGABYTE, MEGABYTE, 7, 3 * MEGABYTE, 1};
    struct pair pair;
    size_t size = 0;
    char *data = make_pattern(9 * MEGABYTE);

    pair_open(&pair, rig_settings(NULL));
    for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
        struct ab_text *text = ab_text_new(data + size, sizes[i]);

        rig_lock(&pair.rig);
        if (i % 3 == 1)
            ck_assert_int_eq(ab_net_host()->write(pair.rig.net, pair.stream, text->data, text->size), 0);
        else
            ck_assert_int_eq(ab_net_host()->share(pair.rig.net, pair.stream, text), 0);
        ab_text_unref(text);
        size += sizes[i];
        if (i < 3)
            ck_assert_uint_eq(ab_net_host()->waiting(pair.rig.net, pair.stream), size);
        if (i < 2)
            pthread_mutex_unlock(&pair.rig.lock);
        else
            rig_leave(&pair.rig);
    }
    ck_assert_uint_gt(rig_waiting(&pair.rig, pair.stream), 0);
    expect_pattern(pair.peer, size);
    rig_rounds(&pair.rig, 2);
    ck_assert_uint_eq(rig_waiting(&pair.rig, pair.stream), 0);
    free(data);
    pair_close(&pair);
}
END_TEST

static void ask_waiting(struct rig *rig, const struct rig_record *record)
{
    static char data[256 * 1024];

    if (record->input != RIG_MESSAGE)
        return;
    ck_assert_int_eq(ab_net_host()->write(rig->net, record->stream, data, sizeof(data)), 0);
    ck_assert_uint_eq(ab_net_host()->waiting(rig->net, record->stream), sizeof(data));
}

/* An engine that saw much waiting hears that it left, although the system took it at once. */
START_TEST(progress_is_told_to_who_saw_much_waiting)
{
    struct pair pair;
    char *data = malloc(256 * 1024);

    pair_open(&pair, rig_settings(NULL));
    rig_lock(&pair.rig);
    pair.rig.hook = ask_waiting;
    pthread_mutex_unlock(&pair.rig.lock);
    peer_fire(pair.peer, "go");
    rig_expect(&pair.rig, RIG_PROGRESS);
    peer_receive(pair.peer, data, 256 * 1024);
    free(data);
    pair_close(&pair);
}
END_TEST

START_TEST(no_progress_is_told_to_who_saw_little)
{
    struct pair pair;
    char data[1000];

    pair_open(&pair, rig_settings(NULL));
    for (int i = 0; i < 100; i++) {
        rig_lock(&pair.rig);
        ab_net_host()->write(pair.rig.net, pair.stream, "0123456789", 10);
        ab_net_host()->waiting(pair.rig.net, pair.stream);
        rig_leave(&pair.rig);
    }
    peer_receive(pair.peer, data, sizeof(data));
    rig_rounds(&pair.rig, 2);
    ck_assert_uint_eq(rig_count(&pair.rig, RIG_PROGRESS), 0);
    pair_close(&pair);
}
END_TEST

#define WRITERS 4
#define WRITES  20000

struct writer {
    struct pair *pair;
    int number;
    pthread_t thread;
};

static void *write_lines(void *argument)
{
    struct writer *writer = argument;
    char line[32];

    for (int i = 0; i < WRITES; i++) {
        snprintf(line, sizeof(line), "%d %08d\n", writer->number, i);
        rig_write(&writer->pair->rig, writer->pair->stream, line, 11);
    }
    return NULL;
}

START_TEST(threads_write_to_one_stream)
{
    struct pair pair;
    struct writer writers[WRITERS];
    int next[WRITERS] = {0};
    char line[12] = {0};

    pair_open(&pair, rig_settings(NULL));
    for (int i = 0; i < WRITERS; i++) {
        writers[i] = (struct writer){.pair = &pair, .number = i};
        ck_assert_int_eq(pthread_create(&writers[i].thread, NULL, write_lines, &writers[i]), 0);
    }
    for (int i = 0; i < WRITERS * WRITES; i++) {
        int number;
        int count;

        peer_receive(pair.peer, line, 11);
        ck_assert_int_eq(sscanf(line, "%d %d", &number, &count), 2);
        ck_assert_int_eq(next[number]++, count);
    }
    for (int i = 0; i < WRITERS; i++)
        pthread_join(writers[i].thread, NULL);
    pair_close(&pair);
}
END_TEST

/* ---- Connecting. */

/* `announced`: as one whose machine has a local socket beside it. */
static void connect_to(int listener, uint16_t port, bool announced)
{
    struct rig rig;
    ab_stream_id stream;
    char text[5];

    rig_start(&rig, rig_settings(NULL));
    rig_lock(&rig);
    struct ab_address to = ab_address_inet(INADDR_LOOPBACK, port);
    ab_local_heard(&rig.net->locals, &to,
                   &(struct ab_packet){.command = AB_PACKET_ADD, .port = port, .local = announced});
    ck_assert_int_eq(ab_net_host()->open(rig.net, &to, &stream), 0);
    ck_assert_int_eq(ab_net_host()->write(rig.net, stream, "early", 5), 0);
    ck_assert_uint_eq(rig.counts[RIG_CONNECTED], 0);
    rig_leave(&rig);
    ck_assert_uint_eq(rig_expect(&rig, RIG_CONNECTED).stream, stream);
    int peer = peer_accept(listener);
    peer_receive(peer, text, 5);
    ck_assert_int_eq(memcmp(text, "early", 5), 0);
    peer_fire(peer, "back");
    ck_assert_str_eq(rig_expect(&rig, RIG_MESSAGE).text, "back");
    rig_end(&rig);
    ck_assert_int_eq(peer_drain(peer), 0);
    close(peer);
}

START_TEST(a_connect_is_told_and_what_was_written_leaves)
{
    uint16_t port;
    int listener = peer_listen(&port);

    connect_to(listener, port, false);
    close(listener);
}
END_TEST

START_TEST(a_connect_goes_by_the_local_socket_if_there_is_one)
{
    uint16_t port;
    int listener = peer_listen(&port);
    int local = ab_local_listen(port, 1);

    ck_assert_int_ge(local, 0);
    connect_to(local, port, true);
    close(local);
    connect_to(listener, port, true); /* it is gone */
    close(listener);
}
END_TEST

START_TEST(a_refused_connect_is_told_later)
{
    struct rig rig;
    uint16_t port;
    ab_stream_id stream;

    close(peer_listen(&port));
    rig_start(&rig, rig_settings(NULL));
    stream = rig_connect(&rig, port);
    ck_assert_uint_ne(stream, 0);
    struct rig_record record = rig_expect(&rig, RIG_CLOSED);
    ck_assert_uint_eq(record.stream, stream);
    ck_assert_int_eq(record.code, AB_ENETWORK);
    rig_end(&rig);
}
END_TEST

START_TEST(an_impossible_connect_is_told_later)
{
    struct rig rig;
    struct ab_address nowhere = ab_address_inet(0x7fffffff, 1); /* a broadcast address: refused at once */

    rig_start(&rig, rig_settings(NULL));
    rig_lock(&rig);
    ab_stream_id stream;

    ck_assert_int_eq(ab_net_host()->open(rig.net, &nowhere, &stream), 0);
    ab_net_flush(rig.net);
    pthread_mutex_unlock(&rig.lock);
    ck_assert_int_eq(rig_expect_on(&rig, RIG_CLOSED, stream).code, AB_ENETWORK);
    rig_end(&rig);
}
END_TEST

START_TEST(a_stream_closed_before_it_connects_is_not_heard_of)
{
    struct rig rig;
    uint16_t port;
    int listener = peer_listen(&port);

    rig_start(&rig, rig_settings(NULL));
    for (int i = 0; i < 100; i++) {
        struct ab_address to = ab_address_inet(INADDR_LOOPBACK, port);

        rig_lock(&rig);
        ab_stream_id stream;

        ck_assert_int_eq(ab_net_host()->open(rig.net, &to, &stream), 0);
        if (i % 2)
            ab_net_flush(rig.net);
        ab_net_host()->close(rig.net, stream, i % 4 < 2 ? AB_CLOSE_NOW : AB_CLOSE_FLUSH);
        rig_leave(&rig);
    }
    rig_rounds(&rig, 10);
    ck_assert_uint_eq(rig_count(&rig, RIG_CLOSED), 0);
    ck_assert_uint_eq(rig_count(&rig, RIG_CONNECTED), 0);
    rig_end(&rig);
    close(listener);
}
END_TEST

/* ---- Closing. */

static bool sockets_gone(struct rig *rig, void *context)
{
    (void)context;
    if (rig->net->sockets.by_id.count == 0)
        return true;
    ab_net_wake(rig->net);
    return false;
}

/* A close with unread input would make TCP discard what was sent. */
START_TEST(what_was_sent_arrives_in_spite_of_unread_input)
{
    for (int i = 0; i < 50; i++) {
        struct pair pair;
        size_t size = 200000;
        char *data = make_pattern(size);

        pair_open(&pair, rig_settings(NULL));
        rig_pause(&pair.rig, pair.stream, true);
        rig_rounds(&pair.rig, 2);
        fire_number(&pair, i);
        rig_lock(&pair.rig);
        ck_assert_int_eq(ab_net_host()->write(pair.rig.net, pair.stream, data, size), 0);
        ab_net_host()->close(pair.rig.net, pair.stream, AB_CLOSE_FLUSH);
        rig_leave(&pair.rig);
        fire_number(&pair, i); /* and more after the close */
        expect_pattern(pair.peer, size);
        ck_assert_int_eq(peer_drain(pair.peer), 0);
        close(pair.peer);
        pair.peer = -1;
        rig_await(&pair.rig, sockets_gone, NULL);
        ck_assert_uint_eq(rig_count(&pair.rig, RIG_MESSAGE), 0);
        free(data);
        rig_end(&pair.rig);
    }
}
END_TEST

START_TEST(a_flush_waits_for_a_full_socket)
{
    struct pair pair;
    size_t size = 16 * MEGABYTE;
    char *data = make_pattern(size);

    pair_open(&pair, rig_settings(NULL));
    rig_lock(&pair.rig);
    ck_assert_int_eq(ab_net_host()->write(pair.rig.net, pair.stream, data, size), 0);
    ab_net_host()->close(pair.rig.net, pair.stream, AB_CLOSE_FLUSH);
    rig_leave(&pair.rig);
    expect_pattern(pair.peer, size);
    ck_assert_int_eq(peer_drain(pair.peer), 0);
    ck_assert_uint_eq(rig_count(&pair.rig, RIG_CLOSED), 0);
    ck_assert_uint_eq(rig_count(&pair.rig, RIG_PROGRESS), 0); /* the engine hears no more */
    free(data);
    pair_close(&pair);
}
END_TEST

/* The peer gets it, or is gone, and then nobody keeps it. */
START_TEST(what_is_shared_outlives_a_close_and_no_more)
{
    for (int reads = 0; reads < 2; reads++) {
        struct pair pair;
        size_t size = 16 * MEGABYTE;
        char *data = make_pattern(size);
        struct ab_text *text = ab_text_new(data, size);

        pair_open(&pair, rig_settings(NULL));
        rig_lock(&pair.rig);
        ck_assert_int_eq(ab_net_host()->share(pair.rig.net, pair.stream, text), 0);
        ab_net_host()->close(pair.rig.net, pair.stream, AB_CLOSE_FLUSH);
        rig_leave(&pair.rig);
        if (reads)
            expect_pattern(pair.peer, size);
        close(pair.peer);
        pair.peer = -1;
        rig_end(&pair.rig);
        ck_assert_uint_eq(atomic_load(&text->references), 1);
        ab_text_unref(text);
        free(data);
    }
}
END_TEST

START_TEST(who_never_closes_is_left_after_a_second)
{
    struct pair pair;
    ab_time begin;
    ab_time taken;

    pair_open(&pair, rig_settings(NULL));
    begin = ab_net_now(pair.rig.net);
    rig_close(&pair.rig, pair.stream, AB_CLOSE_FLUSH);
    ck_assert_int_eq(peer_drain(pair.peer), 0);
    rig_await(&pair.rig, sockets_gone, NULL);
    taken = ab_net_now(pair.rig.net) - begin;
    ck_assert_int_ge(taken, 900 * AB_MILLISECOND);
    ck_assert_int_lt(taken, 5 * AB_SECOND);
    pair_close(&pair);
}
END_TEST

START_TEST(a_close_at_once_throws_away)
{
    struct pair pair;
    size_t size = 16 * MEGABYTE;
    char *data = make_pattern(size);

    pair_open(&pair, rig_settings(NULL));
    rig_lock(&pair.rig);
    ck_assert_int_eq(ab_net_host()->write(pair.rig.net, pair.stream, data, size), 0);
    ab_net_flush(pair.rig.net);
    ab_net_host()->close(pair.rig.net, pair.stream, AB_CLOSE_NOW);
    rig_leave(&pair.rig);
    rig_await(&pair.rig, sockets_gone, NULL);
    ck_assert_int_lt(peer_drain(pair.peer), (long)size);
    free(data);
    pair_close(&pair);
}
END_TEST

static void close_in_message(struct rig *rig, const struct rig_record *record)
{
    if (record->input == RIG_MESSAGE) {
        ab_net_host()->write(rig->net, record->stream, "bye", 3);
        ab_net_host()->close(rig->net, record->stream, AB_CLOSE_FLUSH);
        ab_net_host()->close(rig->net, record->stream, AB_CLOSE_NOW); /* stale */
    }
}

START_TEST(nothing_is_heard_after_a_close_inside_a_message)
{
    struct pair pair;
    char text[3];

    pair_open(&pair, rig_settings(NULL));
    rig_lock(&pair.rig);
    pair.rig.hook = close_in_message;
    pthread_mutex_unlock(&pair.rig.lock);
    peer_send_text(pair.peer, "{\"_type\":3,\"_command\":\"fired\",\"name\":\"a\",\"args\":[]}\n"
                              "{\"_type\":3,\"_command\":\"fired\",\"name\":\"b\",\"args\":[]}\n");
    peer_receive(pair.peer, text, 3);
    ck_assert_int_eq(peer_drain(pair.peer), 0);
    close(pair.peer);
    pair.peer = -1;
    rig_await(&pair.rig, sockets_gone, NULL);
    ck_assert_uint_eq(rig_count(&pair.rig, RIG_MESSAGE), 1);
    ck_assert_uint_eq(rig_count(&pair.rig, RIG_CLOSED), 0);
    rig_end(&pair.rig);
}
END_TEST

START_TEST(the_number_that_linger_is_bounded)
{
    struct rig rig;
    int peers[300];
    uint16_t port;

    rig_start(&rig, rig_settings(NULL));
    port = rig_listen(&rig);
    for (int i = 0; i < 300; i++) {
        peers[i] = peer_connect(port);
        rig_close(&rig, rig_expect(&rig, RIG_ACCEPTED).stream, AB_CLOSE_FLUSH);
    }
    rig_rounds(&rig, 5);
    rig_lock(&rig);
    ck_assert_uint_le(rig.net->sockets.lingering_count, 256);
    pthread_mutex_unlock(&rig.lock);
    for (int i = 0; i < 300; i++)
        close(peers[i]);
    rig_end(&rig);
}
END_TEST

/* Threads write, read, pause and close the same streams all at once; the sanitizers judge. */
static void *disturb(void *argument)
{
    struct rig *rig = argument;
    unsigned seed = (unsigned)(uintptr_t)&seed;

    for (int i = 0; i < 3000; i++) {
        ab_stream_id stream;

        rig_lock(rig);
        stream = rig->net->sockets.last > 8 ? rig->net->sockets.last - (unsigned)rand_r(&seed) % 8 : 1;
        pthread_mutex_unlock(&rig->lock);
        switch (rand_r(&seed) % 6) {
        case 0: rig_close(rig, stream, AB_CLOSE_NOW); break;
        case 1: rig_close(rig, stream, AB_CLOSE_FLUSH); break;
        case 2: rig_pause(rig, stream, rand_r(&seed) % 2); break;
        case 3: rig_connect(rig, *(uint16_t *)rig->context); break;
        default: rig_write(rig, stream, "{\"_type\":3,\"_command\":\"fired\",\"name\":\"x\",\"args\":[]}\n", 53);
        }
    }
    return NULL;
}

START_TEST(a_storm_of_everything)
{
    struct rig rig;
    pthread_t threads[3];
    uint16_t port;

    rig_start(&rig, rig_settings(NULL));
    port = rig_listen(&rig);
    rig.context = &port;
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, disturb, &rig), 0);
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    rig_end(&rig);
}
END_TEST

static void look_at_idle(struct rig *rig, void *context)
{
    const struct ab_socket *socket;

    rig_lock(rig);
    socket = ab_sockets_find(&rig->net->sockets, *(ab_stream_id *)context);
    ck_assert_ptr_nonnull(socket);
    ck_assert_ptr_null(socket->pending.block);
    ck_assert_ptr_null(socket->output.block);
    ck_assert_ptr_null(socket->reader.framer.buffer.block);
    ck_assert_ptr_null(socket->watched.lively);
    ck_assert_uint_lt(sizeof(*socket), 512);
    pthread_mutex_unlock(&rig->lock);
}

START_TEST(an_idle_stream_costs_little)
{
    struct pair pair;

    pair_open(&pair, rig_settings(NULL));
    peer_fire(pair.peer, "x");
    expect_message(&pair, "x");
    rig_write(&pair.rig, pair.stream, "y", 1);
    rig_rounds(&pair.rig, 3);
    rig_do(&pair.rig, look_at_idle, &pair.stream);
    pair_close(&pair);
}
END_TEST

struct look {
    ab_stream_id stream;
    ab_time later; /* a review so much later comes first */
    bool lively;
};

static void look_whether_lively(struct rig *rig, void *context)
{
    struct look *look = context;
    struct ab_lookout *lookout = &rig->net->lookout;

    rig_lock(rig);
    if (look->later)
        ab_lookout_review(lookout, ab_net_now(rig->net) + look->later);
    look->lively = ab_sockets_find(&rig->net->sockets, look->stream)->watched.lively;
    pthread_mutex_unlock(&rig->lock);
}

static bool is_lively(struct pair *pair, ab_time later)
{
    struct look look = {pair->stream, later, false};

    rig_do(&pair->rig, look_whether_lively, &look);
    return look.lively;
}

/* Two messages of one second make it so, and little that comes for some time undoes it; nothing is lost by that. */
START_TEST(a_stream_is_lively_while_much_comes)
{
    struct pair pair;
    int number = 0;

    pair_open(&pair, rig_settings(NULL));
    for (int i = 0; i < 3; i++) {
        ck_assert(!is_lively(&pair, 0));
        do {
            fire_number(&pair, number);
            expect_number(&pair, number++);
        } while (!is_lively(&pair, 0));
        fire_number(&pair, number);
        expect_number(&pair, number++);
        ck_assert(is_lively(&pair, (20 * i + 8) * AB_SECOND)); /* it has just become so */
        fire_number(&pair, number);
        expect_number(&pair, number++);
        fire_number(&pair, number);
        ck_assert(!is_lively(&pair, (20 * i + 16) * AB_SECOND));
        expect_number(&pair, number++);
    }
    pair_close(&pair);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("socket");
    TCase *input = tcase_create("input");
    TCase *output = tcase_create("output");
    TCase *connecting = tcase_create("connect");
    TCase *closing = tcase_create("close");

    tcase_add_test(input, one_byte_at_a_time);
    tcase_add_test(input, many_messages_in_order);
    tcase_add_test(input, end_of_input_comes_after_the_last_message);
    tcase_add_test(input, an_ended_stream_does_not_keep_the_loop_busy);
    tcase_add_test(input, a_line_over_the_limit_is_a_message_with_a_problem);
    tcase_add_test(input, a_reset_is_told_after_what_came_before);
    tcase_add_test(input, input_is_read_when_output_fails);
    tcase_add_test(input, a_pause_holds_what_was_read_already);
    tcase_add_test(input, a_paused_stream_fills_up_and_goes_on);
    tcase_add_test(output, a_full_socket_keeps_the_order_and_tells_of_progress);
    tcase_add_test(output, what_waits_on_streams_of_clients_is_counted);
    tcase_add_test(output, what_is_shared_keeps_its_place);
    tcase_add_test(output, progress_is_told_to_who_saw_much_waiting);
    tcase_add_test(output, no_progress_is_told_to_who_saw_little);
    tcase_add_test(output, threads_write_to_one_stream);
    tcase_add_test(output, an_idle_stream_costs_little);
    tcase_add_test(output, a_stream_is_lively_while_much_comes);
    tcase_add_test(connecting, a_connect_is_told_and_what_was_written_leaves);
    tcase_add_test(connecting, a_connect_goes_by_the_local_socket_if_there_is_one);
    tcase_add_test(connecting, a_refused_connect_is_told_later);
    tcase_add_test(connecting, an_impossible_connect_is_told_later);
    tcase_add_test(connecting, a_stream_closed_before_it_connects_is_not_heard_of);
    tcase_add_test(closing, what_was_sent_arrives_in_spite_of_unread_input);
    tcase_add_test(closing, a_flush_waits_for_a_full_socket);
    tcase_add_test(closing, what_is_shared_outlives_a_close_and_no_more);
    tcase_add_test(closing, who_never_closes_is_left_after_a_second);
    tcase_add_test(closing, a_close_at_once_throws_away);
    tcase_add_test(closing, nothing_is_heard_after_a_close_inside_a_message);
    tcase_add_test(closing, the_number_that_linger_is_bounded);
    tcase_add_test(closing, a_storm_of_everything);
    suite_add_tcase(suite, input);
    suite_add_tcase(suite, output);
    suite_add_tcase(suite, connecting);
    suite_add_tcase(suite, closing);
    return ab_test_run(suite);
}

/* How streams on real sockets begin and end: net/socket.c, and the host's functions for it. */

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "harness.h"
#include "net/pair.h"

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
        char *data = pattern_make(size);

        pair_open(&pair, rig_settings(NULL));
        rig_pause(&pair.rig, pair.stream, true);
        rig_rounds(&pair.rig, 2);
        pair_fire_number(&pair, i);
        rig_lock(&pair.rig);
        ck_assert_int_eq(ab_net_host()->write(pair.rig.net, pair.stream, data, size), 0);
        ab_net_host()->close(pair.rig.net, pair.stream, AB_CLOSE_FLUSH);
        rig_leave(&pair.rig);
        pair_fire_number(&pair, i); /* and more after the close */
        pattern_receive(pair.peer, size);
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
    char *data = pattern_make(size);

    pair_open(&pair, rig_settings(NULL));
    rig_lock(&pair.rig);
    ck_assert_int_eq(ab_net_host()->write(pair.rig.net, pair.stream, data, size), 0);
    ab_net_host()->close(pair.rig.net, pair.stream, AB_CLOSE_FLUSH);
    rig_leave(&pair.rig);
    pattern_receive(pair.peer, size);
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
        char *data = pattern_make(size);
        struct ab_text *text = ab_text_new(data, size);

        pair_open(&pair, rig_settings(NULL));
        rig_lock(&pair.rig);
        ck_assert_int_eq(ab_net_host()->share(pair.rig.net, pair.stream, text), 0);
        ab_net_host()->close(pair.rig.net, pair.stream, AB_CLOSE_FLUSH);
        rig_leave(&pair.rig);
        if (reads)
            pattern_receive(pair.peer, size);
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
    char *data = pattern_make(size);

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

int main(void)
{
    Suite *suite = suite_create("socket");
    TCase *connecting = tcase_create("connecting");
    TCase *closing = tcase_create("closing");

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
    suite_add_tcase(suite, connecting);
    suite_add_tcase(suite, closing);
    return ab_test_run(suite);
}

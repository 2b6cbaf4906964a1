/* What streams on real sockets write: net/socket_output.c and socket_held.c. */

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"
#include "net/pair.h"

START_TEST(a_full_socket_keeps_the_order_and_tells_of_progress)
{
    struct pair pair;
    size_t size = 24 * MEGABYTE;
    char *data = pattern_make(size);

    pair_open(&pair, rig_settings(NULL));
    for (size_t i = 0; i < 24; i++)
        rig_write(&pair.rig, pair.stream, data + i * MEGABYTE, MEGABYTE);
    ck_assert_uint_gt(rig_waiting(&pair.rig, pair.stream), 0);
    pattern_receive(pair.peer, size);
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
    char *data = pattern_make(size);

    pair_open(&pair, rig_settings(NULL));
    pair_fire_number(&pair, 1);
    pair_expect_number(&pair, 1);
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
    char *data = pattern_make(9 * MEGABYTE);

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
    pattern_receive(pair.peer, size);
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

int main(void)
{
    Suite *suite = suite_create("socket_output");
    TCase *output = tcase_create("output");

    tcase_add_test(output, a_full_socket_keeps_the_order_and_tells_of_progress);
    tcase_add_test(output, what_waits_on_streams_of_clients_is_counted);
    tcase_add_test(output, what_is_shared_keeps_its_place);
    tcase_add_test(output, progress_is_told_to_who_saw_much_waiting);
    tcase_add_test(output, no_progress_is_told_to_who_saw_little);
    tcase_add_test(output, threads_write_to_one_stream);
    suite_add_tcase(suite, output);
    return ab_test_run(suite);
}

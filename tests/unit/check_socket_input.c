/* What streams on real sockets read: net/socket_input.c and socket_reader.c. */

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "harness.h"
#include "net/pair.h"

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
    pair_expect(&pair, "a");
    pair_expect(&pair, "b");
    pair_close(&pair);
}
END_TEST

START_TEST(many_messages_in_order)
{
    struct pair pair;

    pair_open(&pair, rig_settings(NULL));
    for (int i = 0; i < 5000; i++)
        pair_fire_number(&pair, i);
    for (int i = 0; i < 5000; i++)
        pair_expect_number(&pair, i);
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
    pair_expect(&pair, "first");
    pair_expect(&pair, "last");

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
    char *line = pattern_make(8192);

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
    pair_expect(&pair, "last");
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
        pair_fire_number(&pair, i);
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
        pair_expect_number(&pair, i);
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
        pair_expect_number(&pair, i);
    shutdown(pair.peer, SHUT_WR);
    rig_rounds(&pair.rig, 10);
    ck_assert_uint_eq(rig_count(&pair.rig, RIG_MESSAGE), 4);
    ck_assert_uint_eq(rig_count(&pair.rig, RIG_INPUT_ENDED), 0);

    rig_pause(&pair.rig, pair.stream, false);
    rig_expect(&pair.rig, RIG_INPUT_ENDED);
    for (int i = 4; i < 64; i++)
        pair_expect_number(&pair, i);
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

int main(void)
{
    Suite *suite = suite_create("socket_input");
    TCase *input = tcase_create("input");
    TCase *pausing = tcase_create("pausing");

    tcase_add_test(input, one_byte_at_a_time);
    tcase_add_test(input, many_messages_in_order);
    tcase_add_test(input, end_of_input_comes_after_the_last_message);
    tcase_add_test(input, an_ended_stream_does_not_keep_the_loop_busy);
    tcase_add_test(input, a_line_over_the_limit_is_a_message_with_a_problem);
    tcase_add_test(input, a_reset_is_told_after_what_came_before);
    tcase_add_test(input, input_is_read_when_output_fails);
    tcase_add_test(pausing, a_pause_holds_what_was_read_already);
    tcase_add_test(pausing, a_paused_stream_fills_up_and_goes_on);
    suite_add_tcase(suite, input);
    suite_add_tcase(suite, pausing);
    return ab_test_run(suite);
}

/* The simulated network itself: what streams and datagrams do there when the world is unkind. */

#include <string.h>

#include "harness.h"
#include "sim/peer.h"
#include "sim/sim.h"

struct pair {
    struct sim *sim;
    struct sim_host *near;
    struct sim_host *far;
    struct sim_peer *client;
    struct sim_peer *server;
    struct sim_link *link;
};

static struct pair connected(void)
{
    struct pair pair = {.sim = sim_new(1)};

    pair.near = sim_host(pair.sim, "near");
    pair.far = sim_host(pair.sim, "far");
    pair.client = sim_peer(pair.sim, pair.near, "client");
    pair.server = sim_peer(pair.sim, pair.far, "server");
    sim_record(pair.sim, SIM_STREAMS | SIM_LINES);
    sim_peer_listen(pair.server, 700);
    struct ab_address to = sim_host_address(pair.far, 0, 700);
    pair.link = sim_peer_connect(pair.client, &to);
    sim_run(pair.sim, MS(10));
    sim_expect(pair.sim, "0.003 server < client: accept\n");
    return pair;
}

START_TEST(a_line_takes_the_latency)
{
    struct pair pair = connected();

    sim_send(pair.link, "hello");
    sim_run(pair.sim, 999);
    ck_assert_uint_eq(sim_peer_link(pair.server, 0)->lines, 0);
    sim_run(pair.sim, 1);
    ck_assert_str_eq(sim_peer_link(pair.server, 0)->last, "hello");
    sim_free(pair.sim);
}
END_TEST

START_TEST(who_does_not_read_fills_both_buffers)
{
    struct pair pair = connected();
    static char much[300000];

    sim_link_listen(sim_peer_link(pair.server, 0), false);
    sim_send_bytes(pair.link, much, sizeof much);
    sim_run(pair.sim, SECONDS(1));
    ck_assert_uint_eq(pair.link->output_size, sizeof much - 2 * 65536);
    sim_link_listen(sim_peer_link(pair.server, 0), true);
    sim_run(pair.sim, SECONDS(1));
    ck_assert_uint_eq(pair.link->output_size, 0);
    ck_assert_uint_eq(sim_peer_link(pair.server, 0)->received, sizeof much);
    sim_free(pair.sim);
}
END_TEST

START_TEST(a_half_close_lets_the_other_half_speak)
{
    struct pair pair = connected();

    sim_send(pair.link, "question");
    sim_link_shut(pair.link);
    sim_run(pair.sim, MS(10));
    sim_send(sim_peer_link(pair.server, 0), "answer");
    sim_link_close(sim_peer_link(pair.server, 0));
    sim_run(pair.sim, MS(10));
    sim_expect(pair.sim, "0.010 client > server: 'question'\n"
                         "0.010 client > server: shut\n"
                         "0.011 server < client: end of input\n"
                         "0.020 server > client: 'answer'\n"
                         "0.020 server > client: close\n"
                         "0.021 client < server: end of input\n");
    ck_assert_str_eq(pair.link->last, "answer");
    sim_free(pair.sim);
}
END_TEST

START_TEST(a_close_with_unread_input_discards_what_was_sent)
{
    struct pair pair = connected();

    sim_link_listen(pair.link, false);
    sim_send(sim_peer_link(pair.server, 0), "unread");
    sim_run(pair.sim, MS(10));
    sim_send(pair.link, "lost");
    sim_link_close(pair.link);
    sim_run(pair.sim, MS(10));
    ck_assert_uint_eq(sim_peer_link(pair.server, 0)->lines, 0);
    ck_assert_int_eq(sim_peer_link(pair.server, 0)->failed, AB_EDISCONNECTED);
    sim_free(pair.sim);
}
END_TEST

START_TEST(silence_keeps_what_was_sent)
{
    struct pair pair = connected();

    sim_cut(pair.near, pair.far, true);
    sim_send(pair.link, "later");
    sim_run(pair.sim, SECONDS(60));
    ck_assert_uint_eq(sim_peer_link(pair.server, 0)->lines, 0);
    sim_cut(pair.near, pair.far, false);
    sim_run(pair.sim, SECONDS(1));
    ck_assert_str_eq(sim_peer_link(pair.server, 0)->last, "later");
    sim_free(pair.sim);
}
END_TEST

START_TEST(a_killed_process_leaves_fin)
{
    struct pair pair = connected();

    sim_peer_kill(pair.server);
    sim_run(pair.sim, MS(10));
    ck_assert(pair.link->ended);
    sim_free(pair.sim);
}
END_TEST

START_TEST(a_crashed_host_leaves_silence_and_then_rst)
{
    struct pair pair = connected();

    sim_peer_kill(pair.server);
    sim_host_crash(pair.far);
    sim_run(pair.sim, SECONDS(600));
    ck_assert(!pair.link->ended);
    sim_send(pair.link, "anybody?");
    sim_run(pair.sim, SECONDS(60));
    ck_assert_int_eq(pair.link->failed, 0);
    sim_host_boot(pair.far);
    sim_run(pair.sim, SECONDS(1));
    ck_assert_int_eq(pair.link->failed, AB_EDISCONNECTED);
    sim_free(pair.sim);
}
END_TEST

START_TEST(a_port_where_nobody_listens_refuses)
{
    struct pair pair = connected();
    struct ab_address nobody = sim_host_address(pair.far, 0, 701);
    struct ab_address nowhere = ab_address_inet(0x0a000909, 700);
    struct sim_link *refused = sim_peer_connect(pair.client, &nobody);
    struct sim_link *unreachable = sim_peer_connect(pair.client, &nowhere);

    ck_assert_int_eq(unreachable->failed, 0);
    sim_run(pair.sim, MS(10));
    ck_assert_int_eq(unreachable->failed, AB_ENETWORK);
    ck_assert_int_eq(refused->failed, AB_ENETWORK);
    sim_free(pair.sim);
}
END_TEST

static void count_packet(struct sim_peer *peer, const struct ab_address *from, const char *text, size_t size)
{
    unsigned *count = peer->context;

    ck_assert_uint_eq(size, 3);
    ck_assert_int_eq(memcmp(text, "abc", 3), 0);
    ck_assert_int_eq(from->kind, AB_ADDRESS_INET);
    ++*count;
}

START_TEST(a_broadcast_reaches_each_receiver)
{
    struct sim *sim = sim_new(1);
    struct sim_host *near = sim_host(sim, "near");
    struct sim_host *far = sim_host(sim, "far");
    struct sim_host *elsewhere = sim_host(sim, "elsewhere");
    struct sim_peer *peers[] = {sim_peer(sim, near, "a"), sim_peer(sim, near, "b"), sim_peer(sim, far, "c"),
                                sim_peer(sim, elsewhere, "d")};
    unsigned counts[4] = {0};

    elsewhere->interfaces[0].segment = 9;
    for (unsigned i = 0; i < 4; i++) {
        peers[i]->packet = count_packet;
        peers[i]->context = &counts[i];
    }
    sim_peer_broadcast(peers[0], "abc", AB_LOOPBACK_FIRST);
    sim_run(sim, MS(10));
    ck_assert_uint_eq(counts[0], 2); /* loopback, and its own broadcast comes back */
    ck_assert_uint_eq(counts[1], 2);
    ck_assert_uint_eq(counts[2], 1);
    ck_assert_uint_eq(counts[3], 0);
    sim_free(sim);
}
END_TEST

START_TEST(times_of_an_expected_line_may_be_ranges)
{
    struct sim *sim = sim_new(1);

    sim_run(sim, MS(1500));
    sim_say(sim, "one");
    sim_run(sim, MS(1500));
    sim_say(sim, "two and more");
    ck_assert_uint_eq(sim_count(sim, "o"), 2);
    ck_assert_int_eq(sim_time(sim, "two", 0), SECONDS(3));
    sim_expect(sim, "1-2 -- one\n* -- two...\n");
    sim_free(sim);
}
END_TEST

START_TEST(lines_are_shown_in_short)
{
    static const struct {
        const char *text;
        const char *shown;
    } lines[] = {
        {"{\"_type\": 1, \"_id\": \"7\", \"_command\": \"call\", \"name\": \"add\", \"args\": [1, {\"a\": \"}\"}]}",
         "7? call name=add args=[1, {\"a\": \"}\"}]"},
        {"{\"_type\":2,\"_id\":7,\"result\":\"two words\"}", "7= result=\"two words\""},
        {"{\"_type\":2,\"_id\":\"7\",\"_error\":{\"text\":\"no\"}}", "7= _error={\"text\":\"no\"}"},
        {"{\"_type\":3,\"_command\":\"changed\",\"name\":\"t\",\"value\":null}", "! changed name=t value=null"},
        {"{\"command\":\"query\"}", "query"},
        {"hello", "'hello'"},
        {"{\"_type\":2,\"_id\":\"7\" broken", "7= ' broken'"},
    };

    for (size_t i = 0; i < COUNT(lines); i++) {
        char *shown = sim_render(lines[i].text, strlen(lines[i].text), false);
        ck_assert_str_eq(shown, lines[i].shown);
        free(shown);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("the simulated network");
    TCase *streams = tcase_create("streams");
    TCase *rest = tcase_create("datagrams and transcripts");

    tcase_add_test(streams, a_line_takes_the_latency);
    tcase_add_test(streams, who_does_not_read_fills_both_buffers);
    tcase_add_test(streams, a_half_close_lets_the_other_half_speak);
    tcase_add_test(streams, a_close_with_unread_input_discards_what_was_sent);
    tcase_add_test(streams, silence_keeps_what_was_sent);
    tcase_add_test(streams, a_killed_process_leaves_fin);
    tcase_add_test(streams, a_crashed_host_leaves_silence_and_then_rst);
    tcase_add_test(streams, a_port_where_nobody_listens_refuses);
    tcase_add_test(rest, a_broadcast_reaches_each_receiver);
    tcase_add_test(rest, times_of_an_expected_line_may_be_ranges);
    tcase_add_test(rest, lines_are_shown_in_short);
    suite_add_tcase(suite, streams);
    suite_add_tcase(suite, rest);
    return ab_test_run(suite);
}

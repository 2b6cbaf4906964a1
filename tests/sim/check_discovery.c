/* Transcripts of discovery: who says what and when, and what is made of it (PROTOCOL section 1). */

#include <string.h>

#include "harness.h"
#include "sim/peer.h"
#include "sim/sim.h"

/* After this a bus has asked for the last time. */

/* ---- Asking */

START_TEST(queries_back_off_and_end)
{
    struct sim *sim = sim_new(1);

    sim_record(sim, SIM_PACKETS | SIM_DETAILS);
    sim_bus(sim, "c");
    sim_run(sim, SECONDS(300));
    sim_expect(sim, "0.000 c > *: query\n"
                    "0.500 c > *: query\n"
                    "1.500 c > *: query\n"
                    "3.500 c > *: query\n"
                    "7.500 c > *: query\n"
                    "14.500 c > *: query\n");
    sim_free(sim);
}
END_TEST

START_TEST(a_new_interface_asks_again)
{
    struct sim *sim = sim_new(1);
    struct sim_host *host = sim_host(sim, "c");
    struct sim_bus *b = sim_bus(sim, "b");

    sim_publish(b, "hall", HALL);
    sim_bus_start(sim_bus_new(sim, host, "c"));
    sim_run(sim, ASKED);
    sim_host_set_interface(host, 0, false);
    sim_run(sim, ASKED);
    sim_record(sim, SIM_PACKETS);
    sim_host_set_interface(host, 0, true);
    sim_run(sim, SECONDS(2));
    sim_expect(sim, "40.000 c > *: query\n"
                    "40.001 b > *: add 52722 hall\n"
                    "40.500 c > *: query\n"
                    "40.501 b > *: add 52722 hall\n"
                    "41.500 c > *: query\n"
                    "41.501 b > *: add 52722 hall\n");
    sim_free(sim);
}
END_TEST

START_TEST(a_machine_that_wakes_asks_and_announces)
{
    struct sim *sim = sim_new(1);
    struct sim_host *host = sim_host(sim, "b");
    struct sim_bus *b = sim_bus_start(sim_bus_new(sim, host, "b"));

    sim_publish(b, "hall", HALL);
    sim_run(sim, ASKED);
    sim_host_sleep(host);
    sim_record(sim, SIM_PACKETS);
    sim_run(sim, SECONDS(1000));
    sim_expect(sim, "");
    sim_host_wake(host);
    sim_run(sim, MS(100));
    sim_expect(sim, "1020.000 b > *: query\n"
                    "1020.000 b > *: add 52722 hall\n"
                    "1020.000 b > *: add 52722 hall\n");
    sim_free(sim);
}
END_TEST

/* ---- Announcing */

START_TEST(a_service_is_announced_when_it_is_made_and_again_soon)
{
    struct sim *sim = sim_new(1);
    struct sim_bus *b = sim_bus(sim, "b");

    sim_run(sim, ASKED);
    sim_record(sim, SIM_PACKETS | SIM_INFO);
    sim_publish(b, "hall", HALL);
    sim_run(sim, SECONDS(33));
    sim_expect(sim, "20.000 b > *: add 52722 hall {\"type\":\"hall\",\"hostname\":\"b\"}\n"
                    "21.000 b > *: add 52722 hall {\"type\":\"hall\",\"hostname\":\"b\"}\n"
                    "23.000 b > *: add 52722 hall {\"type\":\"hall\",\"hostname\":\"b\"}\n"
                    "33-38 b > *: add 52722 hall {\"type\":\"hall\",\"hostname\":\"b\"}\n"
                    "43-53 b > *: add 52722 hall {\"type\":\"hall\",\"hostname\":\"b\"}\n");
    sim_free(sim);
}
END_TEST

START_TEST(a_local_socket_is_announced_while_there_is_one)
{
    struct sim *sim = sim_new(1);
    struct sim_bus *b = sim_bus(sim, "b");

    sim_run(sim, ASKED);
    sim_record(sim, SIM_PACKETS | SIM_RAW);
    b->local = true;
    sim_publish(b, "hall", HALL);
    sim_run(sim, MS(500));
    b->local = false;
    sim_run(sim, SECONDS(1));
    sim_expect(sim, "20.000 b > *: {\"command\":\"add\",\"port\":52722,\"service\":\"hall\",\"info\":{\"type\":"
                    "\"hall\",\"hostname\":\"b\"},\"local\":true}\n"
                    "21.000 b > *: {\"command\":\"add\",\"port\":52722,\"service\":\"hall\",\"info\":{\"type\":"
                    "\"hall\",\"hostname\":\"b\"}}\n");
    sim_free(sim);
}
END_TEST

START_TEST(an_answer_does_not_replace_the_first_announcements)
{
    struct sim *sim = sim_new(1);
    struct sim_bus *b = sim_bus(sim, "b");

    sim_run(sim, ASKED);
    sim_record(sim, SIM_PACKETS);
    sim_publish(b, "hall", HALL);
    sim_peer_broadcast(sim_peer(sim, sim_host(sim, "p"), "p"), "{\"command\": \"query\"}", AB_LOOPBACK_FIRST);
    sim_run(sim, SECONDS(4));
    sim_expect(sim, "20.000 b > *: add 52722 hall\n"
                    "20.000 p > *: query\n"
                    "20.001 b > *: add 52722 hall\n"
                    "21.000 b > *: add 52722 hall\n"
                    "23.000 b > *: add 52722 hall\n");
    sim_free(sim);
}
END_TEST

START_TEST(the_first_service_brings_introspection)
{
    struct sim *sim = sim_new(1);
    struct sim_bus *b = sim_bus(sim, "b");

    sim_run(sim, ASKED);
    sim_record(sim, SIM_PACKETS | SIM_DETAILS | SIM_INFO);
    struct sim_service *hall = sim_publish(b, "hall", NULL);
    sim_expect(sim,
               "20.000 b > *: add 52722 b.details {\"type\":\"autobus.details\",\"pid\":41001,\"hostname\":\"b\"}\n"
               "20.000 b > *: add 52722 hall {\"hostname\":\"b\"}\n");
    sim_run(sim, SECONDS(5));
    sim_transcript_clear(&sim->network.transcript);
    sim_service_end(hall);
    sim_run(sim, SECONDS(1));
    /* It goes with the last one. */
    sim_expect(sim, "25.000 b > *: remove 52722 hall\n"
                    "25.000 b > *: remove 52722 b.details\n"
                    "25.045 b > *: remove 52722 hall\n"
                    "25.045 b > *: remove 52722 b.details\n"
                    "25.090 b > *: remove 52722 hall\n"
                    "25.090 b > *: remove 52722 b.details\n");
    sim_free(sim);
}
END_TEST

START_TEST(goodbye_is_said_three_times_and_a_service_is_gone_at_once)
{
    struct sim *sim = sim_new(1);
    struct sim_bus *b = sim_bus(sim, "b");
    struct sim_bus *c = sim_bus(sim, "c");

    sim_publish(b, "hall", HALL);
    sim_browse(c, "hall", 0);
    sim_run(sim, ASKED);
    sim_record(sim, SIM_PACKETS | SIM_SERVICES);
    sim_bus_close(b);
    sim_expect(sim, "20.000 b > *: remove 52722 hall\n"
                    "20.001 c: - hall\n"
                    "20.045 b > *: remove 52722 hall\n"
                    "20.090 b > *: remove 52722 hall\n");
    sim_free(sim);
}
END_TEST

START_TEST(two_of_three_goodbyes_may_be_lost)
{
    struct sim *sim = sim_new(1);
    struct sim_bus *b = sim_bus(sim, "b");
    struct sim_bus *c = sim_bus(sim, "c");
    struct sim_service *hall = sim_publish(b, "hall", HALL);

    sim_browse(c, "hall", 0);
    sim_run(sim, ASKED);
    sim_record(sim, SIM_SERVICES);
    sim->network.loss = 1000;
    sim_service_end(hall);
    sim_run(sim, MS(60));
    sim->network.loss = 0;
    sim_run(sim, SECONDS(1));
    sim_expect(sim, "20.091 c: - hall\n");
    sim_free(sim);
}
END_TEST

/* ---- Answering */

START_TEST(a_fresh_bus_is_answered_at_once)
{
    struct sim *sim = sim_new(1);
    struct sim_bus *b = sim_bus(sim, "b");

    sim_publish(b, "hall", HALL);
    sim_run(sim, ASKED);
    sim_record(sim, SIM_PACKETS | SIM_SERVICES);
    struct sim_bus *c = sim_bus(sim, "c");
    sim_browse(c, "hall", AB_BROWSER_EXISTING);
    sim_run(sim, MS(700));
    sim_expect(sim, "20.000 c > *: query\n"
                    "20.000 c: cached\n"
                    "20.001 b > *: add 52722 hall\n"
                    "20.002 c: + hall\n"
                    "20.500 c > *: query\n"
                    "20.501 b > *: add 52722 hall\n"
                    "20.550 c: settled\n");
    sim_free(sim);
}
END_TEST

START_TEST(the_queries_of_one_moment_share_an_answer)
{
    struct sim *sim = sim_new(1);
    struct sim_bus *b = sim_bus(sim, "b");
    struct sim_host *host = sim_host(sim, "p");

    sim_publish(b, "hall", HALL);
    sim_run(sim, ASKED);
    sim_record(sim, SIM_PACKETS);
    sim_peer_broadcast(sim_peer(sim, host, "p"), "{\"command\": \"query\"}", AB_LOOPBACK_FIRST);
    sim_peer_broadcast(sim_peer(sim, host, "q"), "{\"command\": \"query\"}", AB_LOOPBACK_FIRST);
    sim_run(sim, SECONDS(1));
    sim_expect(sim, "20.000 p > *: query\n"
                    "20.000 q > *: query\n"
                    "20.001 b > *: add 52722 hall\n");
    sim_free(sim);
}
END_TEST

START_TEST(answers_are_rationed)
{
    struct sim *sim = sim_new(1);
    struct sim_bus *b = sim_bus(sim, "b");
    struct sim_peer *p = sim_peer(sim, sim_host(sim, "p"), "p");

    sim_publish(b, "hall", HALL);
    sim_run(sim, SECONDS(60));
    sim_record(sim, SIM_PACKETS);
    for (unsigned i = 0; i < 1000; i++) {
        sim_peer_broadcast(p, "{\"command\": \"query\"}", AB_LOOPBACK_FIRST);
        sim_run(sim, MS(10));
    }
    /* Ten at once, then two a second; its own announcement may be among them. */
    ck_assert_uint_ge(sim_count(sim, "add"), 28);
    ck_assert_uint_le(sim_count(sim, "add"), 31);
    ck_assert_int_lt(sim_time(sim, "add", 9), SECONDS(60) + MS(110));
    ck_assert_int_ge(sim_time(sim, "add", 11), SECONDS(60) + MS(500));
    sim_free(sim);
}
END_TEST

START_TEST(many_buses_do_not_answer_in_one_moment)
{
    enum { BUSES = 40 };
    struct sim *sim = sim_new(1);
    ab_time first, last;

    for (unsigned i = 0; i < BUSES; i++) {
        char name[8];
        snprintf(name, sizeof name, "b%u", i);
        sim_publish(sim_bus(sim, name), name, HALL);
    }
    sim_run(sim, ASKED);
    sim_record(sim, SIM_PACKETS);
    sim_peer_broadcast(sim_peer(sim, sim_host(sim, "p"), "p"), "{\"command\": \"query\"}", AB_LOOPBACK_FIRST);
    sim_run(sim, MS(110));
    ck_assert_uint_ge(sim_count(sim, "add"), BUSES);
    first = sim_time(sim, "add", 0);
    last = sim_time(sim, "add", BUSES - 1);
    ck_assert_int_le(first, ASKED + MS(5));
    ck_assert_int_ge(last - first, MS(10));
    ck_assert_int_le(last, ASKED + MS(101));
    sim_free(sim);
}
END_TEST

/* ---- An unkind network */

START_TEST(a_service_is_found_though_most_datagrams_are_lost)
{
    struct sim *sim = sim_new((uint64_t)_i + 1);
    struct sim_bus *b, *c;
    struct sim_slot *slot;

    sim->network.loss = 600;
    sim_record(sim, SIM_SERVICES);
    b = sim_bus(sim, "b");
    c = sim_bus(sim, "c");
    slot = sim_browse(c, "hall", AB_BROWSER_EXISTING);
    sim_publish(b, "hall", HALL);
    sim_run(sim, SECONDS(60));
    ck_assert_msg(sim_count(sim, "+ hall") == 1, "not found with seed %d", _i + 1);
    ck_assert_uint_eq(sim_count(sim, "- hall"), 0);
    ck_assert_int_le(sim_time(sim, "+ hall", 0), SECONDS(40));
    sim_cancel(slot);
    sim_free(sim);
}
END_TEST

START_TEST(doubled_and_reordered_datagrams_change_nothing)
{
    struct sim *sim = sim_new((uint64_t)_i + 1);
    struct sim_bus *b, *c;

    sim->network.duplication = 1000;
    sim->network.jitter = MS(30);
    sim_record(sim, SIM_SERVICES);
    b = sim_bus(sim, "b");
    c = sim_bus(sim, "c");
    sim_browse(c, "hall", 0);
    sim_publish(b, "hall", HALL);
    sim_run(sim, SECONDS(60));
    sim_expect(sim, "0-0.1 c: + hall\n"
                    "* c: settled\n");
    sim_free(sim);
}
END_TEST

START_TEST(nonsense_is_dropped)
{
    static const char *const lines[] = {
        "",
        "hello",
        "[]",
        "{}",
        "{\"command\": \"add\"}",
        "{\"command\": \"add\", \"port\": 0, \"service\": \"x\", \"info\": {}}",
        "{\"command\": \"add\", \"port\": 65536, \"service\": \"x\", \"info\": {}}",
        "{\"command\": \"add\", \"port\": \"80\", \"service\": \"x\", \"info\": {}}",
        "{\"command\": \"add\", \"port\": 80, \"service\": 7, \"info\": {}}",
        "{\"command\": \"add\", \"port\": 80, \"service\": \"\", \"info\": {}}",
        "{\"command\": \"add\", \"port\": 80, \"service\": \"x\", \"info\": []}",
        "{\"command\": \"add\", \"port\": 80, \"service\": \"x\"}",
        "{\"command\": \"add\", \"port\": 80, \"service\": \"x\", \"info\": {}} {}",
        "{\"command\": \"change\", \"port\": 80, \"service\": \"x\", \"info\": {}}",
        "{\"command\": \"remove\", \"port\": 80, \"service\": \"x\"}",
    };
    struct sim *sim = sim_new(1);
    struct sim_bus *c = sim_bus(sim, "c");

    sim_record(sim, SIM_SERVICES);
    sim_browse(c, NULL, 0);
    for (size_t i = 0; i < COUNT(lines); i++)
        sim_forge(c->process.host, 0x0a000063, lines[i]);
    sim_run(sim, SECONDS(1));
    sim_expect(sim, "0.550 c: settled\n");
    sim_forge(c->process.host, 0x0a000063,
              "{\"command\": \"add\", \"port\": 80, \"service\": \"x\", \"info\": {}, \"extra\": [1]}\n");
    sim_run(sim, SECONDS(1));
    sim_expect(sim, "1.000 c: + x\n");
    sim_free(sim);
}
END_TEST

START_TEST(a_host_that_died_is_noticed_by_its_silence)
{
    struct sim *sim = sim_new(1);
    struct sim_bus *b = sim_bus(sim, "b");
    struct sim_bus *c = sim_bus(sim, "c");

    sim_publish(b, "hall", HALL);
    sim_browse(c, "hall", 0);
    sim_run(sim, SECONDS(23));
    sim_crash(sim, b->process.host);
    sim_record(sim, SIM_STREAMS | SIM_SERVICES);
    sim_run(sim, SECONDS(70));
    /* Last heard at 23 - (0…15) s; asked after 30 to 35 s of silence; given up after 10 s. */
    sim_expect(sim, "38-58 c > 10.0.0.1:52722: connect 10.0.0.1:52722\n"
                    "48-68 c > 10.0.0.1:52722: close\n"
                    "48-68 c: - hall\n");
    sim_free(sim);
}
END_TEST

START_TEST(all_that_a_dead_host_had_is_gone_after_one_probe)
{
    struct sim *sim = sim_new(1);
    struct sim_bus *b = sim_bus(sim, "b");
    struct sim_bus *c = sim_bus(sim, "c");

    for (unsigned i = 0; i < 100; i++)
        sim_publish(b, "hall", HALL);
    sim_browse(c, "hall", 0);
    sim_run(sim, SECONDS(23));
    sim_crash(sim, b->process.host);
    sim_record(sim, SIM_STREAMS | SIM_SERVICES);
    sim_run(sim, SECONDS(60));
    ck_assert_uint_eq(sim_count(sim, "c: - hall"), 100);
    ck_assert_uint_le(sim_count(sim, ": connect"), 2);
    sim_free(sim);
}
END_TEST

START_TEST(a_service_that_is_only_not_heard_stays)
{
    struct sim *sim = sim_new(1);
    struct sim_bus *b = sim_bus(sim, "b");
    struct sim_bus *c = sim_bus(sim, "c");

    sim_publish(b, "hall", HALL);
    sim_browse(c, "hall", 0);
    sim_run(sim, SECONDS(20));
    sim->network.loss = 1000;
    sim_record(sim, SIM_STREAMS | SIM_SERVICES | SIM_LINES);
    sim_run(sim, SECONDS(40));
    sim_expect(sim, "35-55 c > b: connect 10.0.0.1:52722\n"
                    "* c > b: 1? bind service=hall...\n"
                    "* b < c: accept\n"
                    "* b > c: 1= service=hall...\n"
                    "* c > b: flush and close\n"
                    "* b < c: end of input\n"
                    "* b > c: flush and close\n"
                    "35-55 c > b: connect 10.0.0.1:52722\n"
                    "* c > b: 1? bind service=b.details...\n"
                    "* b < c: accept\n"
                    "* b > c: 1= service=b.details...\n"
                    "* c > b: flush and close\n"
                    "* b < c: end of input\n"
                    "* b > c: flush and close\n");
    sim_free(sim);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("discovery");
    TCase *asking = tcase_create("asking");
    TCase *announcing = tcase_create("announcing");
    TCase *answering = tcase_create("answering");
    TCase *unkind = tcase_create("an unkind network");

    tcase_add_test(asking, queries_back_off_and_end);
    tcase_add_test(asking, a_new_interface_asks_again);
    tcase_add_test(asking, a_machine_that_wakes_asks_and_announces);
    tcase_add_test(announcing, a_service_is_announced_when_it_is_made_and_again_soon);
    tcase_add_test(announcing, a_local_socket_is_announced_while_there_is_one);
    tcase_add_test(announcing, an_answer_does_not_replace_the_first_announcements);
    tcase_add_test(announcing, the_first_service_brings_introspection);
    tcase_add_test(announcing, goodbye_is_said_three_times_and_a_service_is_gone_at_once);
    tcase_add_test(announcing, two_of_three_goodbyes_may_be_lost);
    tcase_add_test(answering, a_fresh_bus_is_answered_at_once);
    tcase_add_test(answering, the_queries_of_one_moment_share_an_answer);
    tcase_add_test(answering, answers_are_rationed);
    tcase_add_test(answering, many_buses_do_not_answer_in_one_moment);
    tcase_add_loop_test(unkind, a_service_is_found_though_most_datagrams_are_lost, 0, 20);
    tcase_add_loop_test(unkind, doubled_and_reordered_datagrams_change_nothing, 0, 20);
    tcase_add_test(unkind, nonsense_is_dropped);
    tcase_add_test(unkind, a_host_that_died_is_noticed_by_its_silence);
    tcase_add_test(unkind, all_that_a_dead_host_had_is_gone_after_one_probe);
    tcase_add_test(unkind, a_service_that_is_only_not_heard_stays);
    suite_add_tcase(suite, asking);
    suite_add_tcase(suite, announcing);
    suite_add_tcase(suite, answering);
    suite_add_tcase(suite, unkind);
    return ab_test_run(suite);
}

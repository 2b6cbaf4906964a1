/* Transcripts of what all clients together have waiting (core/crowd.c): the host with most gives up what it has most on. */

#include <stdlib.h>
#include <string.h>

#include "core/internal.h"
#include "harness.h"
#include "json_text.h"
#include "sim/visit.h"

#define LINKS 8

static void little(struct sim_bus *bus)
{
    sim_bus_limit(bus, "inbound_bytes", 1048576);
}

/* So much of a line that does not end. */
static void begin_line(struct sim_link *link, size_t size)
{
    char *text = malloc(size);

    memset(text, 'x', size);
    memcpy(text, "{\"", 2);
    sim_send_bytes(link, text, size);
    free(text);
}

static struct sim_link *bound_link(struct visit *visit, struct sim_peer *peer)
{
    struct sim_link *link = sim_dial(peer, visit->b);

    sim_run(visit->sim, MS(10));
    visit_bind(visit, link);
    return link;
}

/* Bound by as many links, each of which listens. */
static void open_listeners(struct visit *visit, struct sim_link *links[LINKS])
{
    for (unsigned i = 0; i < LINKS; i++) {
        links[i] = bound_link(visit, visit->p);
        sim_send(links[i], "{\"_type\":3,\"_command\":\"listen\",\"name\":\"rang\"}");
    }
    sim_run(visit->sim, SECONDS(1));
}

static unsigned standing(struct sim_link *const *links, unsigned count)
{
    unsigned standing = 0;

    for (unsigned i = 0; i < count; i++)
        standing += links[i]->socket && !links[i]->ended;
    return standing;
}

START_TEST(lines_without_end_end_when_all_are_too_much)
{
    struct visit visit = visit_new(little);
    struct sim_peer *q = sim_peer(visit.sim, sim_host(visit.sim, "q"), "q");
    struct sim_link *links[LINKS], *other = bound_link(&visit, q);

    for (unsigned i = 0; i < LINKS; i++)
        links[i] = bound_link(&visit, visit.p);
    begin_line(other, 400000); /* of all connections this has most, but its host has not */
    sim_run(visit.sim, SECONDS(1));
    sim_record(visit.sim, SIM_LOG);
    for (unsigned i = 0; i < LINKS; i++) {
        begin_line(links[i], i == 2 ? 160000 : 150000);
        sim_run(visit.sim, SECONDS(1));
    }
    /* There is room for four of them besides; the largest goes first. */
    ck_assert_uint_eq(standing(links, LINKS), 4);
    ck_assert_uint_eq(sim_count(visit.sim, "is cut off: all clients together have too much waiting, and it has most"),
                      LINKS - 4);
    ck_assert(!links[2]->socket || links[2]->ended);
    ck_assert_uint_eq(standing(&other, 1), 1);
    sim_send(other, "\":1}"); /* whatever it became, it is a line */
    sim_run(visit.sim, MS(10));
    sim_send(other, "{\"_type\":1,\"_id\":\"9\",\"_command\":\"ping\"}");
    sim_run(visit.sim, MS(10));
    ck_assert_ptr_nonnull(strstr(other->last, "\"9\""));
    sim_free(visit.sim);
}
END_TEST

START_TEST(those_who_do_not_read_go_when_all_are_too_much)
{
    struct visit visit = visit_new(little);
    struct sim_bus *c = sim_bus(visit.sim, "c");
    struct sim_slot *listen = sim_listen(sim_proxy(c, "type=hall"), "rang");
    struct sim_link *links[LINKS];
    char *args = ab_test_json_long(60000);

    open_listeners(&visit, links);
    for (unsigned i = 0; i < LINKS; i++)
        sim_link_listen(links[i], false);
    sim_record(visit.sim, SIM_LOG);
    for (unsigned i = 0; i < 8; i++) {
        sim_fire(visit.hall, "rang", args);
        sim_run(visit.sim, SECONDS(1));
        ck_assert_uint_le(ab_engine_counters(visit.b->engine).bytes_waiting, 1048576);
    }
    /* Each has about 349,000 bytes that the network did not take: three of them may. */
    ck_assert_uint_eq(ab_engine_counters(visit.b->engine).inbound_now, 1 + 3);
    ck_assert_uint_eq(sim_count(visit.sim, "and it has most"), LINKS - 3);
    ck_assert_uint_eq(listen->count, 8);
    free(args);
    sim_free(visit.sim);
}
END_TEST

/* What leaves at once does not count, however much it is. */
START_TEST(those_who_read_are_not_harmed)
{
    struct visit visit = visit_new(little);
    struct sim_link *links[LINKS];
    size_t size = 500000;
    char *args = ab_test_json_long(size);

    visit.sim->network.send_buffer = 1 << 20;
    visit.sim->network.receive_buffer = 1 << 20;
    open_listeners(&visit, links);
    for (unsigned i = 0; i < 4; i++) {
        sim_fire(visit.hall, "rang", args);
        sim_run(visit.sim, MS(100));
    }
    ck_assert_uint_eq(standing(links, LINKS), LINKS);
    ck_assert_uint_ge(links[0]->received, 4 * size);
    free(args);
    sim_free(visit.sim);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("what all clients have waiting");
    TCase *tests = tcase_create("a crowd");

    tcase_add_test(tests, lines_without_end_end_when_all_are_too_much);
    tcase_add_test(tests, those_who_do_not_read_go_when_all_are_too_much);
    tcase_add_test(tests, those_who_read_are_not_harmed);
    suite_add_tcase(suite, tests);
    return ab_test_run(suite);
}

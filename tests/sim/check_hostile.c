/*
 * Transcripts of peers that mean harm: what they may not do to the program's log, to who else is on the network, or with a
 * field that is not what it should be (DESIGN section 5; PROTOCOL sections 1 and 2).
 */

#include <string.h>

#include "harness.h"
#include "sim/visit.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define HALL         "{\"type\": \"hall\"}"

/* ---- The log */

static size_t lines_of_log(const struct sim *sim)
{
    size_t count = 0;

    for (const char *at = sim->network.transcript.text; at && (at = strstr(at, ": log ")); at++)
        count++;
    return count;
}

START_TEST(services_without_end_do_not_fill_the_log)
{
    struct sim *sim = sim_new(1);
    struct sim_bus *c = sim_bus(sim, "c");
    char text[100];

    sim_record(sim, SIM_LOG);
    for (unsigned i = 0; i < 20000; i++) {
        snprintf(text, sizeof text, "{\"command\": \"add\", \"port\": 80, \"service\": \"s%u\", \"info\": {}}", i);
        sim_forge(c->process.host, 0x0a000050, text);
        if (i % 1000 == 999)
            sim_run(sim, SECONDS(1));
    }
    /* A thousand, then one a second, of which each says how many there were. */
    ck_assert_uint_ge(lines_of_log(sim), 1000 + 18);
    ck_assert_uint_le(lines_of_log(sim), 1000 + 2 * 21);
    ck_assert_ptr_nonnull(strstr(sim->network.transcript.text, " lines were left out"));
    sim_free(sim);
}
END_TEST

START_TEST(clients_that_are_cut_off_do_not_fill_the_log_and_each_of_a_few_is_named)
{
    struct visit visit = visit_new(NULL);

    sim_record(visit.sim, SIM_LOG);
    for (unsigned i = 0; i < 3000; i++) {
        struct sim_link *link = sim_dial(visit.p, visit.b);
        sim_run(visit.sim, MS(1));
        visit_bind(&visit, link);
        for (unsigned line = 0; line < 10; line++)
            sim_send(link, "[]");
        sim_run(visit.sim, MS(2));
        if (i == 99)
            ck_assert_uint_eq(sim_count(visit.sim, "is cut off: it sends lines that are no messages"), 100);
    }
    ck_assert_uint_le(lines_of_log(visit.sim), 1000 + 2 * 41);
    ck_assert_uint_eq(ab_engine_counters(visit.b->engine).inbound_cut_off, 3000 + 1); /* and the one that never bound */
    sim_free(visit.sim);
}
END_TEST

/* Binds, and refuses everything else at length. */
static void refuse_at_length(struct sim_link *link, const char *line, size_t size)
{
    static char text[1001];

    (void)line, (void)size;
    for (size_t i = 0; i + 2 < sizeof text; i += 2)
        memcpy(text + i, "\xc3\xa9", 2);
    if (link->lines == 1)
        sim_send(link, "{\"_type\":2,\"_id\":\"1\",\"service\":\"x\"}");
    else
        sim_send_format(link, "{\"_type\":2,\"_id\":\"%u\",\"_error\":{\"text\":\"%s%s\"}}", link->lines,
                        link->lines % 2 ? "x" : "", text);
}

START_TEST(text_of_others_is_one_line_of_whole_characters)
{
    struct sim *sim = sim_new(1);
    struct sim_bus *c = sim_bus(sim, "c");
    struct sim_peer *p = sim_peer(sim, sim_host(sim, "p"), "p");
    struct ab_address at = sim_host_address(p->process.host, 0, 80);

    sim_record(sim, SIM_LOG);
    sim_forge(c->process.host, 0x0a000050,
              "{\"command\": \"add\", \"port\": 80, \"service\": \"a\\n[1] b\\u001b[2J\\u007f\", \"info\": {}}");
    sim_run(sim, MS(10));
    ck_assert_ptr_nonnull(strstr(sim->network.transcript.text, "log 3 found service a [1] b [2J \n"));
    p->line = refuse_at_length;
    sim_peer_listen(p, 80);
    struct sim_remote *remote = sim_connection(c, &at, "x");
    sim_run(sim, SECONDS(1));
    for (unsigned i = 0; i < 2; i++) {
        const char *end;

        sim_record(sim, SIM_LOG);
        sim_listen(remote, i ? "one" : "other");
        sim_run(sim, MS(10));
        end = strrchr(sim->network.transcript.text, '\n');
        ck_assert_uint_gt(end - sim->network.transcript.text, 500);
        ck_assert_mem_eq(end - 2, "\xc3\xa9", 2);
    }
    sim_free(sim);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("peers that mean harm");
    TCase *log = tcase_create("the log");

    tcase_add_test(log, services_without_end_do_not_fill_the_log);
    tcase_add_test(log, clients_that_are_cut_off_do_not_fill_the_log_and_each_of_a_few_is_named);
    tcase_add_test(log, text_of_others_is_one_line_of_whole_characters);
    suite_add_tcase(suite, log);
    return ab_test_run(suite);
}

/*
 * Every row of the tables against one victim: the answer that is due, memory and processor time within bounds, and the
 * honest peer answered within a second all the while. What takes seconds by its nature runs beside the rows.
 */
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "buses.h"
#include "hostile/stage.h"

#define PROBES 8 /* of routes that lead nowhere, at once */

static struct {
    unsigned rows;
    long cpu_ms;
    long slowest_us;
    long peak_kib;
    unsigned long calls;
} sums;

static void check(const struct row *row, struct victim_size before, struct victim_size after, struct honest_score score)
{
    fprintf(stderr, "%-45s %5ld ms of cpu, %7ld KiB at most, %+6ld KiB kept, %4u calls, slowest %5.1f ms\n", row->name,
            after.cpu_ms - before.cpu_ms, after.peak_kib - before.peak_kib, after.heap_kib - before.heap_kib,
            score.calls, (double)score.slowest_us / 1000);
    ck_assert_msg(score.failed == 0, "%s: %u calls of another peer failed: %s", row->name, score.failed, score.failure);
    ck_assert_uint_ge(score.calls, 2);
    ck_assert_msg(score.slowest_us <= SOON_MS * 1000, "%s: another peer waited %ld us", row->name, score.slowest_us);
    ck_assert_msg(WITH_SANITIZERS || after.peak_kib - before.peak_kib <= row->growth_kib,
                  "%s: the victim grew by %ld KiB", row->name, after.peak_kib - before.peak_kib);
    sums.rows++;
    sums.calls += score.calls;
    sums.cpu_ms += after.cpu_ms - before.cpu_ms;
    if (score.slowest_us > sums.slowest_us)
        sums.slowest_us = score.slowest_us;
    if (after.peak_kib > sums.peak_kib)
        sums.peak_kib = after.peak_kib;
}

static void run(struct stage *stage, const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct victim_size before;
        struct honest_score score;

        victim_forget_peak(&stage->victim);
        before = victim_measure(&stage->victim);
        honest_begin(stage->honest);
        rows[i].attack(stage);
        score = honest_score(stage->honest);
        check(&rows[i], before, victim_measure(&stage->victim), score);
    }
}

void stage_open(struct stage *stage)
{
    victim_start(&stage->victim);
    stage->discovery_port = ab_test_discovery_port();
    stage->honest = honest_start(&stage->victim);
}

void stage_close(struct stage *stage)
{
    honest_end(stage->honest);
    victim_end(&stage->victim);
}

START_TEST(nobody_is_harmed)
{
    struct stage stage;
    struct victim_size before, after;
    long end;

    stage_open(&stage);
    before = victim_measure(&stage.victim);
    slow_lines_begin(&stage);
    run(&stage, line_rows, line_row_count);
    run(&stage, server_rows, server_row_count);
    slow_servers_begin(&stage);
    run(&stage, datagram_rows, datagram_row_count);
    slow_lines_end(&stage);
    slow_servers_end(&stage);
    end = now_ms() + PATIENCE_MS;
    while (victim_count(&stage.victim, "inbound", "now") > 1 && now_ms() < end)
        poll(NULL, 0, 5);
    ck_assert_int_eq(victim_count(&stage.victim, "inbound", "now"), 1); /* the honest peer */
    after = victim_measure(&stage.victim);
    ck_assert_int_le(after.descriptors, before.descriptors + PROBES);
    fprintf(stderr, "the victim has %d descriptors, and had %d; %ld KiB, and had %ld\n", after.descriptors,
            before.descriptors, after.heap_kib, before.heap_kib);
    printf("figure: %u rows of hostile input\n", sums.rows);
    printf("figure: %lu calls of an honest peer meanwhile\n", sums.calls);
    stage_close(&stage);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("peers that mean harm, on real sockets");
    TCase *tests = tcase_create("a victim");

    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, nobody_is_harmed);
    suite_add_tcase(suite, tests);
    return ab_test_run(suite);
}

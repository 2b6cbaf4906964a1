/* The tally of datagrams: net/fates.c. */

#include "net/fates.h"

#include "harness.h"

static const struct ab_bad_source *find(const struct ab_fates *fates, uint32_t host)
{
    for (size_t i = 0; i < fates->source_count; i++)
        if (fates->sources[i].host == host)
            return &fates->sources[i];
    return NULL;
}

START_TEST(drops_are_counted_by_reason_and_source)
{
    struct ab_fates fates = {0};

    ab_fates_count(&fates, AB_DATAGRAM_TAKEN, 1);
    ab_fates_count(&fates, AB_DATAGRAM_OWN, 1);
    ck_assert_uint_eq(fates.source_count, 0);
    ab_fates_count(&fates, AB_DATAGRAM_FOREIGN, 2);
    ab_fates_count(&fates, AB_DATAGRAM_FOREIGN, 2);
    ab_fates_count(&fates, AB_DATAGRAM_MALFORMED, 2);
    ab_fates_count(&fates, AB_DATAGRAM_UNKNOWN, 3);
    ck_assert_uint_eq(fates.counts[AB_DATAGRAM_TAKEN], 1);
    ck_assert_uint_eq(fates.counts[AB_DATAGRAM_FOREIGN], 2);
    ck_assert_uint_eq(fates.source_count, 2);
    ck_assert_uint_eq(find(&fates, 2)->dropped, 3);
    ck_assert_uint_eq(find(&fates, 2)->counts[AB_DATAGRAM_FOREIGN], 2);
    ck_assert_uint_eq(find(&fates, 3)->counts[AB_DATAGRAM_UNKNOWN], 1);
}
END_TEST

/* Datagrams with made-up sources must neither grow the table nor push out who really sends many. */
START_TEST(a_flood_of_sources_leaves_the_worst)
{
    struct ab_fates fates = {0};

    for (uint32_t host = 1; host <= 3; host++)
        for (int i = 0; i < 100; i++)
            ab_fates_count(&fates, AB_DATAGRAM_FOREIGN, host);
    for (uint32_t host = 1000; host < 100000; host++)
        ab_fates_count(&fates, AB_DATAGRAM_MALFORMED, host);
    ck_assert_uint_eq(fates.source_count, AB_WORST_SOURCES);
    for (uint32_t host = 1; host <= 3; host++)
        ck_assert_uint_eq(find(&fates, host)->dropped, 100);
    ck_assert_uint_eq(fates.counts[AB_DATAGRAM_MALFORMED], 99000);
}
END_TEST

START_TEST(every_fate_has_a_name)
{
    for (int i = 0; i < AB_DATAGRAM_FATES; i++)
        ck_assert_ptr_nonnull(ab_fate_name((enum ab_datagram_fate)i));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("fates");
    TCase *tcase = tcase_create("fates");

    tcase_add_test(tcase, drops_are_counted_by_reason_and_source);
    tcase_add_test(tcase, a_flood_of_sources_leaves_the_worst);
    tcase_add_test(tcase, every_fate_has_a_name);
    suite_add_tcase(suite, tcase);
    return ab_test_run(suite);
}

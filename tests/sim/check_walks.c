/*
 * Random walks (walk.h), an hour each: the number of a test is its seed. 512 of them, fewer where they are slow; with
 * tests/run --long as many as it says. A walk that fails tells how to repeat it.
 */

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "harness.h"
#include "sim/walk.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define WALKS 64
#else
#define WALKS 512
#endif

/* Which walks came to their end, told to the parent of the processes in which they run. */
static bool *arrived;

START_TEST(a_walk)
{
    walk_live((uint64_t)_i, SECONDS(3600));
    arrived[_i] = true;
}
END_TEST

static int walks(void)
{
    const char *wanted = getenv("AUTOBUS_TEST_LONG");

    return wanted ? atoi(wanted) : WALKS;
}

int main(int count, char **arguments)
{
    Suite *suite = suite_create("random walks");
    TCase *tests = tcase_create("walks");
    int first, hours = 0, status;
    int end = sim_seeds(walks(), &first);

    (void)count;
    arrived = mmap(NULL, (size_t)end + 1, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (arrived == MAP_FAILED)
        return EXIT_FAILURE;
    tcase_set_timeout(tests, 60); /* a tenth of a second where nothing else runs */
    tcase_add_loop_test(tests, a_walk, first, end);
    suite_add_tcase(suite, tests);
    status = ab_test_run(suite);
    for (int seed = first; seed < end; seed++) {
        if (!arrived[seed])
            printf("seed %d failed; to repeat it: AB_SIM_SEED=%d %s\n", seed, seed, arguments[0]);
        hours += arrived[seed];
    }
    printf("figure: %d cluster-hours simulated\n", hours);
    return status;
}

/* What every test program on Check shares: how a suite is run and reported. */

#include "harness.h"

#include <dirent.h>
#include <netdb.h>
#include <stdlib.h>
#include <unistd.h>

#ifdef COVERAGE
#include <gcov.h>
#else
#define __gcov_dump() ((void)0)
#endif

int ab_test_run(Suite *suite)
{
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

void ab_test_exit(int status)
{
    __gcov_dump();
    _exit(status);
}

int ab_test_entries(const char *folder)
{
    DIR *entries = opendir(folder);
    int count = -2; /* . and .. */

    ck_assert_msg(entries, "%s cannot be read", folder);
    while (readdir(entries))
        count++;
    closedir(entries);
    return count;
}

const char *ab_test_localhost(void)
{
    struct addrinfo *found = NULL;

    if (getaddrinfo("localhost", NULL, NULL, &found) != 0)
        return "127.0.0.1";
    freeaddrinfo(found);
    return "localhost";
}

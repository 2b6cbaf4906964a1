/* What a test's own process writes to a descriptor while something runs. */
#ifndef AB_TESTS_CAPTURED_H
#define AB_TESTS_CAPTURED_H

struct ab_captured {
    int fd;    /* that is captured */
    int saved; /* where it went before */
    int file;
};

void ab_captured_begin(struct ab_captured *captured, int fd);
/* A string, to be freed. */
char *ab_captured_end(struct ab_captured *captured);

#endif

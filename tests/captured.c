/* Owns a file in memory that stands in for a descriptor for a while. */
#include "captured.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "harness.h"

void ab_captured_begin(struct ab_captured *captured, int fd)
{
    captured->fd = fd;
    captured->saved = dup(fd);
    captured->file = memfd_create("captured", MFD_CLOEXEC);
    ck_assert_int_ge(captured->saved, 0);
    ck_assert_int_ge(captured->file, 0);
    ck_assert_int_eq(dup2(captured->file, fd), fd);
}

char *ab_captured_end(struct ab_captured *captured)
{
    ck_assert_int_eq(dup2(captured->saved, captured->fd), captured->fd);
    off_t size = lseek(captured->file, 0, SEEK_END);
    char *text = calloc(1, (size_t)size + 1);
    ck_assert_ptr_nonnull(text);
    ck_assert_int_eq(pread(captured->file, text, (size_t)size, 0), size);
    close(captured->file);
    close(captured->saved);
    return text;
}

/*
 * In the place of libFuzzer: runs files, or each file of a folder, once. Without an argument they are the target's own
 * corpus. Owns the order, which is that of the names; knows nothing of what a target does.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fuzz/fuzz.h"

/* Where it fails, the last name in the output is the one that did it. */
static unsigned run_file(const char *path)
{
    struct ab_buffer input = AB_BUFFER_INIT;
    FILE *file = fopen(path, "rb");
    size_t size = 1;

    ck_assert_msg(file != NULL, "%s: %s", path, strerror(errno));
    while (size > 0) {
        char *room = ab_buffer_reserve(&input, 4096);
        ck_assert_ptr_nonnull(room);
        size = fread(room, 1, 4096, file);
        ab_buffer_commit(&input, size);
    }
    fclose(file);
    fprintf(stderr, "%s\n", path);
    char *copy = fuzz_copy(ab_buffer_data(&input), ab_buffer_size(&input));
    LLVMFuzzerTestOneInput((const uint8_t *)copy, ab_buffer_size(&input));
    free(copy);
    ab_buffer_deinit(&input);
    return 1;
}

static int is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static unsigned run_folder(const char *path)
{
    struct dirent **entries;
    int count = scandir(path, &entries, is_visible, alphasort);
    unsigned done = 0;

    if (count < 0 && errno == ENOTDIR)
        return run_file(path);
    ck_assert_msg(count > 0, "%s: no input", path);
    for (int i = 0; i < count; i++) {
        char file[4096];
        snprintf(file, sizeof file, "%s/%s", path, entries[i]->d_name);
        done += run_file(file);
        free(entries[i]);
    }
    free(entries);
    return done;
}

/* fuzz_NAME has the corpus NAME. */
static unsigned run_corpus(void)
{
    const char *top = getenv("top_srcdir");
    const char *name = strchr(program_invocation_short_name, '_');
    char path[4096];

    ck_assert_ptr_nonnull(name);
    snprintf(path, sizeof path, "%s/tests/fuzz/corpus/%s", top ? top : ".", name + 1);
    return run_folder(path);
}

int main(int argc, char **argv)
{
    unsigned done = 0;
    int out = dup(STDOUT_FILENO); /* what a target prints there is nobody's */

    ck_assert(freopen("/dev/null", "w", stdout) != NULL);
    LLVMFuzzerInitialize(&argc, &argv);
    for (int i = 1; i < argc; i++)
        done += run_folder(argv[i]);
    if (argc == 1)
        done = run_corpus();
    dprintf(out, "figure: %u inputs of the corpora\n", done);
    close(out);
    return EXIT_SUCCESS;
}

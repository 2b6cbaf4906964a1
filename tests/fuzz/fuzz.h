/*
 * What fuzz targets share. A target is a file fuzz_NAME.c with LLVMFuzzerTestOneInput: linked with clang's libFuzzer
 * (tests/run --fuzz) it is driven by that, and anywhere else by main.c, which runs each file of tests/fuzz/corpus/NAME
 * once and is a test as all others. What made one fail goes into that folder; tests/fuzz/drive gathers what else is
 * worth it.
 *
 * An input decides everything: no clock, thread, socket or randomness but what is made from it. Targets assert with
 * Check's macros, as the simulation does: fuzz.c has what is behind them.
 */
#ifndef AB_TESTS_FUZZ_FUZZ_H
#define AB_TESTS_FUZZ_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/text.h"
#include "harness.h"
#include "wire/framer.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A block of just that size, so that a sanitizer sees who reads beyond; free. */
char *fuzz_copy(const void *data, size_t size);
/* The same with a NUL behind it; what the input has after a NUL of its own is never looked at. */
char *fuzz_string(const void *data, size_t size);
/* Cuts the input's next line off, without its end; false: there is no more. */
bool fuzz_line(struct ab_slice *rest, struct ab_slice *ret_line);
struct ab_text *fuzz_text(const struct ab_buffer *buffer);

/*
 * The story of a connection: bytes that are sent as they are, so that a transcript is an input as it stands, and between
 * them FUZZ_EVENT (which no UTF-8 holds) with a letter for something that happens then.
 */
#define FUZZ_EVENT 0xff

struct fuzz_story {
    const uint8_t *at, *end;
    unsigned most; /* parts of it; what comes after them is not told */
};

/* Bytes, with *ret_event 0; or what happens, without bytes. False: it is over. */
bool fuzz_story_next(struct fuzz_story *story, struct ab_slice *ret_bytes, char *ret_event);
/* Milliseconds that a digit stands for; 0: it is none. */
unsigned fuzz_pause_ms(char event);

#endif

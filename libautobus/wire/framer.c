/*
 * Owns the bytes that were read and are no unit yet. Must not know what a unit means.
 *
 * Invariants: `scanned` bytes at the front of the buffer hold no line end; while a line is awaited and the buffer is
 * not empty, its first byte is looked at before any other, so blanks go before they pile up. A unit is consumed as it
 * is returned: its bytes stay in the block until the next one is read into.
 */
#include "wire/framer.h"

#include <string.h>

#include "base/error.h"

void ab_framer_init(struct ab_framer *framer, size_t limit)
{
    *framer = (struct ab_framer){.buffer = AB_BUFFER_INIT, .limit = limit};
}

void ab_framer_deinit(struct ab_framer *framer)
{
    ab_buffer_deinit(&framer->buffer);
    framer->scanned = 0;
}

void ab_framer_set_limit(struct ab_framer *framer, size_t limit)
{
    framer->limit = limit;
}

int ab_framer_expect(struct ab_framer *framer, size_t size)
{
    if (size == 0)
        return AB_EINVAL;
    if (size > framer->limit)
        return AB_ETOOLARGE;
    framer->counted = size;
    return 0;
}

char *ab_framer_reserve(struct ab_framer *framer, size_t least, size_t *ret_size)
{
    struct ab_buffer *buffer = &framer->buffer;
    char *place = ab_buffer_reserve_within(buffer, least, framer->limit + least);

    if (place)
        *ret_size = buffer->capacity - buffer->end;
    return place;
}

void ab_framer_commit(struct ab_framer *framer, size_t size)
{
    ab_buffer_commit(&framer->buffer, size);
}

void ab_framer_finish(struct ab_framer *framer)
{
    framer->finished = true;
}

/* White space of JSON, which no line can begin or end with in any sense. */
static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

/* At the start of a line: blanks, and with them empty lines, go. */
static void framer_drop_blanks(struct ab_framer *framer)
{
    const char *data = ab_buffer_data(&framer->buffer);
    size_t size = ab_buffer_size(&framer->buffer), blanks = 0;

    while (blanks < size && is_blank(data[blanks]))
        blanks++;
    ab_buffer_consume(&framer->buffer, blanks);
}

/* Hands out the first `unit` bytes and forgets `whole`. */
static int framer_take(struct ab_framer *framer, size_t unit, size_t whole, struct ab_slice *ret_unit)
{
    *ret_unit = (struct ab_slice){ab_buffer_data(&framer->buffer), unit};
    ab_buffer_consume(&framer->buffer, whole);
    framer->scanned = 0;
    framer->counted = 0;
    return 1;
}

static int framer_next_counted(struct ab_framer *framer, struct ab_slice *ret_unit)
{
    if (ab_buffer_size(&framer->buffer) < framer->counted)
        return 0;
    return framer_take(framer, framer->counted, framer->counted, ret_unit);
}

int ab_framer_next(struct ab_framer *framer, struct ab_slice *ret_unit)
{
    const char *data, *found;
    size_t size, line;

    if (framer->counted)
        return framer_next_counted(framer, ret_unit);
    if (framer->scanned == 0)
        framer_drop_blanks(framer);
    data = ab_buffer_data(&framer->buffer);
    size = ab_buffer_size(&framer->buffer);
    if (size == 0)
        return 0;
    found = memchr(data + framer->scanned, '\n', size - framer->scanned);
    line = found ? (size_t)(found - data) : size;
    framer->scanned = line;
    if (line - (data[line - 1] == '\r') > framer->limit)
        return AB_ETOOLARGE;
    if (!found && !framer->finished)
        return 0;
    while (is_blank(data[line - 1]))
        line--;
    return framer_take(framer, line, framer->scanned + (found != NULL), ret_unit);
}

bool ab_framer_borrow(struct ab_framer *framer, struct ab_buffer *lent)
{
    if (ab_buffer_size(&framer->buffer) > 0)
        return false;
    ab_buffer_swap(&framer->buffer, lent);
    return true;
}

int ab_framer_give_back(struct ab_framer *framer, struct ab_buffer *lent)
{
    int result;

    ab_buffer_swap(&framer->buffer, lent);
    result = ab_buffer_append(&framer->buffer, ab_buffer_data(lent), ab_buffer_size(lent));
    ab_buffer_truncate(lent, 0);
    return result;
}

void ab_framer_trim(struct ab_framer *framer)
{
    ab_buffer_trim(&framer->buffer, 0);
}

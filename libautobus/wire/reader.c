/*
 * Owns the framer of one stream and turns its units into messages. Knows no state of the conversation but whether the
 * first unit is through. Invariant: after a unit over the limit nothing more comes out, because where the next unit
 * begins is not known.
 */
#include "wire/reader.h"

#include "base/error.h"

void ab_reader_init(struct ab_reader *reader, const struct ab_limits *limits, bool accepted)
{
    ab_framer_init(&reader->framer, accepted ? limits->line_unbound : limits->line);
    reader->limits = limits;
    reader->failed = false;
}

void ab_reader_deinit(struct ab_reader *reader)
{
    ab_framer_deinit(&reader->framer);
}

char *ab_reader_reserve(struct ab_reader *reader, size_t least, size_t *ret_size)
{
    return ab_framer_reserve(&reader->framer, least, ret_size);
}

bool ab_reader_borrow(struct ab_reader *reader, struct ab_buffer *lent)
{
    return ab_framer_borrow(&reader->framer, lent);
}

int ab_reader_give_back(struct ab_reader *reader, struct ab_buffer *lent)
{
    return ab_framer_give_back(&reader->framer, lent);
}

void ab_reader_commit(struct ab_reader *reader, size_t size)
{
    ab_framer_commit(&reader->framer, size);
}

void ab_reader_finish(struct ab_reader *reader)
{
    ab_framer_finish(&reader->framer);
}

static int too_large(struct ab_reader *reader, struct ab_message *ret_message)
{
    const struct ab_buffer *start = &reader->framer.buffer;
    int result = ab_message_too_long(ab_buffer_data(start), ab_buffer_size(start), reader->limits, ret_message);

    if (result < 0)
        return result;
    reader->failed = true;
    return 1;
}

int ab_reader_next(struct ab_reader *reader, struct ab_message *ret_message)
{
    struct ab_slice unit;
    int r;

    if (reader->failed)
        return 0;
    r = ab_framer_next(&reader->framer, &unit);
    if (r == AB_ETOOLARGE)
        return too_large(reader, ret_message);
    if (r <= 0)
        return r;
    r = ab_message_decode(unit.data, unit.size, reader->limits, ret_message);
    if (r < 0)
        return r;
    ab_framer_set_limit(&reader->framer, reader->limits->line);
    return 1;
}

void ab_reader_trim(struct ab_reader *reader)
{
    ab_framer_trim(&reader->framer);
}

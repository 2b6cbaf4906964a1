/*
 * Owns the growing of what a pen writes on, and digits. Must not know what is written.
 *
 * Invariant: what was written since the pen last had to make room lies behind the end of its buffer, before `at`.
 */
#include "base/pen.h"

#include "base/error.h"

#define ROOM        64
#define MOST_DIGITS 20

void ab_pen_begin(struct ab_pen *pen, struct ab_buffer *out)
{
    *pen = (struct ab_pen){.out = out, .before = ab_buffer_size(out)};
    pen->at = ab_buffer_reserve(out, ROOM);
    if (pen->at)
        pen->end = out->block + out->capacity;
    else
        pen->result = AB_ENOMEM;
}

void ab_pen_begin_in(struct ab_pen *pen, char *room, size_t size)
{
    *pen = (struct ab_pen){.at = room, .end = room + size};
}

static void settle(struct ab_pen *pen)
{
    if (pen->at && pen->out)
        ab_buffer_commit(pen->out, (size_t)(pen->at - (pen->out->block + pen->out->end)));
}

AB_COLD void ab_pen_fail(struct ab_pen *pen, int code)
{
    if (pen->result < 0)
        return;
    settle(pen);
    pen->result = code;
    pen->at = pen->end = NULL;
}

AB_COLD bool ab_pen_grow(struct ab_pen *pen, size_t size)
{
    if (pen->result < 0)
        return false;
    settle(pen);
    pen->at = pen->out && size < SIZE_MAX - ROOM ? ab_buffer_reserve(pen->out, size + ROOM) : NULL;
    if (!pen->at) {
        pen->result = pen->out ? AB_ENOMEM : AB_ETOOLARGE;
        pen->end = NULL;
        return false;
    }
    pen->end = pen->out->block + pen->out->capacity;
    return true;
}

int ab_pen_end(struct ab_pen *pen)
{
    settle(pen);
    if (pen->result < 0 && pen->out)
        ab_buffer_truncate(pen->out, pen->before);
    return pen->result;
}

static size_t count_digits(uint64_t number)
{
    static const uint64_t powers[MOST_DIGITS] = {
        0,
        UINT64_C(10),
        UINT64_C(100),
        UINT64_C(1000),
        UINT64_C(10000),
        UINT64_C(100000),
        UINT64_C(1000000),
        UINT64_C(10000000),
        UINT64_C(100000000),
        UINT64_C(1000000000),
        UINT64_C(10000000000),
        UINT64_C(100000000000),
        UINT64_C(1000000000000),
        UINT64_C(10000000000000),
        UINT64_C(100000000000000),
        UINT64_C(1000000000000000),
        UINT64_C(10000000000000000),
        UINT64_C(100000000000000000),
        UINT64_C(1000000000000000000),
        UINT64_C(10000000000000000000),
    };
    unsigned bits = 64 - (unsigned)__builtin_clzll(number | 1);
    unsigned least = bits * 1233 >> 12; /* of the digits, or one less: 1233 / 4096 is the logarithm of 2 */

    return least + (number >= powers[least]);
}

/* Two at a time: a call has two numbers, and their digits were a third of what it took to write it. */
void ab_pen_digits(struct ab_pen *pen, uint64_t number)
{
    static const char pairs[] =
        "0001020304050607080910111213141516171819202122232425262728293031323334353637383940414243444546"
        "4748495051525354555657585960616263646566676869707172737475767778798081828384858687888990919293"
        "949596979899";
    size_t count = count_digits(number);

    if (!ab_pen_has_room(pen, count))
        return;
    for (char *end = pen->at + count; end - pen->at > 1; number /= 100)
        memcpy(end -= 2, pairs + 2 * (number % 100), 2);
    if (count % 2)
        *pen->at = (char)('0' + number);
    pen->at += count;
}

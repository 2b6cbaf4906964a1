/* Owns one stream that a peer opened. See pair.h. */

#include "net/pair.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void pair_open(struct pair *pair, struct ab_settings *settings)
{
    rig_start(&pair->rig, settings);
    pair->peer = peer_connect(rig_listen(&pair->rig));
    pair->stream = rig_expect(&pair->rig, RIG_ACCEPTED).stream;
}

void pair_close(struct pair *pair)
{
    close(pair->peer);
    rig_end(&pair->rig);
}

void pair_expect(struct pair *pair, const char *name)
{
    struct rig_record record = rig_expect(&pair->rig, RIG_MESSAGE);

    ck_assert_uint_eq(record.stream, pair->stream);
    ck_assert_int_eq(record.code, 0);
    ck_assert_str_eq(record.text, name);
}

void pair_expect_number(struct pair *pair, int number)
{
    char name[16];

    snprintf(name, sizeof(name), "%d", number);
    pair_expect(pair, name);
}

void pair_fire_number(struct pair *pair, int number)
{
    char name[16];

    snprintf(name, sizeof(name), "%d", number);
    peer_fire(pair->peer, name);
}

char *pattern_make(size_t size)
{
    char *data = malloc(size);

    ck_assert_ptr_nonnull(data);
    for (size_t i = 0; i < size; i++)
        data[i] = (char)(i * 2654435761u >> 13);
    return data;
}

void pattern_receive(int peer, size_t size)
{
    char *got = malloc(size);
    char *expected;

    ck_assert_ptr_nonnull(got);
    peer_receive(peer, got, size); /* first: who has closed does not wait for long */
    expected = pattern_make(size);
    ck_assert_int_eq(memcmp(expected, got, size), 0);
    free(got);
    free(expected);
}

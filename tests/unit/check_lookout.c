/* What streams keep while little comes, and while much does: net/lookout.c. */

#include <pthread.h>

#include "harness.h"
#include "net/pair.h"

static void look_at_idle(struct rig *rig, void *context)
{
    const struct ab_socket *socket;

    rig_lock(rig);
    socket = ab_sockets_find(&rig->net->sockets, *(ab_stream_id *)context);
    ck_assert_ptr_nonnull(socket);
    ck_assert_ptr_null(socket->pending.block);
    ck_assert_ptr_null(socket->output.block);
    ck_assert_ptr_null(socket->reader.framer.buffer.block);
    ck_assert_ptr_null(socket->watched.lively);
    ck_assert_uint_lt(sizeof(*socket), 512);
    pthread_mutex_unlock(&rig->lock);
}

START_TEST(an_idle_stream_costs_little)
{
    struct pair pair;

    pair_open(&pair, rig_settings(NULL));
    peer_fire(pair.peer, "x");
    pair_expect(&pair, "x");
    rig_write(&pair.rig, pair.stream, "y", 1);
    rig_rounds(&pair.rig, 3);
    rig_do(&pair.rig, look_at_idle, &pair.stream);
    pair_close(&pair);
}
END_TEST

struct look {
    ab_stream_id stream;
    ab_time later; /* a review so much later comes first */
    bool lively;
};

static void look_whether_lively(struct rig *rig, void *context)
{
    struct look *look = context;
    struct ab_lookout *lookout = &rig->net->lookout;

    rig_lock(rig);
    if (look->later)
        ab_lookout_review(lookout, ab_net_now(rig->net) + look->later);
    look->lively = ab_sockets_find(&rig->net->sockets, look->stream)->watched.lively;
    pthread_mutex_unlock(&rig->lock);
}

static bool is_lively(struct pair *pair, ab_time later)
{
    struct look look = {pair->stream, later, false};

    rig_do(&pair->rig, look_whether_lively, &look);
    return look.lively;
}

/* Two messages of one second make it so, and little that comes for some time undoes it; nothing is lost by that. */
START_TEST(a_stream_is_lively_while_much_comes)
{
    struct pair pair;
    int number = 0;

    pair_open(&pair, rig_settings(NULL));
    for (int i = 0; i < 3; i++) {
        ck_assert(!is_lively(&pair, 0));
        do {
            pair_fire_number(&pair, number);
            pair_expect_number(&pair, number++);
        } while (!is_lively(&pair, 0));
        pair_fire_number(&pair, number);
        pair_expect_number(&pair, number++);
        ck_assert(is_lively(&pair, (20 * i + 8) * AB_SECOND)); /* it has just become so */
        pair_fire_number(&pair, number);
        pair_expect_number(&pair, number++);
        pair_fire_number(&pair, number);
        ck_assert(!is_lively(&pair, (20 * i + 16) * AB_SECOND));
        pair_expect_number(&pair, number++);
    }
    pair_close(&pair);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("lookout");
    TCase *lookout = tcase_create("lookout");

    tcase_add_test(lookout, an_idle_stream_costs_little);
    tcase_add_test(lookout, a_stream_is_lively_while_much_comes);
    suite_add_tcase(suite, lookout);
    return ab_test_run(suite);
}

/*
 * Owns how a remote comes to be bound. Must not know what is done with a binding, nor why it was lost.
 *
 * A round tries the candidates in order, the next 100 ms after the last or as soon as one fails (RFC 8305). The first
 * that connects binds, the others are held back until it is bound and then closed; one that does not answer in a second
 * gives way to the next that is connected. A round without success is followed by the next after a growing time. A new
 * service or route that matches joins the round, or begins one at once.
 *
 * Invariant: there is a round only in AB_REMOTE_SEEKING, and while there is one it has an attempt. A remote that is bound
 * holds nothing of all this.
 */
#include "core/search.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "core/access.h"
#include "core/candidates.h"
#include "core/explain.h"
#include "core/multiple_internal.h"
#include "core/remote_internal.h"

#define STAGGER       (100 * AB_MILLISECOND)
#define BIND_PATIENCE (1 * AB_SECOND) /* for an answer to bind while another connection stands ready */

struct ab_round {
    struct ab_remote *remote;
    struct ab_candidates candidates;
    struct ab_list attempts;  /* struct ab_attempt.node */
    struct ab_timer stagger;  /* to the next attempt */
    struct ab_timer patience; /* with the attempt that binds */
    bool denied;              /* a service does not let us in */
};

struct ab_attempt {
    struct ab_list node; /* in round->attempts */
    struct ab_round *round;
    struct ab_outbound *connection;
};

static void try_next(struct ab_round *round);

/* ---- Rounds */

static void on_stagger(struct ab_timer *timer);
static void on_patience(struct ab_timer *timer);

/* With room for candidates. AB_ENOMEM. */
static int round_new(struct ab_remote *remote)
{
    struct ab_round *round = ab_calloc(1, sizeof(*round));

    if (!round || ab_candidates_begin(&round->candidates) < 0) {
        ab_free(round);
        return AB_ENOMEM;
    }
    round->remote = remote;
    ab_list_init(&round->attempts);
    ab_timer_init(&round->stagger, on_stagger);
    ab_timer_init(&round->patience, on_patience);
    remote->round = round;
    return 0;
}

/* And its attempts, if it has some. Takes NULL. */
static void round_free(struct ab_round *round)
{
    struct ab_list *each;

    if (!round)
        return;
    round->remote->round = NULL;
    ab_engine_disarm(round->remote->engine, &round->stagger);
    ab_engine_disarm(round->remote->engine, &round->patience);
    while ((each = ab_list_take(&round->attempts))) {
        struct ab_attempt *attempt = AB_CONTAINER(each, struct ab_attempt, node);

        ab_outbound_close(attempt->connection, AB_CLOSE_NOW);
        ab_free(attempt);
    }
    ab_candidates_drop(&round->candidates);
    ab_free(round);
}

void ab_search_begin_later(struct ab_remote *remote)
{
    unsigned level = remote->level;

    if (remote->level < AB_BACKOFF_LEVELS)
        remote->level++;
    if (level == 0)
        ab_search_begin(remote);
    else
        ab_engine_arm(remote->engine, &remote->retry, ab_engine_backoff(remote->engine, remote->level));
}

/* Whoever waits hears of it: it will not be let in by waiting (PROTOCOL section 2, denied). */
static void tell_denied(struct ab_remote *remote, const struct ab_outbound_loss *loss)
{
    ab_calls_unreachable(remote, loss);
    ab_wishes_refused(remote, loss);
}

static void round_failed(struct ab_round *round, const struct ab_outbound_loss *loss)
{
    static const struct ab_outbound_loss denied = {AB_EREMOTE, AB_ACCESS_DENIED, AB_ACCESS_TEXT};
    struct ab_remote *remote = round->remote;

    remote->shut_out = round->denied;
    if (remote->shut_out)
        loss = &denied;
    round_free(round);
    if (!remote->filter) {
        ab_remote_give_up(remote, loss->code, loss->type, loss->text);
        return;
    }
    if (remote->level == 0)
        remote->level = 1;
    ab_search_begin_later(remote);
    if (remote->shut_out)
        tell_denied(remote, loss);
    if (remote->member)
        ab_member_unreachable(remote->member, loss);
}

/* Those that do not keep their bindings come last, and of them the one that was given most time. */
static int by_constancy(const void *one, const void *other)
{
    const struct ab_found *const *a = one;
    const struct ab_found *const *b = other;

    if ((*a)->fickle != (*b)->fickle)
        return (*a)->fickle < (*b)->fickle ? -1 : 1;
    return strcmp((*a)->id->data, (*b)->id->data);
}

/* The service it was bound to last comes first, unless that did not last; then by id, so that two proxies agree. There is
 * no round if nothing matches. AB_ENOMEM. */
static int begin_round(struct ab_remote *remote)
{
    struct ab_found **all;
    size_t count;
    int r = ab_directory_select(remote->engine, remote->filter, &all, &count);

    if (r < 0)
        return r;
    qsort(all, count, sizeof(struct ab_found *), by_constancy);
    r = count > 0 ? round_new(remote) : 0;
    for (size_t i = 0; r == 0 && i < count; i++) {
        if (ab_text_equal(remote->service, all[i]->id) && all[i]->fickle < 0)
            ab_candidates_add_routes(&remote->round->candidates, all[i]);
    }
    for (size_t i = 0; r == 0 && i < count; i++)
        ab_candidates_add_routes(&remote->round->candidates, all[i]);
    ab_free(all);
    return r;
}

/* A service that matches, and has not dropped a binding. */
static bool is_elsewhere(const struct ab_remote *remote)
{
    struct ab_found **all;
    size_t count;
    bool is = false;

    if (ab_directory_select(remote->engine, remote->filter, &all, &count) < 0)
        return false;
    for (size_t i = 0; !is && i < count; i++)
        is = all[i]->fickle < 0;
    ab_free(all);
    return is;
}

/* A few times, so that many that drop it do not make it spin. */
void ab_search_go_elsewhere(struct ab_remote *remote)
{
    if (remote->level == 0 || remote->level == AB_BACKOFF_LEVELS || !is_elsewhere(remote)) {
        ab_search_begin_later(remote);
        return;
    }
    remote->level++;
    ab_search_begin(remote);
}

void ab_search_begin(struct ab_remote *remote)
{
    if (remote->state != AB_REMOTE_SEEKING || remote->round)
        return;
    ab_engine_disarm(remote->engine, &remote->retry);
    if (begin_round(remote) < 0)
        ab_engine_arm(remote->engine, &remote->retry, ab_engine_backoff(remote->engine, remote->level));
    else if (remote->round)
        try_next(remote->round);
}

void ab_search_ask_again(struct ab_remote *remote)
{
    if (remote->shut_out)
        ab_search_begin(remote);
}

static void on_retry(struct ab_timer *timer)
{
    struct ab_remote *remote = AB_CONTAINER(timer, struct ab_remote, retry);

    if (remote->filter)
        ab_search_begin(remote);
    else
        ab_remote_give_up(remote, AB_ETIMEDOUT, NULL, "no connection was made in time");
}

/* ---- Attempts */

static struct ab_attempt *attempt_in(struct ab_round *round, enum ab_outbound_state state)
{
    AB_LIST_EACH (each, &round->attempts) {
        struct ab_attempt *attempt = AB_CONTAINER(each, struct ab_attempt, node);

        if (attempt->connection->state == state)
            return attempt;
    }
    return NULL;
}

static void bind_attempt(struct ab_attempt *attempt)
{
    ab_engine_arm(attempt->connection->stream.engine, &attempt->round->patience, BIND_PATIENCE);
    ab_outbound_bind(attempt->connection);
}

static void connected(struct ab_outbound *connection)
{
    struct ab_attempt *attempt = connection->owner;
    struct ab_attempt *binding = attempt_in(attempt->round, AB_OUTBOUND_BINDING);

    if (!binding)
        bind_attempt(attempt);
    else if (!ab_timer_armed(&attempt->round->patience))
        ab_outbound_fail(binding->connection, AB_ETIMEDOUT, "the peer does not answer");
}

static void on_patience(struct ab_timer *timer)
{
    struct ab_round *round = AB_CONTAINER(timer, struct ab_round, patience);
    struct ab_attempt *binding = attempt_in(round, AB_OUTBOUND_BINDING);

    if (binding && attempt_in(round, AB_OUTBOUND_CONNECTED))
        ab_outbound_fail(binding->connection, AB_ETIMEDOUT, "the peer does not answer");
}

/* The other ways to that service were not as quick. */
static void tell_outrun(const struct ab_round *round, const struct ab_outbound *winner)
{
    AB_LIST_EACH (each, &round->attempts) {
        const struct ab_outbound *other = AB_CONTAINER(each, struct ab_attempt, node)->connection;

        if (other->service && ab_text_equal(other->service, winner->service))
            ab_experience_outrun(other);
    }
}

static void bound(struct ab_outbound *connection)
{
    struct ab_attempt *attempt = connection->owner;
    struct ab_remote *remote = attempt->round->remote;

    ab_list_remove(&attempt->node);
    ab_free(attempt);
    tell_outrun(remote->round, connection);
    ab_search_end(remote);
    ab_remote_bind(remote, connection);
}

static void attempt_lost(struct ab_outbound *connection, const struct ab_outbound_loss *loss)
{
    struct ab_attempt *attempt = connection->owner;
    struct ab_round *round = attempt->round;
    struct ab_attempt *other;

    ab_list_remove(&attempt->node);
    ab_free(attempt);
    if (ab_outbound_denied(loss))
        round->denied = true;
    else
        ab_remote_suspect(connection, loss);
    other = attempt_in(round, AB_OUTBOUND_CONNECTED);
    if (other && !attempt_in(round, AB_OUTBOUND_BINDING))
        bind_attempt(other);
    else if (ab_candidates_left(&round->candidates))
        try_next(round);
    else if (ab_list_empty(&round->attempts))
        round_failed(round, loss);
}

static const struct ab_outbound_ops attempt_ops = {
    .connected = connected,
    .bound = bound,
    .lost = attempt_lost,
};

static int start_attempt(struct ab_round *round, const struct ab_candidate *candidate)
{
    struct ab_attempt *attempt = ab_malloc(sizeof(*attempt));
    int r;

    if (!attempt)
        return AB_ENOMEM;
    r = ab_outbound_open(round->remote->engine, &candidate->address, candidate->service, &attempt_ops, attempt,
                         &attempt->connection);
    if (r < 0) {
        ab_free(attempt);
        return r;
    }
    attempt->round = round;
    ab_list_append(&round->attempts, &attempt->node);
    return 0;
}

static void try_next(struct ab_round *round)
{
    static const struct ab_outbound_loss no_memory = {AB_ENOMEM, NULL, "out of memory"};
    static const struct ab_outbound_loss no_socket = {AB_ENETWORK, NULL, "no socket can be had"};
    struct ab_engine *engine = round->remote->engine;
    const struct ab_candidate *candidate;
    int r = AB_ENOMEM;

    ab_engine_disarm(engine, &round->stagger);
    while (r < 0 && (candidate = ab_candidates_take(&round->candidates)))
        r = start_attempt(round, candidate);
    if (ab_candidates_left(&round->candidates))
        ab_engine_arm(engine, &round->stagger, STAGGER);
    else if (r < 0 && ab_list_empty(&round->attempts))
        round_failed(round, r == AB_ENETWORK ? &no_socket : &no_memory);
}

static void on_stagger(struct ab_timer *timer)
{
    try_next(AB_CONTAINER(timer, struct ab_round, stagger));
}

/* ---- Joining, and the end */

void ab_search_join(struct ab_remote *remote, const struct ab_found *found)
{
    struct ab_round *round = remote->round;
    bool idle;

    if (!round) {
        ab_search_begin(remote);
        return;
    }
    idle = !ab_candidates_left(&round->candidates);
    ab_candidates_add_routes(&round->candidates, found);
    if (idle && ab_candidates_left(&round->candidates))
        try_next(round);
}

int ab_search_begin_at(struct ab_remote *remote, const struct ab_address *addresses, size_t count)
{
    if (round_new(remote) < 0)
        return AB_ENOMEM;
    for (size_t i = 0; i < count; i++)
        ab_candidates_add(&remote->round->candidates, &addresses[i], remote->service);
    try_next(remote->round);
    return 0;
}

void ab_search_end(struct ab_remote *remote)
{
    ab_engine_disarm(remote->engine, &remote->retry);
    round_free(remote->round);
}

void ab_search_init(struct ab_remote *remote)
{
    ab_timer_init(&remote->retry, on_retry);
}

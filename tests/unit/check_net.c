/* The loop of net: waking, the alarm, stopping, forking, and making a net without memory. */

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"
#include "failing.h"
#include "harness.h"
#include "net/rig.h"

/* ---- Waking. */

#define WAKERS 4
#define WAKES  20000

/* What a thread wants, and that it was seen: a wake-up that is lost leaves the thread waiting. */
struct wish {
    struct rig *rig;
    pthread_t thread;
    atomic_int wanted;
    atomic_int seen;
};

static struct wish wishes[WAKERS];

static bool grant(struct rig *rig)
{
    (void)rig;
    for (int i = 0; i < WAKERS; i++)
        atomic_store(&wishes[i].seen, atomic_load(&wishes[i].wanted));
    return false;
}

static void *wish_often(void *argument)
{
    struct wish *wish = argument;

    for (int i = 1; i <= WAKES; i++) {
        atomic_store(&wish->wanted, i);
        ab_net_wake(wish->rig->net);
        if (i % 16 == 0)
            while (atomic_load(&wish->seen) < i)
                sched_yield();
    }
    return NULL;
}

START_TEST(no_wake_up_is_lost)
{
    struct rig rig;

    rig_start(&rig, rig_settings(NULL));
    rig_lock(&rig);
    rig.callbacks = grant;
    pthread_mutex_unlock(&rig.lock);
    for (int i = 0; i < WAKERS; i++) {
        wishes[i].rig = &rig;
        ck_assert_int_eq(pthread_create(&wishes[i].thread, NULL, wish_often, &wishes[i]), 0);
    }
    for (int i = 0; i < WAKERS; i++)
        pthread_join(wishes[i].thread, NULL);
    rig_end(&rig);
}
END_TEST

static void wake_often(struct rig *rig, void *context)
{
    (void)context;
    for (int i = 0; i < 1000; i++)
        ab_net_wake(rig->net);
}

START_TEST(a_thread_that_is_awake_is_not_woken)
{
    struct rig rig;
    unsigned long written;

    rig_start(&rig, rig_settings(NULL));
    rig_rounds(&rig, 2);
    written = atomic_load(&rig.net->waker.written);
    rig_do(&rig, wake_often, NULL);
    ck_assert_uint_le(atomic_load(&rig.net->waker.written), written + 2);
    rig_end(&rig);
}
END_TEST

static bool more_twice(struct rig *rig)
{
    bool more;

    rig_lock(rig);
    more = --*(int *)rig->context > 0;
    pthread_cond_broadcast(&rig->changed);
    pthread_mutex_unlock(&rig->lock);
    return more;
}

static bool none_left(struct rig *rig, void *context)
{
    (void)rig;
    return *(int *)context <= 0;
}

START_TEST(callbacks_that_wait_keep_the_loop_going)
{
    struct rig rig;
    int left = 5;

    rig_start(&rig, rig_settings(NULL));
    rig_lock(&rig);
    rig.context = &left;
    rig.callbacks = more_twice;
    pthread_mutex_unlock(&rig.lock);
    ab_net_wake(rig.net);
    rig_await(&rig, none_left, &left);
    rig_end(&rig);
}
END_TEST

static void see_thread(struct rig *rig, void *context)
{
    *(bool *)context = ab_net_on_event_thread(rig->net);
}

START_TEST(the_event_thread_knows_itself)
{
    struct rig rig;
    bool there = false;

    rig_start(&rig, rig_settings(NULL));
    ck_assert(!ab_net_on_event_thread(rig.net));
    rig_do(&rig, see_thread, &there);
    ck_assert(there);
    rig_end(&rig);
}
END_TEST

/* ---- The alarm. */

static void set_deadline(struct rig *rig, ab_time delay)
{
    rig_lock(rig);
    rig->engine.deadline = ab_net_now(rig->net) + delay;
    rig_leave(rig);
}

START_TEST(a_deadline_of_another_thread_is_kept)
{
    struct rig rig;
    unsigned long written;

    rig_start(&rig, rig_settings(NULL));
    rig_rounds(&rig, 2);
    set_deadline(&rig, 3600 * AB_SECOND);
    written = atomic_load(&rig.net->waker.written);
    for (int i = 0; i < 20; i++) {
        ab_time begin = ab_net_now(rig.net);

        set_deadline(&rig, 2 * AB_MILLISECOND);
        rig_expect(&rig, RIG_TICK);
        ck_assert_int_ge(ab_net_now(rig.net) - begin, 2 * AB_MILLISECOND);
    }
    ck_assert_uint_eq(atomic_load(&rig.net->waker.written), written); /* nobody had to wake it */
    rig_end(&rig);
}
END_TEST

START_TEST(a_deadline_that_has_passed_is_kept_at_once)
{
    struct rig rig;

    rig_start(&rig, rig_settings(NULL));
    set_deadline(&rig, -3600 * AB_SECOND);
    rig_expect(&rig, RIG_TICK);
    rig_lock(&rig);
    rig.engine.deadline = 0;
    rig_leave(&rig);
    rig_expect(&rig, RIG_TICK);
    rig_end(&rig);
}
END_TEST

START_TEST(an_alarm_that_became_needless_is_no_tick)
{
    struct rig rig;

    rig_start(&rig, rig_settings(NULL));
    set_deadline(&rig, 5 * AB_MILLISECOND);
    set_deadline(&rig, 40 * AB_MILLISECOND);
    rig_expect(&rig, RIG_TICK);
    ck_assert_uint_eq(rig_count(&rig, RIG_TICK), 1);
    rig_end(&rig);
}
END_TEST

/* The C library's, so that time can pass at once. */
static atomic_long ahead; /* seconds */

int clock_gettime(clockid_t clock, struct timespec *time)
{
    long r = syscall(SYS_clock_gettime, clock, time);

    if (r == 0 && clock == CLOCK_MONOTONIC)
        time->tv_sec += atomic_load(&ahead);
    return (int)r;
}

struct stop {
    int peer;
    ab_stream_id stream;
    unsigned long messages; /* that had come before the tick */
};

/* Until the system has something for the event thread there, which it leaves where it is. */
static void await_readable(int descriptor)
{
    struct pollfd input = {.fd = descriptor, .events = POLLIN};

    ck_assert_int_eq(poll(&input, 1, 10000), 1);
}

/* As if the process was stopped: first a deadline passes, then something comes. */
static void be_stopped(struct rig *rig, void *context)
{
    const struct stop *stop = context;
    int stream;

    rig_lock(rig);
    stream = ab_sockets_find(&rig->net->sockets, stop->stream)->descriptor;
    pthread_mutex_unlock(&rig->lock);
    set_deadline(rig, AB_MILLISECOND);
    await_readable(rig->net->alarm.descriptor);
    peer_fire(stop->peer, "x");
    await_readable(stream);
    atomic_store(&ahead, 60);
}

static void see_tick(struct rig *rig, const struct rig_record *record)
{
    struct stop *stop = rig->context;

    if (record->input != RIG_TICK)
        return;
    rig->engine.deadline = AB_TIME_NEVER;
    stop->messages = rig->counts[RIG_MESSAGE];
}

START_TEST(after_a_stop_of_the_process_what_came_is_read_first)
{
    struct stop stop = {.messages = 0};
    struct rig rig;

    rig_start(&rig, rig_settings(NULL));
    stop.peer = peer_connect(rig_listen(&rig));
    stop.stream = rig_expect(&rig, RIG_ACCEPTED).stream;
    rig_rounds(&rig, 2);
    rig_lock(&rig);
    rig.context = &stop;
    rig.hook = see_tick;
    pthread_mutex_unlock(&rig.lock);
    rig_do(&rig, be_stopped, &stop);
    rig_expect(&rig, RIG_TICK);
    ck_assert_uint_eq(stop.messages, 1);
    close(stop.peer);
    rig_end(&rig);
}
END_TEST

START_TEST(an_idle_net_does_nothing)
{
    struct rusage before;
    struct rusage after;
    struct rig rig;

    rig_start(&rig, rig_settings(NULL));
    rig_rounds(&rig, 2);
    getrusage(RUSAGE_SELF, &before);
    /* Nothing is waited for, since nothing must happen: a thread that does not run tells nobody. */
    usleep(100000);
    getrusage(RUSAGE_SELF, &after);
    ck_assert_int_lt(after.ru_nvcsw - before.ru_nvcsw, 10);
    rig_end(&rig);
}
END_TEST

/* ---- Stopping. */

START_TEST(a_stop_waits_for_what_leaves)
{
    struct rig rig;
    size_t size = 8 << 20;
    char *data = calloc(1, size);
    int peer;
    ab_stream_id stream;
    long got = 0;

    rig_start(&rig, rig_settings(NULL));
    peer = peer_connect(rig_listen(&rig));
    stream = rig_expect(&rig, RIG_ACCEPTED).stream;
    rig_lock(&rig);
    ck_assert_int_eq(ab_net_host()->write(rig.net, stream, data, size), 0);
    ab_net_host()->close(rig.net, stream, AB_CLOSE_FLUSH);
    ab_net_stop(rig.net);
    rig_leave(&rig);
    got = peer_drain(peer);
    ck_assert_int_eq(got, (long)size);
    close(peer);
    rig_end(&rig);
    free(data);
}
END_TEST

START_TEST(a_stop_waits_no_longer_than_a_second)
{
    struct rig rig;
    size_t size = 16 << 20;
    char *data = calloc(1, size);
    ab_time begin;
    int peer;

    rig_start(&rig, rig_settings(NULL));
    peer = peer_connect(rig_listen(&rig));
    rig_write(&rig, rig_expect(&rig, RIG_ACCEPTED).stream, data, size);
    begin = ab_net_now(rig.net);
    rig_join(&rig);
    ck_assert_int_ge(ab_net_now(rig.net) - begin, 900 * AB_MILLISECOND);
    ck_assert_int_lt(ab_net_now(rig.net) - begin, 5 * AB_SECOND);
    rig_end(&rig);
    close(peer);
    free(data);
}
END_TEST

START_TEST(a_stop_is_quick_when_nothing_leaves)
{
    struct rig rig;
    ab_time begin;
    int peer;

    rig_start(&rig, rig_settings(NULL));
    peer = peer_connect(rig_listen(&rig));
    rig_expect(&rig, RIG_ACCEPTED);
    begin = ab_net_now(rig.net);
    rig_join(&rig);
    ck_assert_int_lt(ab_net_now(rig.net) - begin, 500 * AB_MILLISECOND);
    rig_end(&rig);
    ck_assert_int_eq(peer_drain(peer), 0);
    close(peer);
}
END_TEST

START_TEST(a_net_that_never_ran_is_freed)
{
    struct rig rig;

    ck_assert_int_eq(rig_open(&rig, rig_settings(NULL)), 0);
    rig_listen(&rig);
    rig_connect(&rig, 1);
    rig_end(&rig);
}
END_TEST

/* ---- Errors. */

START_TEST(without_descriptors_there_is_no_net)
{
    struct rlimit none = {0, 4096};
    struct rlimit before;
    struct rig rig;
    int lowest = dup(0);

    close(lowest);
    getrlimit(RLIMIT_NOFILE, &before);
    none.rlim_max = before.rlim_max;
    for (int i = 0; i < 12; i++) {
        struct ab_settings *settings = rig_settings(NULL);
        int r;

        none.rlim_cur = (rlim_t)(lowest + i);
        setrlimit(RLIMIT_NOFILE, &none);
        r = rig_open(&rig, settings);
        if (r < 0)
            ck_assert_msg(r == AB_ENETWORK || r == AB_ENOMEM, "%d", r); /* libevent says no memory */
        rig_end(&rig);
        setrlimit(RLIMIT_NOFILE, &before);
    }
    ck_assert_int_eq(dup(0), lowest); /* none was left open */
    close(lowest);
}
END_TEST

/* How long what may fail is waited for. */
#define MOMENT (100 * AB_MILLISECOND)

static bool both_are_over(struct rig *rig, void *context)
{
    (void)context;
    return rig->counts[RIG_CLOSED] + rig->counts[RIG_INPUT_ENDED] >= 2;
}

/* Both directions of streams, listening, and datagrams. */
static void talk(struct rig *rig, int listener, const struct ab_address *to)
{
    static const char goodbye[] = "{\"command\": \"remove\", \"port\": 7, \"service\": \"s\"}";
    static const char line[] = "{\"_type\": 3, \"_command\": \"x\"}\n";
    uint16_t port;
    ab_stream_id stream = 0; /* none */
    int inbound;

    rig_run(rig);
    rig_lock(rig);
    ck_assert_int_eq(ab_net_host()->listen(rig->net, &port), 0);
    ab_net_host()->broadcast(rig->net, goodbye, sizeof(goodbye) - 1, AB_LOOPBACK_FIRST, NULL);
    if (ab_net_host()->open(rig->net, to, &stream) == 0)
        ab_net_host()->write(rig->net, stream, "x", 1);
    rig_leave(rig);
    inbound = peer_connect(port);
    peer_fire(inbound, "b");
    shutdown(inbound, SHUT_WR);
    if (stream) {
        int outbound = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

        if (outbound >= 0) {
            send(outbound, line, sizeof(line) - 1, MSG_NOSIGNAL);
            close(outbound);
        }
    }
    /* What failed is tried again, if it is worth it; otherwise the end comes, however slow the machine is. */
    while (stream && !rig_try(rig, both_are_over, NULL, MOMENT) && !ab_failing_happened())
        continue;
    close(inbound);
}

static bool make_and_talk(void *context)
{
    struct timeval moment = {0, MOMENT};
    struct ab_settings *settings;
    struct ab_address to;
    struct rig rig;
    uint16_t port;
    int listener;
    int r;

    (void)context;
    ab_failing_pause(true);
    listener = peer_listen(&port);
    setsockopt(listener, SOL_SOCKET, SO_RCVTIMEO, &moment, sizeof(moment));
    to = ab_address_inet(INADDR_LOOPBACK, port);
    settings = rig_settings("accept", "10.0.0.0/8", NULL);
    ab_failing_pause(false);
    r = rig_open(&rig, settings);
    if (r == 0)
        talk(&rig, listener, &to);
    else
        ck_assert_int_eq(r, AB_ENOMEM);
    rig_end(&rig);
    close(listener);
    return r == 0 && !ab_failing_happened();
}

/* An engine that closes what ends, so that the other side sees its end. */
static void close_ended(struct rig *rig, const struct rig_record *record)
{
    if (record->input == RIG_INPUT_ENDED)
        ab_net_host()->close(rig->net, record->stream, AB_CLOSE_FLUSH);
}

START_TEST(each_allocation_may_fail)
{
    rig_default_hook = close_ended;
    ck_assert_uint_gt(ab_failing_each(make_and_talk, NULL), 20);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("net");
    TCase *loop = tcase_create("loop");
    TCase *memory = tcase_create("memory");

    tcase_add_test(loop, no_wake_up_is_lost);
    tcase_add_test(loop, a_thread_that_is_awake_is_not_woken);
    tcase_add_test(loop, callbacks_that_wait_keep_the_loop_going);
    tcase_add_test(loop, the_event_thread_knows_itself);
    tcase_add_test(loop, a_deadline_of_another_thread_is_kept);
    tcase_add_test(loop, a_deadline_that_has_passed_is_kept_at_once);
    tcase_add_test(loop, an_alarm_that_became_needless_is_no_tick);
    tcase_add_test(loop, after_a_stop_of_the_process_what_came_is_read_first);
    tcase_add_test(loop, an_idle_net_does_nothing);
    tcase_add_test(loop, a_stop_waits_for_what_leaves);
    tcase_add_test(loop, a_stop_waits_no_longer_than_a_second);
    tcase_add_test(loop, a_stop_is_quick_when_nothing_leaves);
    tcase_add_test(loop, a_net_that_never_ran_is_freed);
    tcase_add_test(loop, without_descriptors_there_is_no_net);
    tcase_add_test(memory, each_allocation_may_fail);
    tcase_set_timeout(memory, 120);
    suite_add_tcase(suite, loop);
    suite_add_tcase(suite, memory);
    return ab_test_run(suite);
}

/*
 * Puts the parts together and runs the loop. Knows nothing of what the parts do but when they want attention.
 *
 * One round of the loop: under the lock, attend to what other threads left, flush, set the alarm, and look whether
 * there is a reason not to wait; then, without the lock, wait and run what the sockets have; then the callbacks of this
 * thread. Invariant: whatever is left to the event thread is on a list that it looks at, under the lock, after it was
 * woken and before it waits again.
 */
#include "net/net.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"
#include "net/internal.h"

#define STOP_TIME       (1 * AB_SECOND)
#define MOST_ATTENTIONS 16 /* turns before sockets get theirs */

/* The net whose loop this thread is in. */
static _Thread_local const struct ab_net *running __attribute__((tls_model("initial-exec")));

ab_time ab_net_now(const struct ab_net *net)
{
    struct timespec now;

    (void)net; /* one clock for all */
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (ab_time)now.tv_sec * AB_SECOND + now.tv_nsec / 1000;
}

static ab_time clock_now(void)
{
    return ab_net_now(NULL);
}

/* Where there are more than the set has room for, this says no. */
static bool has_processors(void)
{
    cpu_set_t set;

    return sched_getaffinity(0, sizeof(set), &set) == 0 && CPU_COUNT(&set) > 1;
}

bool ab_net_start_timer(const struct ab_net *net, struct event *timer, ab_time delay)
{
    struct timeval time = {(time_t)(delay / AB_SECOND), (suseconds_t)(delay % AB_SECOND)};

    if (evtimer_add(timer, &time) == 0)
        return true;
    ab_net_log(net, AB_LOG_ERROR, "no memory for a timer");
    return false;
}

/* ---- Making and freeing. */

/* libevent ends the process when it gets no descriptors for a base. 0, or -1 with errno. */
static int look_for_descriptors(const struct ab_net *net)
{
    int spare[8];
    int count = 0;
    int wrong;

    while (count < 8 && (spare[count] = fcntl(net->waker.descriptor, F_DUPFD_CLOEXEC, 0)) >= 0)
        count++;
    wrong = errno;
    for (int i = 0; i < count; i++)
        close(spare[i]);
    errno = wrong;
    return count == 8 ? 0 : -1;
}

static struct event_base *make_base(void)
{
    struct event_config *config = event_config_new();
    struct event_base *base = NULL;

    if (!config)
        return NULL;
    /* One thread uses it, so it needs no locks, not even where the program has turned libevent's on. */
    if (event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK | EVENT_BASE_FLAG_IGNORE_ENV) == 0)
        base = event_base_new_with_config(config);
    event_config_free(config);
    return base;
}

static void on_stop_timer(evutil_socket_t descriptor, short what, void *argument)
{
    struct ab_net *net = argument;

    (void)descriptor;
    (void)what;
    ab_waker_awake(&net->waker);
    net->stop_over = true;
}

/* A heap that has held a timer has room for all of ours: from now on, starting one cannot fail. */
static bool make_stop_timer(struct ab_net *net)
{
    net->stop_timer = evtimer_new(net->base, on_stop_timer, net);
    return net->stop_timer && ab_net_start_timer(net, net->stop_timer, STOP_TIME) && evtimer_del(net->stop_timer) == 0;
}

static int make_parts(struct ab_net *net, const char **ret_what)
{
    int r;

    *ret_what = "no descriptors for a loop";
    if (ab_waker_open(&net->waker) < 0 || look_for_descriptors(net) < 0)
        return AB_ENETWORK;
    net->base = make_base();
    if (!net->base || !make_stop_timer(net) || !ab_waker_init(&net->waker, net->base))
        return AB_ENOMEM;
    net->resolver = ab_resolver_new(net);
    if (!net->resolver || !ab_buffer_reserve(&net->input, AB_SOCKET_READ_MOST))
        return AB_ENOMEM;
    *ret_what = "no timerfd";
    if (ab_alarm_init(&net->alarm, net) < 0)
        return errno == ENOMEM ? AB_ENOMEM : AB_ENETWORK;
    if (ab_sleep_init(&net->sleep, net) < 0)
        ab_net_log(net, AB_LOG_INFO, "waking from sleep will not be noticed: %s", strerror(errno));
    r = ab_interfaces_init(&net->interfaces, net);
    if (r < 0)
        return r;
    *ret_what = "no socket for discovery";
    r = ab_discovery_init(&net->discovery, net);
    if (r < 0)
        return r;
    r = ab_acceptor_init(&net->acceptor, net, AB_ACCEPTOR_OWN);
    if (r == 0)
        r = ab_acceptor_init(&net->claim, net, AB_ACCEPTOR_CLAIM);
    if (r == 0)
        r = ab_acceptor_init(&net->local, net, AB_ACCEPTOR_LOCAL);
    if (r < 0)
        return r;
    *ret_what = "no descriptor for connections";
    r = ab_lookout_init(&net->lookout, net);
    return r < 0 ? r : ab_sockets_init(&net->sockets, net);
}

int ab_net_new(const struct ab_settings *settings, const struct ab_net_driver *driver, void *context,
               struct ab_net **ret_net, char **ret_problem)
{
    struct ab_net *net = ab_calloc(1, sizeof(*net));
    const char *what = NULL;
    char text[128];
    int r = AB_ENOMEM;

    if (!net)
        return AB_ENOMEM;
    net->driver = driver;
    net->context = context;
    net->waker.descriptor = net->alarm.descriptor = net->sleep.descriptor = net->lookout.descriptor = -1;
    net->interfaces.netlink = net->discovery.receiver = net->discovery.sender = -1;
    net->acceptor.descriptor = net->acceptor.served = net->acceptor.reserve = -1;
    net->claim.descriptor = net->claim.served = net->claim.reserve = -1;
    net->local.descriptor = net->local.served = net->local.reserve = -1;
    net->settings = ab_settings_copy(settings);
    if (net->settings) {
        net->limits = ab_settings_limits(net->settings);
        net->spin_rule.most = ab_settings_spin_us(net->settings);
        net->spin_rule.now = clock_now;
        net->spin_rule.has_processors = has_processors;
        r = make_parts(net, &what);
    }
    if (r == 0) {
        *ret_net = net;
        return 0;
    }
    if (r == AB_ENETWORK) {
        snprintf(text, sizeof(text), "%s: %s", what, strerror(errno));
        *ret_problem = ab_strdup(text);
    }
    ab_net_free(net);
    return r;
}

void ab_net_free(struct ab_net *net)
{
    if (!net)
        return;
    if (net->resolver && net->engine) {
        ab_net_lock(net);
        ab_resolver_close(net->resolver);
        ab_net_unlock(net);
    }
    ab_resolver_unref(net->resolver);
    ab_sockets_deinit(&net->sockets);
    ab_lookout_deinit(&net->lookout);
    ab_acceptor_deinit(&net->local);
    ab_acceptor_deinit(&net->claim);
    ab_acceptor_deinit(&net->acceptor);
    ab_discovery_deinit(&net->discovery);
    ab_interfaces_deinit(&net->interfaces);
    ab_sleep_deinit(&net->sleep);
    ab_alarm_deinit(&net->alarm);
    ab_waker_deinit(&net->waker);
    if (net->stop_timer)
        event_free(net->stop_timer);
    if (net->base)
        event_base_free(net->base);
    ab_buffer_deinit(&net->input);
    ab_settings_free(net->settings);
    ab_free(net);
}

void ab_net_attach(struct ab_net *net, struct ab_engine *engine)
{
    net->engine = engine;
}

/* ---- The loop. */

/* There is something that only the event thread may do. */
static bool wants_attention(const struct ab_net *net)
{
    return !ab_list_empty(&net->sockets.attention) || net->acceptor.attention || net->claim.attention ||
           net->local.attention || net->discovery.attention;
}

/* What must be done before anybody waits. Lock held; true if there is more of it, or callbacks may have come of it. */
static bool attend(struct ab_net *net)
{
    bool turned = false;

    for (int i = 0; i < MOST_ATTENTIONS; i++) {
        bool entered = ab_acceptor_attend(&net->acceptor);

        entered |= ab_acceptor_attend(&net->claim);
        entered |= ab_acceptor_attend(&net->local);
        entered |= ab_discovery_attend(net);
        entered |= ab_sockets_attend(net);
        entered |= ab_resolver_deliver(net->resolver);
        if (entered) {
            ab_net_turn(net);
            ab_net_lock(net);
        }
        turned |= entered;
        if (!ab_list_empty(&net->sockets.dirty))
            ab_sockets_flush(net);
        if (ab_list_empty(&net->sockets.dirty) && !wants_attention(net))
            return turned;
    }
    return true;
}

/* Lock held. True: the loop is over. The timer says when, not our clock: libevent's is coarse and may be ahead. */
static bool stop(struct ab_net *net)
{
    if (!net->stop_begun) {
        net->stop_begun = true;
        ab_net_start_timer(net, net->stop_timer, STOP_TIME);
        ab_discovery_stop(&net->discovery);
        ab_acceptor_unlisten(&net->acceptor);
        ab_acceptor_unlisten(&net->claim);
        ab_acceptor_unlisten(&net->local);
        ab_acceptor_attend(&net->acceptor);
        ab_acceptor_attend(&net->claim);
        ab_acceptor_attend(&net->local);
        ab_resolver_close(net->resolver);
    }
    return net->stop_over || ab_sockets_settled(&net->sockets);
}

/* One round; `busy`: callbacks wait. False: the loop is over. */
static bool round_begin(struct ab_net *net, bool *busy)
{
    bool over;

    ab_net_lock(net);
    if (attend(net))
        *busy = true;
    over = net->stopping && stop(net);
    ab_net_set_alarm(net);
    if (!over && !*busy && !ab_waker_sleep(&net->waker))
        *busy = true;
    ab_net_unlock(net);
    return !over;
}

/* Spins if this thread has just answered somebody, who may have more to ask. Looks at all that the loop waits for, and
 * its place in the handshake with other threads is the same as if it slept. */
static void wait(struct ab_net *net)
{
    struct ab_spell spell = net->answered ? ab_spell_begin(&net->spin, &net->spin_rule) : AB_SPELL_NONE;

    net->answered = false;
    while (ab_waker_asleep(&net->waker) && ab_spell_spins(&spell))
        event_base_loop(net->base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
    if (ab_waker_asleep(&net->waker))
        event_base_loop(net->base, EVLOOP_ONCE);
    ab_spell_end(&spell);
}

void ab_net_run(struct ab_net *net)
{
    bool busy = false;

    running = net;
    while (round_begin(net, &busy)) {
        ab_watch_forget(&net->watch);
        if (busy)
            event_base_loop(net->base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
        else
            wait(net);
        ab_waker_awake(&net->waker);
        busy = net->driver->callbacks(net->context);
    }
    running = NULL;
}

void ab_net_stop(struct ab_net *net)
{
    net->stopping = true;
    ab_waker_wake(&net->waker);
}

bool ab_net_on_event_thread(const struct ab_net *net)
{
    return running == net;
}

struct ab_watch *ab_net_watch(struct ab_net *net)
{
    return &net->watch;
}

void ab_net_wake(struct ab_net *net)
{
    ab_waker_wake(&net->waker);
}

void ab_net_set_alarm(struct ab_net *net)
{
    ab_alarm_set(&net->alarm, ab_engine_deadline(net->engine));
}

void ab_net_flush(struct ab_net *net)
{
    bool done = ab_sockets_flush(net) && !wants_attention(net);

    ab_net_set_alarm(net);
    if (!done && !ab_net_on_event_thread(net))
        ab_waker_wake(&net->waker);
}

/* ---- The rest of the driver's questions. */

int ab_net_resolve(struct ab_net *net, const char *name, uint16_t port, ab_net_resolved done, void *target)
{
    return ab_resolver_ask(net->resolver, name, port, done, target);
}

int ab_net_settings(const struct ab_net *net, json_t **ret_settings)
{
    json_t *settings = ab_settings_json(net->settings);

    if (!settings)
        return AB_ENOMEM;
    *ret_settings = settings;
    return 0;
}

int ab_net_interfaces(const struct ab_net *net, json_t **ret_interfaces)
{
    json_t *interfaces = ab_interfaces_json(&net->interfaces);

    if (!interfaces)
        return AB_ENOMEM;
    *ret_interfaces = interfaces;
    return 0;
}

/*
 * Owns the names that wait, those that were answered, and the helper thread. Knows nothing of what an address is for.
 * Invariants: `done` runs exactly once for each question that was taken; after close the net is not touched, so a
 * thread that is stuck in a look-up may outlive it; the mutex is never held around a look-up or a `done`.
 */
#include "net/resolver.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>

#include "base/error.h"
#include "base/list.h"
#include "base/memory.h"
#include "net/internal.h"

#define MOST_WAITING   64
#define MOST_ADDRESSES 16

struct question {
    struct ab_list node;
    ab_net_resolved done; /* NULL: it has run */
    void *target;
    uint16_t port;
    struct ab_address addresses[MOST_ADDRESSES];
    size_t count;
    const char *text; /* static: why there is none */
    char name[];
};

struct ab_resolver {
    pthread_mutex_t mutex;
    unsigned references; /* the mutex guards all from here on */
    struct ab_net *net;  /* NULL once closed */
    struct ab_list waiting;
    struct question *asked; /* the helper thread's now, but for done and target */
    struct ab_list answered;
    size_t waiting_count;
    bool running;
};

static void drop(struct ab_resolver *resolver) /* the mutex held; released */
{
    bool last = --resolver->references == 0;

    pthread_mutex_unlock(&resolver->mutex);
    if (!last)
        return;
    pthread_mutex_destroy(&resolver->mutex);
    ab_free(resolver);
}

struct ab_resolver *ab_resolver_new(struct ab_net *net)
{
    struct ab_resolver *resolver = ab_calloc(1, sizeof(*resolver));

    if (!resolver)
        return NULL;
    if (pthread_mutex_init(&resolver->mutex, NULL) != 0) {
        ab_free(resolver);
        return NULL;
    }
    resolver->references = 1;
    resolver->net = net;
    ab_list_init(&resolver->waiting);
    ab_list_init(&resolver->answered);
    return resolver;
}

void ab_resolver_unref(struct ab_resolver *resolver)
{
    if (!resolver)
        return;
    pthread_mutex_lock(&resolver->mutex);
    drop(resolver);
}

/* ---- The helper thread. */

static void look_up(struct question *question)
{
    struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM};
    struct addrinfo *list;
    struct sockaddr_in address;
    int r = getaddrinfo(question->name, NULL, &hints, &list);

    if (r != 0) {
        question->text = gai_strerror(r);
        return;
    }
    for (struct addrinfo *i = list; i && question->count < MOST_ADDRESSES; i = i->ai_next) {
        memcpy(&address, i->ai_addr, sizeof(address));
        question->addresses[question->count++] = ab_address_inet(ntohl(address.sin_addr.s_addr), question->port);
    }
    freeaddrinfo(list);
}

static void *run(void *argument)
{
    struct ab_resolver *resolver = argument;
    struct ab_list *node;

    pthread_mutex_lock(&resolver->mutex);
    while ((node = ab_list_take(&resolver->waiting))) {
        struct question *question = AB_CONTAINER(node, struct question, node);

        resolver->waiting_count--;
        resolver->asked = question;
        pthread_mutex_unlock(&resolver->mutex);
        look_up(question);
        pthread_mutex_lock(&resolver->mutex);
        resolver->asked = NULL;
        if (question->done) {
            ab_list_append(&resolver->answered, &question->node);
            ab_net_wake(resolver->net);
        } else {
            ab_free(question);
        }
    }
    resolver->running = false;
    drop(resolver);
    return NULL;
}

/* Starts the helper thread unless it runs; the mutex held. */
static int start(struct ab_resolver *resolver)
{
    pthread_attr_t attributes;
    pthread_t thread;
    sigset_t all;
    sigset_t before;
    int r;

    if (resolver->running)
        return 0;
    if (pthread_attr_init(&attributes) != 0)
        return AB_ENOMEM;
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before); /* a thread has the signal mask of its maker */
    r = pthread_create(&thread, &attributes, run, resolver);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    if (r != 0)
        return AB_ENOMEM;
    resolver->running = true;
    resolver->references++;
    return 0;
}

/* ---- The net's side. */

static struct question *question_new(const char *name, uint16_t port, ab_net_resolved done, void *target)
{
    size_t size = strlen(name) + 1;
    struct question *question = ab_calloc(1, sizeof(*question) + size);

    if (!question)
        return NULL;
    ab_list_init(&question->node);
    question->done = done;
    question->target = target;
    question->port = port;
    memcpy(question->name, name, size);
    return question;
}

/* Takes the question if it returns 0; the mutex held. */
static int take(struct ab_resolver *resolver, struct question *question)
{
    struct in_addr address;
    int r;

    if (!resolver->net)
        return AB_ECLOSED;
    if (inet_pton(AF_INET, question->name, &address) == 1) {
        question->addresses[0] = ab_address_inet(ntohl(address.s_addr), question->port);
        question->count = 1;
        ab_list_append(&resolver->answered, &question->node);
        ab_net_wake(resolver->net);
        return 0;
    }
    if (resolver->waiting_count >= MOST_WAITING)
        return AB_EAGAIN;
    r = start(resolver);
    if (r < 0)
        return r;
    ab_list_append(&resolver->waiting, &question->node);
    resolver->waiting_count++;
    return 0;
}

int ab_resolver_ask(struct ab_resolver *resolver, const char *name, uint16_t port, ab_net_resolved done, void *target)
{
    struct question *question = question_new(name, port, done, target);
    int r;

    if (!question)
        return AB_ENOMEM;
    pthread_mutex_lock(&resolver->mutex);
    r = take(resolver, question);
    pthread_mutex_unlock(&resolver->mutex);
    if (r < 0)
        ab_free(question);
    return r;
}

static void tell(struct ab_list *questions)
{
    struct ab_list *node;

    while ((node = ab_list_take(questions))) {
        struct question *question = AB_CONTAINER(node, struct question, node);

        question->done(question->target, question->addresses, question->count, question->text);
        ab_free(question);
    }
}

bool ab_resolver_deliver(struct ab_resolver *resolver)
{
    struct ab_list answered;
    bool any;

    ab_list_init(&answered);
    pthread_mutex_lock(&resolver->mutex);
    ab_list_splice(&answered, &resolver->answered);
    pthread_mutex_unlock(&resolver->mutex);
    any = !ab_list_empty(&answered);
    tell(&answered);
    return any;
}

void ab_resolver_close(struct ab_resolver *resolver)
{
    static const char closed[] = "closed";
    ab_net_resolved done = NULL;
    void *target = NULL;
    struct ab_list ended;

    ab_list_init(&ended);
    pthread_mutex_lock(&resolver->mutex);
    resolver->net = NULL;
    ab_list_splice(&ended, &resolver->answered);
    ab_list_splice(&ended, &resolver->waiting);
    resolver->waiting_count = 0;
    if (resolver->asked) {
        done = resolver->asked->done;
        target = resolver->asked->target;
        resolver->asked->done = NULL;
    }
    pthread_mutex_unlock(&resolver->mutex);
    AB_LIST_EACH (node, &ended) {
        struct question *question = AB_CONTAINER(node, struct question, node);

        question->count = 0;
        question->text = closed;
    }
    tell(&ended);
    if (done)
        done(target, NULL, 0, closed);
}

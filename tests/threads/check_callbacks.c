/*
 * Whatever a callback does to what it belongs to: each kind of callback cancels itself, closes or drops its remote, its
 * service and both buses, and tries to wait. Each time nothing hangs, nothing is used after it went, the destroy function
 * runs once, and after it the callback does not run.
 */

#include "buses.h"
#include "harness.h"

#include <poll.h>
#include <stdatomic.h>

enum action {
    CANCEL,
    CANCEL_WAIT,
    CLOSE_REMOTE,
    DROP_REMOTE,
    CLOSE_SERVICE,
    DROP_SERVICE,
    CLOSE_BOTH,
    DROP_BOTH,
    CLOSE_WAIT
};
enum kind {
    FUNCTION_THREAD,
    FUNCTION_SYNC,
    FUNCTION_ASYNC,
    FUNCTION_QUEUED,
    EVENT,
    VALUE,
    BINDING,
    RESULT,
    SERVICES,
    DESTROY
};

#define ACTIONS 9
#define KINDS   10

struct scene {
    struct ab_pair pair;
    enum action action;
    atomic_bool acting;
    struct ab_gate ready; /* the test is done with what the callback may take away */
    struct ab_gate acted;
    struct ab_gate destroyed;
    autobus_slot *slot;
};

static void drop_remote(struct scene *scene)
{
    scene->pair.remote = autobus_remote_unref(scene->pair.remote);
}

static void drop_both(struct scene *scene)
{
    scene->pair.client = autobus_bus_unref(scene->pair.client);
    scene->pair.server = autobus_bus_unref(scene->pair.server);
}

static void act(struct scene *scene)
{
    if (atomic_exchange(&scene->acting, true))
        return; /* once; functions run in parallel */
    ab_gate_wait(&scene->ready, 1);
    switch (scene->action) {
    case CANCEL: autobus_slot_cancel(scene->slot); break;
    case CANCEL_WAIT: ck_assert_int_eq(autobus_slot_cancel_wait(scene->slot), AUTOBUS_EDEADLK); break;
    case CLOSE_REMOTE: autobus_remote_close(scene->pair.remote); break;
    case DROP_REMOTE: drop_remote(scene); break;
    case CLOSE_SERVICE: autobus_service_close(scene->pair.service); break;
    case DROP_SERVICE: scene->pair.service = autobus_service_unref(scene->pair.service); break;
    case CLOSE_BOTH:
        autobus_bus_close(scene->pair.client);
        autobus_bus_close(scene->pair.server);
        break;
    case DROP_BOTH: drop_both(scene); break;
    case CLOSE_WAIT:
        ck_assert_int_eq(autobus_bus_close_wait(scene->pair.client), AUTOBUS_EDEADLK);
        ck_assert_int_eq(autobus_bus_close_wait(scene->pair.server), AUTOBUS_EDEADLK);
        break;
    }
    ab_gate_pass(&scene->acted);
}

static void never_after_destroy(struct scene *scene)
{
    ck_assert_int_eq(ab_gate_count(&scene->destroyed), 0);
    act(scene);
    ck_assert_int_eq(ab_gate_count(&scene->destroyed), 0);
}

static void destroyed(void *user_data)
{
    struct scene *scene = user_data;

    ab_gate_pass(&scene->destroyed);
}

static void destroyed_and_act(void *user_data)
{
    act(user_data);
    destroyed(user_data);
}

static void function(autobus_request *request, void *user_data)
{
    (void)request;
    never_after_destroy(user_data);
}

static void event(const autobus_event *what, void *user_data)
{
    (void)what;
    never_after_destroy(user_data);
}

static void value(const autobus_value *what, void *user_data)
{
    (void)what;
    never_after_destroy(user_data);
}

static void binding(const autobus_binding *what, void *user_data)
{
    (void)what;
    never_after_destroy(user_data);
}

static void result(const autobus_result *what, void *user_data)
{
    (void)what;
    never_after_destroy(user_data);
}

static void services(const autobus_services_event *what, void *user_data)
{
    (void)what;
    never_after_destroy(user_data);
}

static void start_function(struct scene *scene, enum autobus_mode mode)
{
    ck_assert_int_eq(autobus_service_add_function(scene->pair.service, "function", NULL, mode, function, scene,
                                                  destroyed, &scene->slot),
                     0);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(autobus_notice(scene->pair.remote, "function", NULL), 0);
}

static void start_event(struct scene *scene)
{
    ck_assert_int_eq(autobus_listen(scene->pair.remote, "ping", event, scene, destroyed, &scene->slot), 0);
    ck_assert_int_eq(autobus_call(scene->pair.remote, NULL, NULL, "autobus.none", NULL), AUTOBUS_EREMOTE);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(autobus_fire(scene->pair.service, "ping", NULL), 0);
}

static void start_destroy(struct scene *scene)
{
    ck_assert_int_eq(autobus_listen(scene->pair.remote, "ping", event, scene, destroyed_and_act, &scene->slot), 0);
    ab_gate_pass(&scene->ready);
    autobus_slot_cancel(scene->slot);
}

static void start(struct scene *scene, enum kind kind)
{
    struct ab_pair *pair = &scene->pair;

    switch (kind) {
    case FUNCTION_THREAD: start_function(scene, AUTOBUS_THREAD); break;
    case FUNCTION_SYNC: start_function(scene, AUTOBUS_SYNC); break;
    case FUNCTION_ASYNC: start_function(scene, AUTOBUS_ASYNC); break;
    case FUNCTION_QUEUED: start_function(scene, AUTOBUS_QUEUED); break;
    case EVENT: start_event(scene); break;
    case VALUE: ck_assert_int_eq(autobus_watch(pair->remote, "value", value, scene, destroyed, &scene->slot), 0); break;
    case BINDING:
        ck_assert_int_eq(autobus_remote_on_binding(pair->remote, binding, scene, destroyed, &scene->slot), 0);
        break;
    case RESULT:
        ck_assert_int_eq(autobus_call_async(pair->remote, "echo", NULL, 0, 0, result, scene, destroyed, &scene->slot),
                         0);
        break;
    case SERVICES:
        ck_assert_int_eq(autobus_listen_services(pair->client, NULL, AUTOBUS_SERVICES_EXISTING, services, scene,
                                                 destroyed, &scene->slot),
                         0);
        break;
    case DESTROY: start_destroy(scene); break;
    }
}

static void end(struct scene *scene)
{
    autobus_slot_cancel(scene->slot);
    autobus_slot_unref(scene->slot);
    autobus_remote_unref(scene->pair.remote);
    autobus_service_unref(scene->pair.service);
    if (scene->pair.client) {
        ab_test_bus_end(scene->pair.client);
        ab_test_bus_end(scene->pair.server);
    }
    ab_gate_wait(&scene->destroyed, 1);
    ck_assert_int_eq(ab_gate_count(&scene->destroyed), 1);
}

static void choose_queue(struct scene *scene, autobus_queue *queue)
{
    ck_assert_int_eq(autobus_bus_set_queue(scene->pair.client, queue), 0);
    autobus_queue_unref(queue);
}

static void play(struct scene *scene, enum kind kind)
{
    start(scene, kind);
    ab_gate_pass(&scene->ready);
    ab_gate_wait(&scene->acted, 1);
    end(scene);
}

static void scene_open(struct scene *scene, int number)
{
    *scene = (struct scene){.action = (enum action)(number % ACTIONS),
                            .ready = AB_GATE_INIT,
                            .acted = AB_GATE_INIT,
                            .destroyed = AB_GATE_INIT};
    ab_pair_open(&scene->pair, NULL);
}

START_TEST(on_queues)
{
    struct scene scene;

    scene_open(&scene, _i);
    play(&scene, (enum kind)(_i / ACTIONS));
}
END_TEST

START_TEST(on_the_event_thread)
{
    struct scene scene;

    scene_open(&scene, _i);
    choose_queue(&scene, autobus_bus_event_queue(scene.pair.client));
    play(&scene, (enum kind)(_i / ACTIONS));
}
END_TEST

/* ---- In a loop of the program's */

struct loop {
    pthread_t thread;
    autobus_queue *queue;
    atomic_bool over;
};

static void *run_loop(void *user_data)
{
    struct loop *loop = user_data;
    struct pollfd wait = {.fd = autobus_queue_fd(loop->queue), .events = POLLIN};
    int r = 0;

    while (r >= 0 && !atomic_load(&loop->over)) {
        poll(&wait, 1, 10);
        r = autobus_queue_dispatch(loop->queue, 0);
    }
    return NULL;
}

static void loop_start(struct loop *loop, autobus_bus *bus)
{
    atomic_init(&loop->over, false);
    ck_assert_int_eq(autobus_queue_new_polled(bus, &loop->queue), 0);
    ck_assert_int_eq(pthread_create(&loop->thread, NULL, run_loop, loop), 0);
}

static void loop_end(struct loop *loop)
{
    atomic_store(&loop->over, true);
    pthread_join(loop->thread, NULL);
    autobus_queue_unref(loop->queue);
}

START_TEST(in_a_loop)
{
    struct scene scene;
    struct loop client, server;

    scene_open(&scene, _i);
    loop_start(&client, scene.pair.client);
    loop_start(&server, scene.pair.server);
    choose_queue(&scene, autobus_queue_ref(client.queue));
    ck_assert_int_eq(autobus_service_set_queue(scene.pair.service, server.queue), 0);
    play(&scene, (enum kind)(_i / ACTIONS));
    loop_end(&client);
    loop_end(&server);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("callbacks");
    TCase *tcase = tcase_create("callbacks");

    tcase_add_loop_test(tcase, on_queues, 0, KINDS * ACTIONS);
    tcase_add_loop_test(tcase, on_the_event_thread, 0, KINDS * ACTIONS);
    tcase_add_loop_test(tcase, in_a_loop, 0, KINDS * ACTIONS);
    suite_add_tcase(suite, tcase);
    return ab_test_run(suite);
}

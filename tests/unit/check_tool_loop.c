/* tools/loop and notify: timers, sources that go in a callback, wake-ups from threads, signals; the service manager. */

#include "harness.h"

#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "../../tools/loop.h"
#include "../../tools/notify.h"

static struct tool_loop loop;
static char order[20];

static void setup(void)
{
    ck_assert_int_eq(tool_loop_init(&loop, 0), 0);
    order[0] = '\0';
}

static void teardown(void)
{
    tool_loop_deinit(&loop);
}

static void on_timer(struct tool_timer *timer)
{
    strcat(order, timer->user_data);
    if (strcmp(timer->user_data, "z") == 0)
        tool_loop_finish(&loop, 7);
}

START_TEST(timers_in_order)
{
    static char names[] = "b\0a\0z\0c";
    struct tool_timer timers[4];
    for (size_t i = 0; i < 4; i++)
        timers[i] = (struct tool_timer){.expired = on_timer, .user_data = &names[2 * i]};
    tool_timer_arm(&loop, &timers[0], 20);
    tool_timer_arm(&loop, &timers[1], 10);
    tool_timer_arm(&loop, &timers[2], 30);
    tool_timer_arm(&loop, &timers[3], 15);
    tool_timer_disarm(&loop, &timers[3]);
    ck_assert(!timers[3].armed);
    ck_assert_int_eq(tool_loop_run(&loop), 7);
    ck_assert_str_eq(order, "abz");
}
END_TEST

/* Armed again, a timer has its new time only. */
START_TEST(rearming)
{
    struct tool_timer last = {.expired = on_timer, .user_data = (char *)"z"};
    struct tool_timer one = {.expired = on_timer, .user_data = (char *)"a"};
    tool_timer_arm(&loop, &last, 1);
    tool_timer_arm(&loop, &one, 10);
    tool_timer_arm(&loop, &last, 20);
    ck_assert_int_eq(tool_loop_run(&loop), 7);
    ck_assert_str_eq(order, "az");
}
END_TEST

static struct tool_source sources[2];

/* The first that runs removes both: the other must not run. */
static void on_ready(struct tool_source *source, short events)
{
    ck_assert(events & POLLIN);
    strcat(order, source->user_data);
    tool_loop_remove(&loop, &sources[0]);
    tool_loop_remove(&loop, &sources[1]);
    tool_loop_finish(&loop, 1);
}

START_TEST(removing)
{
    static char names[] = "a\0b";
    int fds[2];
    ck_assert_int_eq(pipe(fds), 0);
    ck_assert_int_eq(write(fds[1], "x", 1), 1);
    for (size_t i = 0; i < 2; i++) {
        sources[i] = (struct tool_source){fds[0], POLLIN, on_ready, &names[2 * i]};
        tool_loop_add(&loop, &sources[i]);
    }
    ck_assert_int_eq(tool_loop_run(&loop), 1);
    ck_assert_str_eq(order, "a");
    close(fds[0]);
    close(fds[1]);
}
END_TEST

static void on_wake(void *user_data)
{
    strcat(order, user_data);
    tool_loop_finish(&loop, 3);
    tool_loop_finish(&loop, 4); /* the first stands */
}

static void *wake(void *user_data)
{
    (void)user_data;
    tool_loop_wake(&loop);
    return NULL;
}

START_TEST(waking)
{
    pthread_t thread;
    loop.on_wake = on_wake;
    loop.user_data = (char *)"w";
    ck_assert_int_eq(pthread_create(&thread, NULL, wake, NULL), 0);
    ck_assert_int_eq(tool_loop_run(&loop), 3);
    ck_assert_str_eq(order, "w");
    pthread_join(thread, NULL);
}
END_TEST

START_TEST(signals_end_it)
{
    raise(SIGTERM); /* blocked: it waits */
    ck_assert_int_eq(tool_loop_run(&loop), 0);
}
END_TEST

/* ---- the service manager */

static int listen_at(const char *name, socklen_t size)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    ck_assert_int_ge(fd, 0);
    memcpy(address.sun_path, name, size);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, (socklen_t)offsetof(struct sockaddr_un, sun_path) + size),
                     0);
    return fd;
}

static void check_heard(int fd)
{
    char text[100] = "";
    tool_notify("READY=1");
    ck_assert_int_eq(recv(fd, text, sizeof text - 1, MSG_DONTWAIT), 7);
    ck_assert_str_eq(text, "READY=1");
    close(fd);
}

START_TEST(notifying)
{
    char name[64];
    unsetenv("NOTIFY_SOCKET");
    tool_notify("READY=1");
    setenv("NOTIFY_SOCKET", "relative", 1);
    tool_notify("READY=1");

    snprintf(name, sizeof name, "/tmp/autobus-notify-%d", (int)getpid());
    setenv("NOTIFY_SOCKET", name, 1);
    tool_notify("READY=1"); /* nobody is there */
    int fd = listen_at(name, (socklen_t)strlen(name) + 1);
    check_heard(fd);
    unlink(name);

    snprintf(name, sizeof name, "@autobus-notify-%d", (int)getpid());
    setenv("NOTIFY_SOCKET", name, 1);
    name[0] = '\0';
    check_heard(listen_at(name, (socklen_t)strlen(name + 1) + 1));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("tools/loop");
    TCase *cases = tcase_create("loop");
    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_add_test(cases, timers_in_order);
    tcase_add_test(cases, rearming);
    tcase_add_test(cases, removing);
    tcase_add_test(cases, waking);
    tcase_add_test(cases, signals_end_it);
    tcase_add_test(cases, notifying);
    suite_add_tcase(suite, cases);
    return ab_test_run(suite);
}

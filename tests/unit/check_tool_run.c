/* tools/run, child and answer: commands, from their start to what their end means. */

#include "harness.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../tools/answer.h"
#include "../../tools/message.h"
#include "../../tools/run.h"

static struct tool_loop loop;
static struct tool_runner runner;
static struct tool_answer answer;
static enum tool_run_outcome outcome;
static int told;

static void on_signal(int signal, void *user_data)
{
    (void)user_data;
    if (signal == SIGCHLD)
        tool_runner_reap(&runner);
    if (told > 0 && !runner.runs)
        tool_loop_finish(&loop, 0);
}

static void setup(void)
{
    tool_message_init("t");
    ck_assert_int_eq(tool_loop_init(&loop, SIGCHLD), 0);
    loop.on_signal = on_signal;
    runner = (struct tool_runner){.loop = &loop, .timeout_ms = 10000, .most_output = 100000};
    told = 0;
}

static void teardown(void)
{
    tool_answer_deinit(&answer);
    tool_runner_end(&runner);
    tool_loop_deinit(&loop);
}

static bool over_when_told;

static void on_done(const struct tool_run_result *result, void *user_data)
{
    (void)user_data;
    told++;
    if (over_when_told)
        tool_loop_finish(&loop, 0);
    outcome = result->outcome;
    tool_answer_deinit(&answer);
    tool_answer_read(&runner, result, &answer);
}

static struct tool_run *start(const char *text, const char *args)
{
    static const char *const variables[] = {"AUTOBUS_FUNCTION=f", "AUTOBUS_PEER=10.0.0.7:5", NULL};
    struct tool_run *run = NULL;
    json_t *array = args ? json_loads(args, 0, NULL) : NULL;
    const struct tool_command command = {text, "f", array, variables};
    int error = tool_runner_start(&runner, &command, on_done, NULL, &run);
    ck_assert_msg(error == 0, "%s", strerror(error));
    json_decref(array);
    return run;
}

/* Until the command is over and its answer is there. */
static void run(const char *text, const char *args)
{
    start(text, args);
    ck_assert_int_eq(tool_loop_run(&loop), 0);
    ck_assert_int_eq(told, 1);
}

static void check_value(const char *text, const char *args, const char *wanted)
{
    json_t *value = json_loads(wanted, JSON_DECODE_ANY, NULL);
    run(text, args);
    ck_assert_msg(answer.value != NULL, "%s", answer.text);
    ck_assert(json_equal(answer.value, value));
    json_decref(value);
}

static void check_error(const char *text, const char *type, const char *wanted)
{
    run(text, "[]");
    ck_assert_ptr_null(answer.value);
    ck_assert_str_eq(answer.type, type);
    ck_assert_str_eq(answer.text, wanted);
}

static const struct {
    const char *text;
    const char *args;
    const char *wanted;
} values[] = {
    {"echo 21.5", "[]", "21.5"},
    {"echo hello", "[]", "\"hello\""},
    {"printf 'a\\nb\\n'", "[]", "\"a\\nb\""},
    {"echo", "[]", "\"\""},
    {"true", "[]", "null"},
    {"echo '{\"a\": [1, 2]}'", "[]", "{\"a\": [1, 2]}"},
    {"printf '%s|' \"$0\" \"$@\"", "[\"a b\", \"\", \"$(id)\", 5, 1.5, null, {\"x\": [1]}]",
     "\"f|a b||$(id)|5|1.5|null|{\\\"x\\\":[1]}|\""},
    {"cat", "[1, \"two\"]", "[1, \"two\"]"},
    {"cat", NULL, "null"},
    {"echo $AUTOBUS_FUNCTION $AUTOBUS_PEER", "[]", "\"f 10.0.0.7:5\""},
    {"echo ${NOTIFY_SOCKET-none}", "[]", "\"none\""},
    {"echo noise >&2; echo 5", "[]", "5"},
};

START_TEST(values_of_output)
{
    setenv("NOTIFY_SOCKET", "/nowhere", 1);
    check_value(values[_i].text, values[_i].args, values[_i].wanted);
}
END_TEST

START_TEST(signals_are_at_their_defaults)
{
    signal(SIGPIPE, SIG_IGN);
    check_error("kill -s PIPE $$; echo survived", "exception", "the command was killed by signal 13");
}
END_TEST

/* The shell's end is the end: it is not waited for what it left in the background. */
START_TEST(background)
{
    run("sleep 60 & echo $!", "[]");
    ck_assert(json_is_integer(answer.value));
    pid_t pid = (pid_t)json_integer_value(answer.value);
    ck_assert_int_eq(kill(pid, SIGKILL), 0);
}
END_TEST

START_TEST(failing_exit)
{
    check_error("echo 'no such room' >&2; exit 3", "exception", "no such room");
}
END_TEST

START_TEST(silent_failure)
{
    check_error("exit 3", "exception", "the command ended with status 3");
}
END_TEST

START_TEST(long_error)
{
    run("i=0; while [ $i -lt 3000 ]; do echo line $i >&2; i=$((i+1)); done; exit 1", "[]");
    ck_assert_ptr_null(answer.value);
    ck_assert_uint_le(strlen(answer.text), 4096);
    ck_assert_ptr_nonnull(strstr(answer.text, "line 2999")); /* the last of it says why */
}
END_TEST

START_TEST(error_with_rubbish)
{
    check_error("printf '\\033[31m\\377\\n' >&2; exit 1", "exception", "\\u001B[31m\\xff");
}
END_TEST

START_TEST(not_text)
{
    check_error("printf '\\377'", "exception", "the command printed what is not UTF-8");
}
END_TEST

START_TEST(nul)
{
    check_error("printf 'a\\000b'", "exception", "the command printed a NUL byte");
}
END_TEST

START_TEST(time_is_over)
{
    runner.timeout_ms = 50;
    run("trap '' TERM; sleep 60", "[]"); /* it takes SIGKILL to end it */
    ck_assert_int_eq(outcome, TOOL_RUN_TIMED_OUT);
    ck_assert_str_eq(answer.type, "timeout");
}
END_TEST

START_TEST(too_much)
{
    runner.most_output = 1000;
    run("while :; do echo 0123456789; done", "[]");
    ck_assert_int_eq(outcome, TOOL_RUN_TOO_LARGE);
    ck_assert_str_eq(answer.type, "too_large");
}
END_TEST

/* All at once, just before it ends. */
START_TEST(too_much_at_the_end)
{
    runner.most_output = 1000;
    run("printf '%02000d' 5", "[]");
    ck_assert_str_eq(answer.type, "too_large");
}
END_TEST

START_TEST(large_output)
{
    run("i=0; while [ $i -lt 90 ]; do printf '%01000d' 5; i=$((i+1)); done", "[]");
    ck_assert_uint_eq(json_string_length(answer.value), 90000);
}
END_TEST

/* ---- lines as they come */

static unsigned lines_taken, lines_refused, lines_to_refuse;

static bool take_line(const char *line, size_t size, void *user_data)
{
    char wanted[32];
    (void)user_data;
    if (lines_to_refuse > 0) {
        lines_to_refuse--;
        lines_refused++;
        return false;
    }
    snprintf(wanted, sizeof wanted, "%u", ++lines_taken);
    ck_assert_uint_eq(size, strlen(wanted));
    ck_assert_int_eq(memcmp(line, wanted, size), 0);
    return true;
}

static void run_lines(const char *command, unsigned refuse)
{
    lines_to_refuse = refuse;
    tool_run_give_lines(start(command, "[]"), take_line);
    ck_assert_int_eq(tool_loop_run(&loop), 0);
    ck_assert_int_eq(told, 1);
}

/* More than the pipe holds: the command has to wait, and has ended when there is room again. */
START_TEST(lines_wait_for_room)
{
    run_lines("seq 50000; printf 'the end'", 5);
    ck_assert_uint_eq(lines_refused, 5);
    ck_assert_uint_eq(lines_taken, 50000);
    ck_assert_str_eq(json_string_value(answer.value), "the end");
}
END_TEST

START_TEST(lines_have_no_limit_in_all)
{
    runner.most_output = 1000;
    run_lines("seq 5000", 0);
    ck_assert_uint_eq(lines_taken, 5000);
    ck_assert(json_is_null(answer.value));
}
END_TEST

START_TEST(a_line_has_one)
{
    runner.most_output = 1000;
    run_lines("printf '%02000d' 5; sleep 60", 0);
    ck_assert_str_eq(answer.type, "too_large");
}
END_TEST

START_TEST(time_is_over_while_lines_wait)
{
    runner.timeout_ms = 500;
    over_when_told = true; /* its process has ended by then, and no signal comes */
    run_lines("echo 1", 1000000);
    ck_assert_uint_eq(lines_taken, 0);
    ck_assert_uint_eq(runner.count, 0);
    ck_assert_str_eq(answer.type, "timeout");
}
END_TEST

/* The whole group is ended with it. */
START_TEST(cancelling)
{
    int fds[2];
    char byte;
    ck_assert_int_eq(pipe(fds), 0);
    struct tool_run *one = start("sleep 60 & exec sleep 60", "[]"); /* both hold the pipe's writing end */
    close(fds[1]);
    tool_run_cancel(one);
    ck_assert_int_eq(told, 1);
    ck_assert_int_eq(outcome, TOOL_RUN_CANCELLED);
    ck_assert_uint_eq(runner.count, 1); /* it has not ended yet */
    ck_assert_int_eq(tool_loop_run(&loop), 0);
    ck_assert_uint_eq(runner.count, 0);
    ck_assert_int_eq(read(fds[0], &byte, 1), 0); /* nobody is left */
    close(fds[0]);
}
END_TEST

START_TEST(ending_all)
{
    start("trap '' TERM; while :; do sleep 1; done", "[]");
    start("sleep 60", "[]");
    tool_runner_end(&runner);
    ck_assert_uint_eq(runner.count, 0);
    ck_assert_int_eq(told, 2);
    ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
    ck_assert_int_eq(errno, ECHILD);
}
END_TEST

START_TEST(arguments_too_long)
{
    size_t size = 1 << 20;
    char *text = malloc(size);
    memset(text, 'x', size);
    json_t *args = json_pack("[s#]", text, (int)size);
    const char *const variables[] = {NULL};
    const struct tool_command command = {"true", "f", args, variables};
    struct tool_run *one = NULL;
    ck_assert_int_eq(tool_runner_start(&runner, &command, on_done, NULL, &one), E2BIG);
    ck_assert_uint_eq(runner.count, 0);
    ck_assert_int_eq(told, 0);
    json_decref(args);
    free(text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("tools/run");
    TCase *cases = tcase_create("run");
    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_add_loop_test(cases, values_of_output, 0, COUNT(values));
    tcase_add_test(cases, signals_are_at_their_defaults);
    tcase_add_test(cases, background);
    tcase_add_test(cases, failing_exit);
    tcase_add_test(cases, silent_failure);
    tcase_add_test(cases, long_error);
    tcase_add_test(cases, error_with_rubbish);
    tcase_add_test(cases, not_text);
    tcase_add_test(cases, nul);
    tcase_add_test(cases, time_is_over);
    tcase_add_test(cases, too_much);
    tcase_add_test(cases, too_much_at_the_end);
    tcase_add_test(cases, large_output);
    tcase_add_test(cases, lines_wait_for_room);
    tcase_add_test(cases, lines_have_no_limit_in_all);
    tcase_add_test(cases, a_line_has_one);
    tcase_add_test(cases, time_is_over_while_lines_wait);
    tcase_add_test(cases, cancelling);
    tcase_add_test(cases, ending_all);
    tcase_add_test(cases, arguments_too_long);
    suite_add_tcase(suite, cases);
    return ab_test_run(suite);
}

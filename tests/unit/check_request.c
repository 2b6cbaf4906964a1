/* Requests: what a handler sees, how it answers, now or later, and how it hears that nobody waits. */

#include "buses.h"
#include "harness.h"

#include <arpa/inet.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void result_code(const autobus_result *result, void *user_data)
{
    *(int *)user_data = result->code;
}

static void nothing(void *user_data)
{
    (void)user_data;
}

static void start_call(struct ab_pair *pair, const char *function, autobus_slot **ret_slot)
{
    static int code;

    ck_assert_int_eq(autobus_call_async(pair->remote, function, NULL, 0, 0, result_code, &code, nothing, ret_slot), 0);
}

/* ---- Reading */

static struct ab_gate looked = AB_GATE_INIT; /* the handler goes on after its answer has left */

static void look(autobus_request *request, void *user_data)
{
    struct ab_pair *pair = user_data;
    const autobus_peer *peer = autobus_request_peer(request);

    ck_assert_str_eq(autobus_request_function(request), "look");
    ck_assert_str_eq(autobus_request_service(request), autobus_service_id(pair->service));
    ck_assert_uint_eq(json_array_size(autobus_request_args(request)), 2);
    ck_assert(!autobus_request_is_notice(request));
    ck_assert(!autobus_request_abandoned(request));
    ck_assert_str_eq(peer->host, "127.0.0.1");
    ck_assert_int_eq(autobus_reply(request, "s", "seen"), 0);
    ck_assert_int_eq(autobus_reply(request, "s", "again"), AUTOBUS_EEXIST);
    ck_assert_int_eq(autobus_reply_error(request, NULL, "again"), AUTOBUS_EEXIST);
    ck_assert_int_eq(autobus_request_on_abandoned(request, (autobus_abandoned_fn)abort, NULL, NULL, NULL),
                     AUTOBUS_EEXIST);
    ab_gate_pass(&looked);
}

START_TEST(what_a_handler_sees)
{
    struct ab_pair pair;
    json_t *result;

    ab_pair_open(&pair, NULL);
    ab_pair_function(&pair, "look", AUTOBUS_THREAD, look, &pair);
    ck_assert_int_eq(autobus_call(pair.remote, &result, NULL, "look", "[si]", "a", 1), 0);
    ck_assert_str_eq(json_string_value(result), "seen");
    json_decref(result);
    ab_gate_wait(&looked, 1);
    ab_pair_close(&pair);
    ck_assert_ptr_null(autobus_request_unref(NULL));
    ck_assert_ptr_null(autobus_request_args(NULL));
    ck_assert_ptr_null(autobus_request_peer(NULL));
    ck_assert_int_eq(autobus_reply(NULL, NULL), AUTOBUS_EINVAL);
}
END_TEST

static void unpack(autobus_request *request, void *user_data)
{
    const char *text;
    int number = -1;
    double real = -1;

    (void)user_data;
    if (strcmp(autobus_request_function(request), "strict") == 0) {
        if (autobus_request_unpack(request, " [s i ] ", &text, &number) < 0)
            return;
    } else if (strcmp(autobus_request_function(request), "loose") == 0) {
        if (autobus_request_unpack(request, "[sF*]", &text, &real) < 0)
            return;
        number = (int)real;
    } else if (strcmp(autobus_request_function(request), "inside") == 0) {
        if (autobus_request_unpack(request, "[{s:s, s:i}]", "t", &text, "n", &number) < 0)
            return;
    } else if (strcmp(autobus_request_function(request), "none") == 0) {
        if (autobus_request_unpack(request, "[]") < 0)
            return;
        text = "";
    } else {
        ck_assert_int_eq(autobus_request_unpack(request, "{}"), AUTOBUS_EINVAL);
        return;
    }
    autobus_reply(request, "[si]", text, number);
}

/* With the result, or NULL and the text of bad_arguments. */
static void call_args(struct ab_pair *pair, const char *function, const char *args, const char *answer,
                      const char *refusal)
{
    json_t *value = json_loads(args, 0, NULL);
    autobus_error error = AUTOBUS_ERROR_INIT;
    json_t *result = NULL;
    char *text = NULL;
    int r = autobus_call_json(pair->remote, &result, &error, function, value, 0, 0);

    ck_assert_msg(r == (answer ? 0 : AUTOBUS_EREMOTE), "%s %s: %d", function, args, r);
    if (answer) {
        ck_assert_int_eq(autobus_json_encode(result, 0, &text), 0);
        ck_assert_str_eq(text, answer);
    } else {
        ck_assert_str_eq(error.type, "bad_arguments");
        ck_assert_str_eq(error.text, refusal);
    }
    autobus_free(text);
    autobus_error_clear(&error);
    json_decref(result);
    json_decref(value);
}

START_TEST(taking_apart)
{
    static const char *const names[] = {"strict", "loose", "inside", "none", "wrong"};
    autobus_error error = AUTOBUS_ERROR_INIT;
    struct ab_pair pair;

    ab_pair_open(&pair, NULL);
    for (int i = 0; i < 5; i++)
        ab_pair_function(&pair, names[i], AUTOBUS_SYNC, unpack, NULL);
    call_args(&pair, "strict", "[\"a\", 1]", "[\"a\",1]", NULL);
    call_args(&pair, "strict", "[\"a\", 1, 2]", NULL, "takes 2 arguments, got 3");
    call_args(&pair, "strict", "[]", NULL, "takes 2 arguments, got 0");
    call_args(&pair, "strict", "[\"a\"]", NULL, "takes 2 arguments, got 1");
    call_args(&pair, "strict", "[1, 1]", NULL, "argument 1: expected string, got integer");
    call_args(&pair, "strict", "[\"a\", null]", NULL, "argument 2: expected integer, got null");
    call_args(&pair, "loose", "[\"a\", 1, 2]", "[\"a\",1]", NULL);
    call_args(&pair, "loose", "[\"a\"]", NULL, "takes at least 2 arguments, got 1");
    call_args(&pair, "inside", "[{\"t\": \"x\", \"n\": 3, \"more\": true}]", "[\"x\",3]", NULL);
    call_args(&pair, "inside", "[{\"t\": \"x\"}]", NULL, "argument 1: object item not found: n");
    call_args(&pair, "none", "[]", "[\"\",-1]", NULL);
    call_args(&pair, "none", "[1]", NULL, "takes 0 arguments, got 1");
    ck_assert_int_eq(autobus_call(pair.remote, NULL, &error, "wrong", NULL), AUTOBUS_EREMOTE);
    ck_assert_str_eq(error.type, "exception");
    autobus_error_clear(&error);
    ab_pair_close(&pair);
}
END_TEST

/* ---- Answering */

static void answer(autobus_request *request, void *user_data)
{
    const char *how;
    int r;

    (void)user_data;
    ck_assert_int_eq(autobus_request_unpack(request, "[s]", &how), 0);
    if (strcmp(how, "null") == 0) {
        ck_assert_int_eq(autobus_reply(request, NULL), 0);
    } else if (strcmp(how, "nan") == 0) {
        ck_assert_int_eq(autobus_reply(request, "f", (double)NAN), AUTOBUS_EINVAL);
    } else if (strcmp(how, "deep") == 0) {
        json_t *deep = json_array();

        for (int i = 0; i < 64; i++)
            deep = json_pack("[o]", deep);
        ck_assert_int_eq(autobus_reply_json(request, deep), AUTOBUS_ETOOLARGE);
        json_decref(deep);
    } else if (strcmp(how, "large") == 0) {
        char *text = malloc(2 << 20);

        memset(text, 'x', (2 << 20) - 1);
        text[(2 << 20) - 1] = '\0';
        ck_assert_int_eq(autobus_reply(request, "s", text), AUTOBUS_ETOOLARGE);
        free(text);
    } else if (strcmp(how, "typed") == 0) {
        ck_assert_int_eq(autobus_reply_error(request, "cold", "it is %d \xff degrees", -3), 0);
    } else if (strcmp(how, "untyped") == 0) {
        ck_assert_int_eq(autobus_reply_error(request, "\xff", "no"), AUTOBUS_EINVAL);
        r = autobus_reply_error(request, NULL, "%5000s", "no");
        ck_assert_int_eq(r, 0);
    } else if (strcmp(how, "badly typed") == 0) {
        autobus_reply_error(request, "\xff", "no");
    } else if (strcmp(how, "badly told") == 0) {
        autobus_reply_error_json(request, NULL, "\xff", NULL);
    } else if (strcmp(how, "right at last") == 0) {
        ck_assert_int_eq(autobus_reply_error_json(request, NULL, NULL, NULL), AUTOBUS_EINVAL);
        ck_assert_int_eq(autobus_reply(request, NULL), 0);
    }
}

static void call_how(struct ab_pair *pair, const char *how, int code, const char *type, const char *text)
{
    autobus_error error = AUTOBUS_ERROR_INIT;
    json_t *result = NULL;

    ck_assert_int_eq(autobus_call(pair->remote, &result, &error, "answer", "[s]", how), code);
    ck_assert_int_eq(error.code, code);
    if (code == 0) {
        ck_assert(json_is_null(result));
    } else {
        ck_assert_str_eq(error.type, type);
        if (text)
            ck_assert_str_eq(error.text, text);
    }
    autobus_error_clear(&error);
}

START_TEST(answers)
{
    struct ab_pair pair;

    ab_pair_open(&pair, NULL);
    ab_pair_function(&pair, "answer", AUTOBUS_THREAD, answer, NULL);
    call_how(&pair, "null", 0, NULL, NULL);
    call_how(&pair, "nothing", 0, NULL, NULL);
    call_how(&pair, "nan", AUTOBUS_EREMOTE, "exception", NULL);
    call_how(&pair, "deep", AUTOBUS_EREMOTE, "too_large", NULL);
    call_how(&pair, "large", AUTOBUS_EREMOTE, "too_large", NULL);
    call_how(&pair, "typed", AUTOBUS_EREMOTE, "cold", "it is -3 ? degrees");
    call_how(&pair, "untyped", AUTOBUS_EREMOTE, "exception", NULL);
    call_how(&pair, "badly typed", AUTOBUS_EREMOTE, "exception", "the function failed, and could not say how");
    call_how(&pair, "badly told", AUTOBUS_EREMOTE, "exception", "the function failed, and could not say how");
    call_how(&pair, "right at last", 0, NULL, NULL);
    ab_pair_close(&pair);
}
END_TEST

static void *reply_later(void *user_data)
{
    struct ab_kept *kept = user_data;

    ab_gate_wait(&kept->came, 1);
    ck_assert_int_eq(autobus_reply(kept->requests[0], "i", 7), 0);
    autobus_request_unref(kept->requests[0]);
    return NULL;
}

START_TEST(later_from_another_thread)
{
    struct ab_pair pair;
    struct ab_kept kept = AB_KEPT_INIT;
    pthread_t thread;
    json_t *result;

    ab_pair_open(&pair, NULL);
    ab_pair_function(&pair, "keep", AUTOBUS_THREAD, ab_keep, &kept);
    pthread_create(&thread, NULL, reply_later, &kept);
    ck_assert_int_eq(autobus_call(pair.remote, &result, NULL, "keep", NULL), 0);
    ck_assert_int_eq(json_integer_value(result), 7);
    json_decref(result);
    pthread_join(thread, NULL);
    ab_pair_close(&pair);
}
END_TEST

static void notice(autobus_request *request, void *user_data)
{
    ck_assert(autobus_request_is_notice(request));
    ck_assert_int_eq(autobus_reply(request, "i", 1), 0);
    ab_gate_pass(user_data);
}

START_TEST(a_notice)
{
    struct ab_pair pair;
    struct ab_gate gate = AB_GATE_INIT;

    ab_pair_open(&pair, NULL);
    ab_pair_function(&pair, "tell", AUTOBUS_THREAD, notice, &gate);
    ck_assert_int_eq(autobus_notice(pair.remote, "tell", "[i]", 1), 0);
    ck_assert_int_eq(autobus_notice_json(pair.remote, "tell", NULL), 0);
    ck_assert_int_eq(autobus_notice(pair.remote, "tell", "i", 1), AUTOBUS_EINVAL);
    ab_gate_wait(&gate, 2);
    ab_pair_close(&pair);
}
END_TEST

/* The request outlives connection, service and bus, and says what became of it. */
START_TEST(outlives_everything)
{
    struct ab_pair pair;
    struct ab_kept kept = AB_KEPT_INIT;

    ab_pair_open(&pair, NULL);
    ab_pair_function(&pair, "keep", AUTOBUS_THREAD, ab_keep, &kept);
    start_call(&pair, "keep", NULL);
    ab_gate_wait(&kept.came, 1);
    ab_pair_close(&pair);
    ck_assert(autobus_request_abandoned(kept.requests[0]));
    ck_assert_str_eq(autobus_request_function(kept.requests[0]), "keep");
    ck_assert_str_eq(autobus_request_peer(kept.requests[0])->host, "127.0.0.1");
    ck_assert_int_eq(autobus_reply(kept.requests[0], NULL), AUTOBUS_ECLOSED);
    autobus_request_unref(kept.requests[0]);
}
END_TEST

/* ---- Abandoned */

struct waited { /* for the one that is kept */
    struct ab_kept kept;
    struct ab_gate abandoned;
    struct ab_gate destroyed;
};

#define WAITED_INIT                              \
    {                                            \
        AB_KEPT_INIT, AB_GATE_INIT, AB_GATE_INIT \
    }

static void abandoned(autobus_request *request, void *user_data)
{
    struct waited *waited = user_data;

    ck_assert_ptr_eq(request, waited->kept.requests[0]);
    ck_assert(autobus_request_abandoned(request));
    ab_gate_pass(&waited->abandoned);
}

static void waited_destroyed(void *user_data)
{
    struct waited *waited = user_data;

    ab_gate_pass(&waited->destroyed);
}

static int heed(struct waited *waited, autobus_slot **ret_slot)
{
    return autobus_request_on_abandoned(waited->kept.requests[0], abandoned, waited, waited_destroyed, ret_slot);
}

static void open_waited(struct ab_pair *pair, struct waited *waited)
{
    ab_pair_open(pair, NULL);
    ab_pair_function(pair, "keep", AUTOBUS_THREAD, ab_keep, &waited->kept);
    start_call(pair, "keep", NULL);
    ab_gate_wait(&waited->kept.came, 1);
}

/* A caller of another implementation, which calls "keep". */
static int call_raw(struct ab_pair *pair)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(ab_pair_port(pair))};
    int descriptor = socket(AF_INET, SOCK_STREAM, 0);
    char lines[512];
    int size = snprintf(lines, sizeof(lines),
                        "{\"_type\":1,\"_id\":\"1\",\"_command\":\"bind\",\"service\":\"%s\"}\r\n"
                        "{\"_type\":1,\"_id\":\"2\",\"_command\":\"call\",\"name\":\"keep\",\"args\":[]}\r\n",
                        autobus_service_id(pair->service));

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ck_assert_int_eq(connect(descriptor, (struct sockaddr *)&address, sizeof(address)), 0);
    ck_assert_int_eq(write(descriptor, lines, (size_t)size), size);
    return descriptor;
}

/* With a reset, as of a machine that comes back and knows of no connection. */
static void hang_up(int descriptor)
{
    struct linger none = {1, 0};

    setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &none, sizeof(none));
    close(descriptor);
}

START_TEST(the_caller_goes)
{
    struct ab_pair pair;
    struct waited waited = WAITED_INIT;
    int caller;

    ab_pair_open(&pair, NULL);
    ab_pair_function(&pair, "keep", AUTOBUS_THREAD, ab_keep, &waited.kept);
    caller = call_raw(&pair);
    ab_gate_wait(&waited.kept.came, 1);
    ck_assert_int_eq(heed(&waited, NULL), 0);
    ck_assert_int_eq(heed(&waited, NULL), 0);
    ck_assert_int_eq(autobus_request_on_abandoned(waited.kept.requests[0], NULL, &waited, waited_destroyed, NULL),
                     AUTOBUS_EINVAL);
    hang_up(caller);
    ab_gate_wait(&waited.abandoned, 2);
    ab_gate_wait(&waited.destroyed, 2);
    ck_assert_int_eq(heed(&waited, NULL), 0);
    ab_gate_wait(&waited.destroyed, 3);
    ck_assert_int_eq(ab_gate_count(&waited.abandoned), 3);
    ck_assert_int_eq(autobus_reply(waited.kept.requests[0], NULL), AUTOBUS_EDISCONNECTED);
    ck_assert_int_eq(autobus_reply(waited.kept.requests[0], NULL), AUTOBUS_EEXIST);
    autobus_request_unref(waited.kept.requests[0]);
    ab_pair_close(&pair);
}
END_TEST

START_TEST(answered_in_time)
{
    struct ab_pair pair;
    struct waited waited = WAITED_INIT;
    autobus_slot *slot;

    open_waited(&pair, &waited);
    ck_assert_int_eq(heed(&waited, &slot), 0);
    ck_assert_int_eq(autobus_reply(waited.kept.requests[0], NULL), 0);
    ck_assert_int_eq(ab_gate_count(&waited.destroyed), 1);
    autobus_remote_close(pair.remote);
    autobus_request_unref(waited.kept.requests[0]);
    autobus_slot_cancel(slot);
    autobus_slot_unref(slot);
    ab_pair_close(&pair);
    ck_assert_int_eq(ab_gate_count(&waited.abandoned), 0);
    ck_assert_int_eq(ab_gate_count(&waited.destroyed), 1);
}
END_TEST

START_TEST(dropped_with_a_listener)
{
    struct ab_pair pair;
    struct waited waited = WAITED_INIT;

    open_waited(&pair, &waited);
    ck_assert_int_eq(heed(&waited, NULL), 0);
    autobus_request_unref(waited.kept.requests[0]);
    ab_gate_wait(&waited.destroyed, 1); /* the handler's thread may have been the last */
    ab_pair_close(&pair);
    ck_assert_int_eq(ab_gate_count(&waited.abandoned), 0);
}
END_TEST

START_TEST(the_service_closes)
{
    struct ab_pair pair;
    struct waited waited = WAITED_INIT;

    open_waited(&pair, &waited);
    ck_assert_int_eq(heed(&waited, NULL), 0);
    autobus_service_close(pair.service);
    ck_assert(!autobus_request_abandoned(waited.kept.requests[0]));
    ab_gate_wait(&waited.abandoned, 1); /* after the second that handlers are given */
    ck_assert(autobus_request_abandoned(waited.kept.requests[0]));
    autobus_request_unref(waited.kept.requests[0]);
    ab_pair_close(&pair);
    ck_assert_int_eq(ab_gate_count(&waited.destroyed), 1);
}
END_TEST

START_TEST(the_bus_closes)
{
    struct ab_pair pair;
    struct waited waited = WAITED_INIT;

    open_waited(&pair, &waited);
    ck_assert_int_eq(heed(&waited, NULL), 0);
    ck_assert_int_eq(autobus_bus_close_wait(pair.server), 0);
    ck_assert_int_eq(ab_gate_count(&waited.destroyed), 1);
    ck_assert_int_eq(ab_gate_count(&waited.abandoned), 0);
    ck_assert(autobus_request_abandoned(waited.kept.requests[0]));
    ck_assert_int_eq(heed(&waited, NULL), AUTOBUS_ECLOSED);
    autobus_request_unref(waited.kept.requests[0]);
    ab_pair_close(&pair);
}
END_TEST

static void *close_server(void *user_data)
{
    ck_assert_int_eq(autobus_bus_close_wait(user_data), 0);
    return NULL;
}

static void passed(const autobus_result *result, void *user_data)
{
    ck_assert_int_eq(result->code, 0);
    ck_assert_int_eq(json_integer_value(result->value), 7);
    ab_gate_pass(user_data);
}

/* A call under way is answered by a bus that closes, whoever's thread does so. */
START_TEST(an_answer_while_the_bus_closes)
{
    struct ab_pair pair;
    struct ab_kept kept = AB_KEPT_INIT;
    struct ab_gate answered = AB_GATE_INIT;
    pthread_t closer;

    ab_pair_open(&pair, NULL);
    ab_pair_function(&pair, "keep", AUTOBUS_THREAD, ab_keep, &kept);
    ck_assert_int_eq(autobus_call_async(pair.remote, "keep", NULL, 0, 0, passed, &answered, NULL, NULL), 0);
    ab_gate_wait(&kept.came, 1);
    autobus_bus_close(pair.server);
    ck_assert(!autobus_request_abandoned(kept.requests[0]));
    pthread_create(&closer, NULL, close_server, pair.server);
    ck_assert_int_eq(autobus_reply(kept.requests[0], "i", 7), 0);
    autobus_request_unref(kept.requests[0]);
    ab_gate_wait(&answered, 1);
    pthread_join(closer, NULL);
    ab_pair_close(&pair);
}
END_TEST

/* ---- Kept by the program: what a request tells stays there until it is dropped, whatever goes before */

struct left {
    struct ab_kept kept;      /* first: it is what the functions are given */
    struct ab_gate destroyed; /* functions */
    char service[64];
};

static const char *const left_names[] = {"thread", "event", "queue", "polled"};

static void left_destroyed(void *user_data)
{
    struct left *left = user_data;

    ab_gate_pass(&left->destroyed);
}

static void check_left(autobus_request *request, const struct left *left, int i)
{
    ck_assert_str_eq(autobus_request_function(request), left_names[i]);
    ck_assert_str_eq(autobus_request_service(request), left->service);
    ck_assert_str_eq(autobus_request_peer(request)->host, "127.0.0.1");
    ck_assert_uint_eq(json_array_size(autobus_request_args(request)), 0);
}

/* The first is answered already; every second is dropped without an answer. */
static void *read_and_drop(void *user_data)
{
    struct left *left = user_data;

    for (int i = 0; i < ab_gate_count(&left->kept.came); i++) {
        ck_assert(autobus_request_abandoned(left->kept.requests[i]));
        check_left(left->kept.requests[i], left, i);
        if (i % 2 == 0)
            ck_assert_int_eq(autobus_reply(left->kept.requests[i], NULL), AUTOBUS_ECLOSED);
        autobus_request_unref(left->kept.requests[i]);
    }
    return NULL;
}

static void keep_one(struct ab_pair *pair, struct left *left, int i, enum autobus_mode mode)
{
    ck_assert_int_eq(autobus_service_add_function(pair->service, left_names[i], NULL, mode, ab_keep, &left->kept,
                                                  left_destroyed, NULL),
                     0);
    start_call(pair, left_names[i], NULL);
}

static void keep_one_polled(struct ab_pair *pair, struct left *left, int i)
{
    struct pollfd due = {.events = POLLIN};
    autobus_queue *queue;

    ck_assert_int_eq(autobus_queue_new_polled(pair->server, &queue), 0);
    ck_assert_int_eq(autobus_service_set_queue(pair->service, queue), 0);
    keep_one(pair, left, i, AUTOBUS_QUEUED);
    due.fd = autobus_queue_fd(queue);
    ck_assert_int_eq(poll(&due, 1, 10000), 1);
    ck_assert_int_eq(autobus_queue_dispatch(queue, 0), 1);
    autobus_queue_unref(queue);
}

static void heard_of(autobus_request *request, void *user_data)
{
    check_left(request, user_data, 1);
}

START_TEST(outlives_its_function)
{
    static const enum autobus_mode modes[] = {AUTOBUS_THREAD, AUTOBUS_SYNC, AUTOBUS_QUEUED};
    struct ab_pair pair;
    struct left left = {.kept = AB_KEPT_INIT, .destroyed = AB_GATE_INIT};
    autobus_slot *slot;
    pthread_t thread;

    ab_pair_open(&pair, NULL);
    snprintf(left.service, sizeof(left.service), "%s", autobus_service_id(pair.service));
    for (int i = 0; i < 3; i++) {
        keep_one(&pair, &left, i, modes[i]);
        ab_gate_wait(&left.kept.came, i + 1);
    }
    keep_one_polled(&pair, &left, 3);
    ck_assert_int_eq(autobus_request_on_abandoned(left.kept.requests[1], heard_of, &left, NULL, &slot), 0);
    ck_assert_int_eq(autobus_service_remove(pair.service, AUTOBUS_KIND_FUNCTION, "thread"), 0);
    ab_gate_wait(&left.destroyed, 1);
    check_left(left.kept.requests[0], &left, 0);
    ck_assert_int_eq(autobus_reply(left.kept.requests[0], "i", 7), 0);
    ck_assert_int_eq(autobus_service_replace_function(pair.service, "event", AUTOBUS_THREAD, (autobus_function_fn)abort,
                                                      NULL, NULL, NULL),
                     0);
    ab_gate_wait(&left.destroyed, 2);
    check_left(left.kept.requests[1], &left, 1);
    ab_pair_close(&pair);
    ck_assert_int_eq(ab_gate_count(&left.destroyed), 4);
    pthread_create(&thread, NULL, read_and_drop, &left);
    pthread_join(thread, NULL);
    autobus_slot_unref(slot); /* the last that has its request */
}
END_TEST

struct last {
    struct left left; /* first */
    struct ab_pair pair;
    struct ab_gate dropped;
    bool waits; /* the handler, until the request is dropped */
};

/* It has then nothing of its bus but what it was called with. */
static void drop_all(autobus_request *request, void *user_data)
{
    struct last *last = user_data;

    ck_assert_int_eq(autobus_service_remove(last->pair.service, AUTOBUS_KIND_FUNCTION, left_names[0]), 0);
    autobus_service_unref(last->pair.service);
    autobus_bus_unref(last->pair.server);
    ab_keep(request, &last->left.kept);
    if (last->waits)
        ab_gate_wait(&last->dropped, 1);
    check_left(request, &last->left, 0);
}

static void *answer_and_drop(void *user_data)
{
    struct last *last = user_data;
    autobus_request *request;

    ab_gate_wait(&last->left.kept.came, 1);
    request = last->left.kept.requests[0];
    if (!last->waits)
        ab_gate_wait(&last->left.destroyed, 1); /* the handler has returned */
    check_left(request, &last->left, 0);
    ck_assert_int_eq(autobus_reply(request, "i", 7), 0);
    autobus_request_unref(request);
    ab_gate_pass(&last->dropped);
    return NULL;
}

START_TEST(its_handler_drops_all_else)
{
    static const enum autobus_mode modes[] = {AUTOBUS_THREAD, AUTOBUS_SYNC, AUTOBUS_QUEUED};
    struct last last = {.left = {.kept = AB_KEPT_INIT, .destroyed = AB_GATE_INIT}, .dropped = AB_GATE_INIT};
    struct ab_gate answered = AB_GATE_INIT;
    pthread_t thread;

    last.waits = _i % 2 == 1;
    ab_pair_open(&last.pair, NULL);
    snprintf(last.left.service, sizeof(last.left.service), "%s", autobus_service_id(last.pair.service));
    ck_assert_int_eq(autobus_service_add_function(last.pair.service, left_names[0], NULL, modes[_i / 2], drop_all,
                                                  &last, left_destroyed, NULL),
                     0);
    pthread_create(&thread, NULL, answer_and_drop, &last);
    ck_assert_int_eq(autobus_call_async(last.pair.remote, left_names[0], NULL, 0, 0, passed, &answered, NULL, NULL), 0);
    ab_gate_wait(&answered, 1);
    pthread_join(thread, NULL);
    ab_gate_wait(&last.left.destroyed, 1);
    autobus_remote_unref(last.pair.remote);
    ab_test_bus_end(last.pair.client);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("request");
    TCase *tcase = tcase_create("request");

    tcase_add_test(tcase, what_a_handler_sees);
    tcase_add_test(tcase, taking_apart);
    tcase_add_test(tcase, answers);
    tcase_add_test(tcase, later_from_another_thread);
    tcase_add_test(tcase, a_notice);
    tcase_add_test(tcase, outlives_everything);
    tcase_add_test(tcase, the_caller_goes);
    tcase_add_test(tcase, answered_in_time);
    tcase_add_test(tcase, dropped_with_a_listener);
    tcase_add_test(tcase, the_service_closes);
    tcase_add_test(tcase, the_bus_closes);
    tcase_add_test(tcase, an_answer_while_the_bus_closes);
    tcase_add_test(tcase, outlives_its_function);
    tcase_add_loop_test(tcase, its_handler_drops_all_else, 0, 6); /* waits or not, in each mode */
    suite_add_tcase(suite, tcase);
    return ab_test_run(suite);
}

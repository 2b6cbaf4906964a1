/*
 * Transcripts of peers that mean harm: what they may not do to the program's log, to who else is on the network, or with a
 * field that is not what it should be (PROTOCOL sections 1 and 2).
 */

#include <string.h>

#include "base/error.h"
#include "core/internal.h"
#include "harness.h"
#include "sim/visit.h"

/* ---- The log */

static size_t lines_of_log(const struct sim *sim)
{
    size_t count = 0;

    for (const char *at = sim->network.transcript.text; at && (at = strstr(at, ": log ")); at++)
        count++;
    return count;
}

START_TEST(services_without_end_do_not_fill_the_log)
{
    struct sim *sim = sim_new(1);
    struct sim_bus *c = sim_bus(sim, "c");
    char text[100];

    sim_record(sim, SIM_LOG);
    for (unsigned i = 0; i < 20000; i++) {
        snprintf(text, sizeof text, "{\"command\": \"add\", \"port\": 80, \"service\": \"s%u\", \"info\": {}}", i);
        sim_forge(c->process.host, 0x0a000050, text);
        if (i % 1000 == 999)
            sim_run(sim, SECONDS(1));
    }
    /* A thousand, then one a second, of which each says how many there were. */
    ck_assert_uint_ge(lines_of_log(sim), 1000 + 18);
    ck_assert_uint_le(lines_of_log(sim), 1000 + 2 * 21);
    ck_assert_ptr_nonnull(strstr(sim->network.transcript.text, " lines were left out"));
    sim_free(sim);
}
END_TEST

START_TEST(clients_that_are_cut_off_do_not_fill_the_log_and_each_of_a_few_is_named)
{
    struct visit visit = visit_new(NULL);

    sim_record(visit.sim, SIM_LOG);
    for (unsigned i = 0; i < 3000; i++) {
        struct sim_link *link = sim_dial(visit.p, visit.b);
        sim_run(visit.sim, MS(1));
        visit_bind(&visit, link);
        for (unsigned line = 0; line < 10; line++)
            sim_send(link, "[]");
        sim_run(visit.sim, MS(2));
        if (i == 99)
            ck_assert_uint_eq(sim_count(visit.sim, "is cut off: it sends lines that are no messages"), 100);
    }
    ck_assert_uint_le(lines_of_log(visit.sim), 1000 + 2 * 41);
    ck_assert_uint_eq(ab_engine_counters(visit.b->engine).inbound_cut_off, 3000 + 1); /* and the one that never bound */
    sim_free(visit.sim);
}
END_TEST

/* Binds, and refuses everything else at length. */
static void refuse_at_length(struct sim_link *link, const char *line, size_t size)
{
    static char text[1001];

    (void)line, (void)size;
    for (size_t i = 0; i + 2 < sizeof text; i += 2)
        memcpy(text + i, "\xc3\xa9", 2);
    if (link->lines == 1)
        sim_send(link, "{\"_type\":2,\"_id\":\"1\",\"service\":\"x\"}");
    else
        sim_send_format(link, "{\"_type\":2,\"_id\":\"%u\",\"_error\":{\"text\":\"%s%s\"}}", link->lines,
                        link->lines % 2 ? "x" : "", text);
}

START_TEST(text_of_others_is_one_line_of_whole_characters)
{
    struct sim *sim = sim_new(1);
    struct sim_bus *c = sim_bus(sim, "c");
    struct sim_peer *p = sim_peer(sim, sim_host(sim, "p"), "p");
    struct ab_address at = sim_host_address(p->process.host, 0, 80);

    sim_record(sim, SIM_LOG);
    sim_forge(c->process.host, 0x0a000050,
              "{\"command\": \"add\", \"port\": 80, \"service\": \"a\\n[1] b\\u001b[2J\\u007f\", \"info\": {}}");
    sim_run(sim, MS(10));
    ck_assert_ptr_nonnull(strstr(sim->network.transcript.text, "log 3 found service a [1] b [2J \n"));
    p->line = refuse_at_length;
    sim_peer_listen(p, 80);
    struct sim_remote *remote = sim_connection(c, &at, "x");
    sim_run(sim, SECONDS(1));
    for (unsigned i = 0; i < 2; i++) {
        const char *end;

        sim_record(sim, SIM_LOG);
        sim_listen(remote, i ? "one" : "other");
        sim_run(sim, MS(10));
        end = strrchr(sim->network.transcript.text, '\n');
        ck_assert_uint_gt(end - sim->network.transcript.text, 500);
        ck_assert_mem_eq(end - 2, "\xc3\xa9", 2);
    }
    sim_free(sim);
}
END_TEST

/* ---- The directory */

#define FLOOD_HOSTS 40

/* Each of those hosts announces a service as large as a datagram allows, numbers `first` and on. */
static void announce_large(struct sim *sim, struct sim_bus *c, unsigned first, unsigned count)
{
    static char text[16384];

    for (unsigned i = first; i < first + count; i++) {
        int head = snprintf(text, sizeof text,
                            "{\"command\":\"add\",\"port\":80,\"service\":\"large-%u\",\"info\":{\"x\":\"", i);

        memset(text + head, 'x', sizeof text - 4 - (size_t)head);
        memcpy(text + sizeof text - 4, "\"}}", 4);
        sim_forge(c->process.host, 0x0a000050 + i % FLOOD_HOSTS, text);
        if (i % 100 == 0)
            sim_run(sim, MS(1));
    }
    sim_run(sim, MS(1));
}

static size_t known(struct sim_bus *bus, const char *id)
{
    return ab_directory_find(bus->engine, id) != NULL;
}

START_TEST(what_is_said_of_services_takes_so_much_memory_and_no_more)
{
    struct sim *sim = sim_new(1);
    struct sim_bus *c = sim_bus_new(sim, sim_host(sim, "c"), "c");

    sim_bus_limit(c, "route_bytes", 1048576);
    sim_bus_start(c);
    sim_record(sim, 0);
    sim_forge(c->process.host, 0x0a000040, "{\"command\":\"add\",\"port\":80,\"service\":\"small\",\"info\":{}}");
    announce_large(sim, c, 0, 1000);
    ck_assert_uint_le(c->engine->directory.bytes, 1048576);
    ck_assert_uint_ge(c->engine->directory.routes, 50);
    ck_assert(known(c, "small")); /* whose host has no more than its share */
    /* What is known already and changes is counted too. */
    for (unsigned i = 900; i < 1000; i++) {
        char text[200];

        snprintf(text, sizeof text, "{\"command\":\"add\",\"port\":80,\"service\":\"large-%u\",\"info\":{}}", i);
        sim_forge(c->process.host, 0x0a000050 + i % FLOOD_HOSTS, text);
    }
    sim_run(sim, MS(1));
    ck_assert_uint_le(c->engine->directory.bytes, 100 * 2000);
    announce_large(sim, c, 900, 100);
    ck_assert_uint_le(c->engine->directory.bytes, 1048576);
    ck_assert(known(c, "small"));
    sim_run(sim, SECONDS(300)); /* nobody of them answers */
    ck_assert_uint_eq(c->engine->directory.bytes, 0);
    sim_free(sim);
}
END_TEST

START_TEST(a_flood_does_not_keep_a_service_of_another_host_from_being_found)
{
    struct sim *sim = sim_new(1);
    struct sim_bus *b = sim_bus(sim, "b");
    struct sim_bus *c = sim_bus_new(sim, sim_host(sim, "c"), "c");

    sim_bus_limit(c, "routes", 200);
    sim_bus_limit(c, "route_bytes", 1048576);
    sim_bus_start(c);
    sim_record(sim, 0);
    announce_large(sim, c, 0, 1000);
    struct sim_service *hall = sim_publish(b, "hall", HALL);
    sim_run(sim, MS(10));
    ck_assert(known(c, ab_service_id(hall->service)));
    for (unsigned i = 0; i < 20; i++) {
        announce_large(sim, c, 1000 + i * 100, 100);
        ck_assert(known(c, ab_service_id(hall->service)));
    }
    sim_free(sim);
}
END_TEST

START_TEST(a_datagram_can_send_nobody_to_another_host)
{
    struct sim *sim = sim_new(1);
    struct sim_bus *c = sim_bus(sim, "c");
    struct sim_peer *victim = sim_peer(sim, sim_host(sim, "v"), "v");
    struct sim_peer *source = sim_peer(sim, sim_host(sim, "s"), "s");
    struct ab_address at = sim_host_address(victim->process.host, 0, 80);
    char host[AB_ADDRESS_HOST_TEXT], text[300];

    sim_record(sim, 0);
    sim_peer_listen(victim, 80);
    sim_peer_listen(source, 80);
    ab_address_host_text(&at, host);
    snprintf(
        text, sizeof text,
        "{\"command\":\"add\",\"host\":\"%s\",\"port\":80,\"service\":\"x\",\"address\":\"%s\",\"info\":{\"type\":\"x\","
        "\"host\":\"%s\",\"port\":80,\"service\":\"y\"}}",
        host, host, host);
    sim_peer_broadcast(source, text, AB_LOOPBACK_FIRST);
    sim_run(sim, MS(10));
    sim_proxy(c, "type=x");
    sim_run(sim, SECONDS(120));
    ck_assert_uint_eq(sim_peer_open(victim), 0);
    ck_assert(ab_list_empty(&victim->links));
    ck_assert(!ab_list_empty(&source->links));
    sim_free(sim);
}
END_TEST

/* Those that somebody used and lost: they are asked at once, but not all. */
START_TEST(eight_routes_are_asked_at_once_and_no_more)
{
    struct sim *sim = sim_new(1);
    struct sim_bus *c = sim_bus(sim, "c");
    unsigned most = 0;

    sim_record(sim, 0);
    for (uint32_t host = 0; host < 8; host++) {
        for (unsigned i = 0; i < 50; i++) {
            char text[100];

            snprintf(text, sizeof text, "{\"command\":\"add\",\"port\":80,\"service\":\"s%u\",\"info\":{}}",
                     host * 50 + i);
            sim_forge(c->process.host, 0x0a000050 + host, text);
        }
    }
    sim_run(sim, MS(1));
    for (uint32_t host = 0; host < 8; host++) {
        for (unsigned i = 0; i < 50; i++) {
            struct ab_address at = ab_address_inet(0x0a000050 + host, 80);
            char id[20];

            snprintf(id, sizeof id, "s%u", host * 50 + i);
            ab_time now = sim_bus_enter(c);
            (void)now;
            ab_directory_suspect(c->engine, &at, id);
            sim_bus_leave(c);
        }
    }
    for (unsigned i = 0; i < 100; i++) {
        sim_run(sim, MS(100));
        most = c->open_streams > most ? c->open_streams : most;
    }
    ck_assert_uint_eq(most, 8);
    sim_free(sim);
}
END_TEST

/* A goodbye that somebody else said: who is in use stays, who is not comes back with its next word. */
START_TEST(goodbyes_of_others_end_nothing_for_long)
{
    struct sim *sim = sim_new(1);
    struct sim_bus *b = sim_bus(sim, "b");
    struct sim_bus *c = sim_bus(sim, "c");
    struct sim_service *used = sim_publish(b, "used", "{\"type\": \"used\"}");
    struct sim_service *idle = sim_publish(b, "idle", "{\"type\": \"idle\"}");
    struct sim_remote *remote = sim_proxy(c, "type=used");
    struct ab_address at = sim_host_address(b->process.host, 0, 0);

    sim_run(sim, SECONDS(5));
    sim_record(sim, SIM_BINDINGS);
    sim_on_binding(remote);
    for (unsigned i = 0; i < 500; i++) {
        struct sim_service *services[] = {used, idle};
        char text[200];

        for (unsigned n = 0; n < COUNT(services); n++) {
            snprintf(text, sizeof text, "{\"command\":\"remove\",\"port\":%u,\"service\":\"%s\"}", sim_bus_port(b),
                     ab_service_id(services[n]->service));
            sim_forge(c->process.host, at.host, text);
        }
        sim_run(sim, MS(2));
        ck_assert(known(c, ab_service_id(used->service)));
    }
    ck_assert(!known(c, ab_service_id(idle->service)));
    sim_run(sim, SECONDS(16));
    ck_assert(known(c, ab_service_id(idle->service)));
    ck_assert(sim_bound(remote));
    ck_assert_uint_eq(sim_count(sim, "unbound"), 0);
    sim_free(sim);
}
END_TEST

/* ---- Fields of lines */

static const char *const wrong_values[] = {"null",  "true", "-1", "1.5",          "\"\"",
                                           "\"x\"", "[]",   "{}", "123456789012", "[[\"x\"]]"};

struct field {
    const char *before, *after;
    const char *right; /* of those values, which are not wrong here, between spaces */
};

static bool is_right(const struct field *field, const char *value)
{
    char part[40];

    snprintf(part, sizeof part, " %s ", value);
    return strstr(field->right, part);
}

START_TEST(each_field_of_a_command_with_each_wrong_type)
{
    static const struct field fields[] = {
        {"{\"_type\":1,\"_id\":\"2\",\"_command\":", "}", " \"\" \"x\" "},
        {"{\"_type\":1,\"_id\":\"2\",\"_command\":\"call\",\"args\":[],\"name\":", "}", " \"\" \"x\" "},
        {"{\"_type\":1,\"_id\":\"2\",\"_command\":\"call\",\"name\":\"echo\",\"args\":", "}", " [] [[\"x\"]] "},
        {"{\"_type\":1,\"_id\":\"2\",\"_command\":\"watch\",\"name\":", "}", " \"\" \"x\" "},
        {"{\"_type\":1,\"_id\":\"2\",\"_command\":\"unwatch\",\"name\":", "}", " \"\" \"x\" "},
        {"{\"_type\":1,\"_id\":\"2\",\"_command\":\"listen\",\"name\":", "}", " \"\" \"x\" "},
        {"{\"_type\":1,\"_id\":\"2\",\"_command\":\"unlisten\",\"name\":", "}", " \"\" \"x\" "},
    };
    struct visit visit = visit_bound();

    for (size_t i = 0; i < COUNT(fields); i++) {
        for (size_t v = 0; v < COUNT(wrong_values); v++) {
            if (is_right(&fields[i], wrong_values[v]))
                continue;
            sim_record(visit.sim, SIM_LINES);
            sim_send_format(visit.link, "%s%s%s", fields[i].before, wrong_values[v], fields[i].after);
            sim_run(visit.sim, MS(3));
            ck_assert_msg(sim_count(visit.sim, "b > p: 2= _error=bad_message") == 1, "%s%s", fields[i].before,
                          wrong_values[v]);
        }
    }
    ck_assert_ptr_nonnull(visit.link->socket);
    sim_free(visit.sim);
}
END_TEST

START_TEST(what_comes_before_bind_is_told_where_an_id_can_be_read)
{
    static const struct {
        const char *line, *told; /* NULL: nothing */
    } rows[] = {
        {"{\"_type\":1,\"_id\":\"2\",\"_command\":\"bind\"}", "2= _error=bad_message"},
        {"{\"_type\":1,\"_id\":\"2\",\"_command\":\"bind\",\"service\":5}", "2= _error=bad_message"},
        {"{\"_type\":1,\"_id\":\"2\",\"_command\":\"bind\",\"service\":[]}", "2= _error=bad_message"},
        {"{\"_type\":1,\"_id\":\"2\",\"_command\":\"bind\",\"service\":\"x\"}", "2= _error=no_such_service"},
        {"{\"_type\":1,\"_id\":\"2\",\"_command\":\"bind\",\"service\":\"\xff\"}", "2= _error=bad_message"},
        {"{\"_type\":1,\"_id\":\"2\",\"_command\":\"bind\",\"service\":\"\\ud800\"}", "2= _error=bad_message"},
        {"{\"_type\":1,\"_id\":\"2\",\"_command\":\"bind\",\"x\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
         "2= _error=too_large"},
        {"{\"_type\":1,\"_id\":\"2\",\"_command\":\"dance\"}", "2= _error=not_bound"},
        {"{\"_type\":1,\"_id\":\"2\"}", "2= _error=bad_message"},
        {"{\"_type\":3,\"_command\":\"bind\",\"service\":\"x\"}", NULL},
        {"{\"_type\":3,\"_command\":\"call\",\"name\":\"echo\",\"args\":[]}", NULL},
        {"\xff\xff", NULL},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct visit visit = visit_new(NULL);

        visit_say(&visit, rows[i].line);
        ck_assert_msg(sim_count(visit.sim, "b > p: ") == 1u + (rows[i].told != NULL), "%s", rows[i].line);
        ck_assert_msg(!rows[i].told || sim_count(visit.sim, rows[i].told) == 1, "%s", rows[i].line);
        ck_assert_msg(visit.link->ended, "%s", rows[i].line);
        sim_free(visit.sim);
    }
}
END_TEST

/* ---- A server that means harm */

/* Binds; what it answers to the first other command is the test's, and the rest is as it should be. */
static void answer_falsely(struct sim_link *link, const char *line, size_t size)
{
    const struct field *field = link->peer->context;

    (void)line, (void)size;
    if (link->lines == 1)
        sim_send(link, "{\"_type\":2,\"_id\":\"1\",\"service\":\"x\"}");
    else if (link->lines == 2)
        sim_send(link, field->before);
}

START_TEST(each_field_of_a_response_with_each_wrong_type)
{
    static const struct field fields[] = {
        {"{\"_type\":2,\"_id\":\"2\",\"_error\":", "}", " null "},
        {"{\"_type\":2,\"_id\":\"2\",\"_error\":{\"text\":", "}}", " \"\" \"x\" "},
        {"{\"_type\":2,\"_id\":\"2\",\"exception\":", "}", " null "},
        {"{\"_type\":2,\"_id\":\"2\",\"exception\":{\"text\":", "}}", " \"\" \"x\" "},
    };

    for (size_t i = 0; i < COUNT(fields); i++) {
        for (size_t v = 0; v < COUNT(wrong_values); v++) {
            struct sim *sim = sim_new(1);
            struct sim_bus *c = sim_bus(sim, "c");
            struct sim_peer *p = sim_peer(sim, sim_host(sim, "p"), "p");
            struct ab_address at = sim_host_address(p->process.host, 0, 80);
            char text[200];
            struct field said = {.before = text};

            sim_record(sim, 0);
            snprintf(text, sizeof text, "%s%s%s", fields[i].before, wrong_values[v], fields[i].after);
            p->line = answer_falsely;
            p->context = &said;
            sim_peer_listen(p, 80);
            struct sim_remote *remote = sim_connection(c, &at, "x");
            sim_run(sim, SECONDS(1));
            struct sim_slot *call = sim_call(remote, "f", "[]");
            sim_run(sim, MS(10));
            ck_assert_msg(call->completed, "%s", text);
            ck_assert_msg(is_right(&fields[i], wrong_values[v]) || call->code < 0, "%s", text);
            sim_free(sim);
        }
    }
}
END_TEST

static void say_and_go_on(struct sim_link *link, const char *line, size_t size)
{
    (void)line, (void)size;
    if (link->lines == 1)
        sim_send(link, "{\"_type\":2,\"_id\":\"1\",\"service\":\"x\"}");
    for (unsigned i = 0; link->lines == 2 && i < 5000; i++) {
        sim_send(link, "{\"_type\":3,\"_command\":\"changed\",\"name\":\"no\",\"value\":1}");
        sim_send(link, "{\"_type\":3,\"_command\":\"fired\",\"name\":\"no\",\"args\":[1]}");
        sim_send(link, "{\"_type\":2,\"_id\":\"77\",\"result\":1}");
        sim_send(link, "{\"_type\":3,\"_command\":\"dance\"}");
        sim_send(link, "nonsense");
        sim_send(link, "\xff");
        sim_send(link, "");
    }
    if (link->lines == 2)
        sim_send(link, "{\"_type\":2,\"_id\":\"2\",\"result\":7}");
}

START_TEST(what_a_client_did_not_ask_for_is_ignored)
{
    struct sim *sim = sim_new(1);
    struct sim_bus *c = sim_bus(sim, "c");
    struct sim_peer *p = sim_peer(sim, sim_host(sim, "p"), "p");
    struct ab_address at = sim_host_address(p->process.host, 0, 80);

    p->line = say_and_go_on;
    sim_peer_listen(p, 80);
    struct sim_remote *remote = sim_connection(c, &at, "x");
    sim_run(sim, SECONDS(1));
    sim_record(sim, SIM_LOG);
    struct sim_slot *call = sim_call(remote, "f", "[]");
    sim_run(sim, SECONDS(1));
    ck_assert_int_eq(call->code, 0);
    ck_assert_str_eq(call->value, "7");
    ck_assert(sim_bound(remote));
    ck_assert_uint_eq(lines_of_log(sim), 1); /* of ten thousand that were dropped */
    sim_free(sim);
}
END_TEST

/* Commands of a server are answered, but not for ever to one that does not read the answers. */
static void ask_and_read_nothing(struct sim_link *link, const char *line, size_t size)
{
    (void)line, (void)size;
    if (link->lines > 1)
        return;
    sim_send(link, "{\"_type\":2,\"_id\":\"1\",\"service\":\"x\",\"extensions\":[\"ping\"]}");
    sim_link_listen(link, false);
    for (unsigned i = 0; i < 20000; i++)
        sim_send(link, i % 2 ? "{\"_type\":1,\"_id\":\"p\",\"_command\":\"ping\"}"
                             : "{\"_type\":1,\"_id\":\"d\",\"_command\":\"dance\"}");
}

START_TEST(a_server_that_asks_and_does_not_read_is_left)
{
    struct sim *sim = sim_new(1);
    struct sim_bus *c = sim_bus_new(sim, sim_host(sim, "c"), "c");
    struct sim_peer *p = sim_peer(sim, sim_host(sim, "p"), "p");
    struct ab_address at = sim_host_address(p->process.host, 0, 80);

    sim_bus_limit(c, "output_close", 65536);
    sim_bus_start(c);
    p->line = ask_and_read_nothing;
    sim_peer_listen(p, 80);
    struct sim_remote *remote = sim_connection(c, &at, "x");
    struct sim_slot *end = sim_on_end(remote, true);
    sim_run(sim, SECONDS(5));
    ck_assert_int_eq(end->code, AB_EDISCONNECTED);
    ck_assert_uint_le(ab_engine_counters(c->engine).bytes_waiting_most, 65536 + 200);
    ck_assert_uint_eq(c->open_streams, 0);
    sim_free(sim);
}
END_TEST

static void bind_and_drop(struct sim_link *link, const char *line, size_t size)
{
    (void)line, (void)size;
    sim_send_format(link, "{\"_type\":2,\"_id\":\"1\",\"service\":\"%s\"}", link->peer->name);
    sim_link_close(link);
}

/* They come first by their ids, and let bind, and drop it. */
START_TEST(services_that_drop_their_clients_keep_none_from_another)
{
    struct sim *sim = sim_new(1);
    struct sim_bus *b = sim_bus(sim, "b");
    struct sim_bus *c = sim_bus(sim, "c");
    static const char *const names[] = {"!1", "!2", "!3"};
    unsigned bindings = 0;

    for (size_t i = 0; i < COUNT(names); i++) {
        struct sim_peer *p = sim_peer(sim, sim_host(sim, names[i]), names[i]);
        char text[200];

        p->line = bind_and_drop;
        sim_peer_listen(p, 80);
        snprintf(text, sizeof text, "{\"command\":\"add\",\"port\":80,\"service\":\"%s\",\"info\":{\"type\":\"hall\"}}",
                 names[i]);
        sim_peer_broadcast(p, text, AB_LOOPBACK_FIRST);
    }
    struct sim_service *hall = sim_publish(b, "hall", HALL);
    sim_run(sim, MS(10));
    struct sim_remote *remote = sim_proxy(c, "type=hall");
    struct sim_slot *slot = sim_on_binding(remote);
    sim_function(hall, "echo", sim_echo);
    sim_run(sim, SECONDS(1));
    ck_assert(sim_bound(remote));
    bindings = slot->count;
    ck_assert_uint_le(bindings, 2 * 3 + 1);
    struct sim_slot *call = sim_call(remote, "echo", "[1]");
    sim_run(sim, SECONDS(100));
    ck_assert_int_eq(call->code, 0);
    ck_assert_uint_eq(slot->count, bindings);
    /* Alone, they are tried ever more rarely. */
    sim_bus_kill(b);
    sim_run(sim, SECONDS(200));
    ck_assert_uint_le(slot->count, bindings + 2 * 40);
    sim_free(sim);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("peers that mean harm");
    TCase *directory = tcase_create("the directory");
    TCase *fields = tcase_create("fields");
    TCase *log = tcase_create("the log");

    tcase_add_test(log, services_without_end_do_not_fill_the_log);
    tcase_add_test(log, clients_that_are_cut_off_do_not_fill_the_log_and_each_of_a_few_is_named);
    tcase_add_test(log, text_of_others_is_one_line_of_whole_characters);
    tcase_add_test(directory, what_is_said_of_services_takes_so_much_memory_and_no_more);
    tcase_add_test(directory, a_flood_does_not_keep_a_service_of_another_host_from_being_found);
    tcase_add_test(directory, a_datagram_can_send_nobody_to_another_host);
    tcase_add_test(directory, eight_routes_are_asked_at_once_and_no_more);
    tcase_add_test(directory, goodbyes_of_others_end_nothing_for_long);
    tcase_add_test(fields, each_field_of_a_command_with_each_wrong_type);
    tcase_add_test(fields, what_comes_before_bind_is_told_where_an_id_can_be_read);
    tcase_add_test(fields, each_field_of_a_response_with_each_wrong_type);
    tcase_add_test(fields, what_a_client_did_not_ask_for_is_ignored);
    tcase_add_test(fields, a_server_that_asks_and_does_not_read_is_left);
    tcase_add_test(fields, services_that_drop_their_clients_keep_none_from_another);
    suite_add_tcase(suite, log);
    suite_add_tcase(suite, directory);
    suite_add_tcase(suite, fields);
    return ab_test_run(suite);
}

/* Transcripts of known hosts that are asked over TCP, where no broadcast passes (PROTOCOL section 3). */

#include <string.h>

#include "harness.h"
#include "sim/legacy.h"
#include "sim/peer.h"
#include "sim/sim.h"

#define ATTIC "{\"type\": \"attic\"}"

/* What the name of the known host is looked up to. */
static struct ab_address place;

struct scene {
    struct sim *sim;
    struct sim_host *there; /* on a network of its own, with a and b */
    struct sim_bus *a;      /* has the first port */
    struct sim_bus *b;
    struct sim_service *hall;
    struct sim_service *attic;
    struct sim_bus *c; /* knows it */
    struct sim_slot *seed;
};

static struct sim_host *far_host(struct sim *sim, const char *name)
{
    struct sim_host *host = sim_host(sim, name);

    sim_host_set_interface(host, 0, false);
    sim_host_add_interface(host, 1);
    return host;
}

static struct sim_service *service_of(struct sim_bus *bus, const char *name, const char *info)
{
    struct sim_service *service = sim_service(bus, name, info);

    sim_function(service, "echo", sim_echo);
    ck_assert_int_eq(sim_service_publish_try(service), 0);
    return service;
}

static struct scene scene_without_seed(void)
{
    struct scene scene = {.sim = sim_new(1)};

    scene.sim->network.routed = true;
    scene.there = far_host(scene.sim, "h");
    scene.a = sim_bus_start(sim_bus_new(scene.sim, scene.there, "a"));
    scene.b = sim_bus_start(sim_bus_new(scene.sim, scene.there, "b"));
    scene.hall = service_of(scene.a, "hall", HALL);
    scene.attic = service_of(scene.b, "attic", ATTIC);
    scene.c = sim_bus(scene.sim, "c");
    place = sim_host_address(scene.there, 1, 52722);
    sim_browse(scene.c, NULL, AB_BROWSER_EXISTING);
    sim_run(scene.sim, SECONDS(10));
    ck_assert_uint_eq(sim_count(scene.sim, "+"), 0);
    sim_record(scene.sim, SIM_SERVICES | SIM_ROUTES);
    return scene;
}

static struct scene scene_new(void)
{
    struct scene scene = scene_without_seed();

    scene.seed = sim_seed(scene.c, &place);
    sim_run(scene.sim, MS(100));
    sim_expect(scene.sim, "10.006 c: + hall 10.0.1.1:52722*\n"
                          "10.006 c: + attic 10.0.1.1:52723*\n");
    return scene;
}

/* ---- What it finds */

START_TEST(all_services_of_the_host_are_found_and_can_be_used)
{
    struct scene scene = scene_new();

    sim_record(scene.sim, SIM_RESULTS);
    sim_call(sim_proxy(scene.c, "type=hall"), "echo", "[1]");
    sim_call(sim_proxy(scene.c, "type=attic"), "echo", "[2]");
    sim_run(scene.sim, SECONDS(1));
    ck_assert_uint_eq(sim_count(scene.sim, "c: echo = [1]"), 1);
    ck_assert_uint_eq(sim_count(scene.sim, "c: echo = [2]"), 1);
    sim_free(scene.sim);
}
END_TEST

/* Its name has two addresses, and nobody is at the first. */
static void look_up_both(struct sim_slot *slot, void *context)
{
    struct ab_address both[] = {place, place};
    ab_time now = sim_bus_enter(slot->bus);

    (void)context;
    both[0].port = 80;
    ab_seed_resolved(slot->seed, now, both, 2);
    sim_bus_leave(slot->bus);
}

START_TEST(all_its_addresses_are_tried)
{
    static struct ab_address nowhere; /* at first */
    struct scene scene = scene_without_seed();

    scene.seed = sim_seed(scene.c, &nowhere);
    scene.seed->heard = look_up_both;
    sim_record(scene.sim, SIM_SERVICES | SIM_STREAMS);
    sim_run(scene.sim, SECONDS(10));
    ck_assert_uint_eq(sim_count(scene.sim, "connect 10.0.1.1:80"), 1);
    ck_assert_uint_eq(sim_count(scene.sim, "c: + hall"), 1);
    ck_assert_uint_eq(sim_count(scene.sim, "c: + attic"), 1);
    sim_free(scene.sim);
}
END_TEST

START_TEST(what_comes_changes_and_goes_is_told_at_once)
{
    struct scene scene = scene_new();
    struct sim_service *cellar = service_of(scene.b, "cellar", "{\"type\": \"cellar\"}");

    sim_run(scene.sim, MS(100));
    sim_expect(scene.sim, "10.121 c: + cellar 10.0.1.1:52723*\n");
    sim_set_info(scene.hall, "{\"type\": \"hall\", \"room\": 2}");
    sim_run(scene.sim, MS(100));
    sim_expect(scene.sim, "10.221 c: ~ hall 10.0.1.1:52722*\n");
    sim_service_end(cellar);
    sim_run(scene.sim, MS(100));
    sim_expect(scene.sim, "10.321 c: - cellar 10.0.1.1:52723*\n");
    sim_run(scene.sim, SECONDS(3600));
    sim_expect(scene.sim, "");
    sim_cancel(scene.seed);
    sim_expect(scene.sim, "3610.400 c: - hall 10.0.1.1:52722*\n"
                          "3610.400 c: - attic 10.0.1.1:52723*\n");
    sim_free(scene.sim);
}
END_TEST

START_TEST(a_service_that_is_heard_too_is_one)
{
    struct scene scene = scene_new();

    sim_host_add_interface(scene.c->process.host, 1);
    sim_run(scene.sim, SECONDS(20));
    sim_expect(scene.sim, "10-30 c: ~ hall 10.0.1.1:52722*\n"
                          "10-30 c: ~ attic 10.0.1.1:52723*\n");
    sim_cancel(scene.seed);
    sim_run(scene.sim, SECONDS(60));
    sim_expect(scene.sim, "30.100 c: ~ hall 10.0.1.1:52722*\n"
                          "30.100 c: ~ attic 10.0.1.1:52723*\n");
    sim_free(scene.sim);
}
END_TEST

/* Whose word came first, that of the known host, is who may change the info. */
START_TEST(what_changes_of_a_service_that_is_heard_too_is_told)
{
    struct scene scene = scene_new();

    sim_host_add_interface(scene.c->process.host, 1);
    sim_run(scene.sim, SECONDS(20));
    sim_record(scene.sim, SIM_SERVICES);
    sim_browse(scene.c, "room=2", AB_BROWSER_EXISTING);
    sim_set_info(scene.hall, "{\"type\": \"hall\", \"room\": 2}");
    sim_run(scene.sim, SECONDS(1));
    ck_assert_uint_eq(sim_count(scene.sim, "c: + hall"), 1);
    sim_free(scene.sim);
}
END_TEST

/* What another bus there announces on one network alone is of this host as long as the host has an address in it. */
START_TEST(what_was_at_an_address_that_is_gone_is_withdrawn)
{
    struct scene scene = scene_without_seed();
    unsigned third = sim_host_add_interface(scene.there, 2);

    sim_access(scene.attic, "10.0.2.0/24");
    sim_run(scene.sim, SECONDS(60));
    sim_seed(scene.c, &place);
    sim_run(scene.sim, MS(100));
    ck_assert_uint_eq(sim_count(scene.sim, "c: + hall"), 1);
    ck_assert_uint_eq(sim_count(scene.sim, "c: + attic"), 1);
    sim_record(scene.sim, SIM_SERVICES | SIM_ROUTES);
    sim_host_set_interface(scene.there, third, false);
    sim_run(scene.sim, MS(100));
    sim_expect(scene.sim, "70.121 c: - attic 10.0.1.1:52723*\n");
    sim_host_set_interface(scene.there, third, true);
    sim_run(scene.sim, MS(100));
    sim_expect(scene.sim, "70.221 c: + attic 10.0.1.1:52723*\n");
    sim_free(scene.sim);
}
END_TEST

/* ---- Ends and beginnings */

START_TEST(another_bus_takes_over_when_the_first_is_killed)
{
    struct scene scene = scene_new();
    struct sim_service *cellar;

    sim_bus_kill(scene.a);
    sim_run(scene.sim, MS(100));
    sim_expect(scene.sim, "10.103 c: - hall 10.0.1.1:52722*\n");
    cellar = service_of(scene.b, "cellar", "{\"type\": \"cellar\"}");
    sim_run(scene.sim, SECONDS(35));
    sim_expect(scene.sim, "10-45 c: + cellar 10.0.1.1:52723*\n");
    sim_run(scene.sim, SECONDS(600));
    sim_expect(scene.sim, "");
    sim_service_end(cellar);
    sim_run(scene.sim, MS(100));
    ck_assert_uint_eq(sim_count(scene.sim, "- cellar"), 1);
    sim_free(scene.sim);
}
END_TEST

START_TEST(another_bus_takes_over_when_the_first_says_goodbye)
{
    struct scene scene = scene_new();

    sim_bus_close(scene.a);
    ck_assert_uint_eq(sim_count(scene.sim, "- hall"), 1);
    service_of(scene.b, "cellar", "{\"type\": \"cellar\"}");
    sim_run(scene.sim, SECONDS(2));
    ck_assert_uint_eq(sim_count(scene.sim, "+ cellar"), 1);
    ck_assert_uint_eq(sim_count(scene.sim, "- attic"), 0);
    sim_free(scene.sim);
}
END_TEST

START_TEST(a_host_that_is_away_is_tried_for_ever)
{
    struct scene scene = scene_without_seed();

    sim_bus_kill(scene.b);
    sim_crash(scene.sim, scene.there);
    scene.seed = sim_seed(scene.c, &place);
    sim_run(scene.sim, SECONDS(7200));
    /* A host without power answers nothing: each try takes 10 s, and then up to 20 s are waited. */
    ck_assert_uint_ge(scene.seed->count, 7200 / 30);
    ck_assert_uint_le(scene.seed->count, 7200 / 25 + 10);
    sim_host_boot(scene.there);
    scene.a = sim_bus_start(sim_bus_new(scene.sim, scene.there, "a2"));
    service_of(scene.a, "hall2", HALL);
    sim_run(scene.sim, SECONDS(31));
    ck_assert_uint_eq(sim_count(scene.sim, "+ hall2"), 1);
    sim_free(scene.sim);
}
END_TEST

START_TEST(a_name_is_looked_up_each_time)
{
    struct scene scene = scene_new();
    struct sim_host *elsewhere = far_host(scene.sim, "e");
    struct sim_bus *d = sim_bus_start(sim_bus_new(scene.sim, elsewhere, "d"));

    service_of(d, "porch", "{\"type\": \"porch\"}");
    place = (struct ab_address){0};
    sim_crash(scene.sim, scene.there);
    sim_run(scene.sim, SECONDS(120));
    ck_assert_uint_eq(sim_count(scene.sim, "- hall"), 1);
    ck_assert_uint_eq(sim_count(scene.sim, "- attic"), 1);
    place = sim_host_address(elsewhere, 1, 52722);
    sim_run(scene.sim, SECONDS(21));
    ck_assert_uint_eq(sim_count(scene.sim, "+ porch"), 1);
    sim_free(scene.sim);
}
END_TEST

START_TEST(a_machine_that_wakes_asks_again)
{
    struct scene scene = scene_new();

    sim_host_sleep(scene.c->process.host);
    sim_run(scene.sim, SECONDS(3000));
    sim_host_wake(scene.c->process.host);
    sim_run(scene.sim, SECONDS(30));
    service_of(scene.b, "cellar", "{\"type\": \"cellar\"}");
    sim_run(scene.sim, SECONDS(1));
    ck_assert_uint_eq(sim_count(scene.sim, "+ cellar"), 1);
    ck_assert_uint_eq(sim_count(scene.sim, "- "), 0);
    sim_free(scene.sim);
}
END_TEST

/* ---- Settling */

START_TEST(discovery_waits_for_the_first_answer_of_each)
{
    struct scene scene = scene_without_seed();
    struct sim_bus *d = sim_bus(scene.sim, "d");
    struct ab_address nobody = sim_host_address(scene.there, 1, 1);

    sim_seed(d, &place);
    sim_seed(d, &nobody);
    sim_browse(d, NULL, 0);
    sim_run(scene.sim, SECONDS(3));
    sim_expect(scene.sim, "10.006 d: + hall 10.0.1.1:52722*\n"
                          "10.006 d: + attic 10.0.1.1:52723*\n"
                          "10.550 d: settled\n");
    sim_free(scene.sim);
}
END_TEST

START_TEST(discovery_waits_no_longer_than_two_seconds)
{
    struct scene scene = scene_without_seed();
    struct sim_bus *d = sim_bus(scene.sim, "d");

    sim_bus_kill(scene.b);
    sim_crash(scene.sim, scene.there);
    sim_seed(d, &place);
    sim_browse(d, NULL, 0);
    sim_run(scene.sim, SECONDS(3));
    sim_expect(scene.sim, "12.000 d: settled\n");
    sim_free(scene.sim);
}
END_TEST

/* ---- Others */

START_TEST(the_existing_implementation_cannot_be_asked_and_that_is_said)
{
    struct sim *sim = sim_new(1);
    struct sim_host *host = far_host(sim, "l");
    struct legacy *legacy = legacy_new(sim, host, "l");
    struct sim_bus *c = sim_bus(sim, "c");
    struct ab_address at = sim_host_address(host, 1, 35993);

    sim->network.routed = true;
    legacy_publish(legacy, LEGACY_ID, HALL, 35993);
    sim_run(sim, SECONDS(1));
    sim_record(sim, SIM_LOG | SIM_SERVICES);
    struct sim_slot *seed = sim_seed(c, &at);
    sim_run(sim, MS(100));
    sim_expect(sim,
               "1.004 c: log 2 seed seed: the peer does not bind to null: a service of it must be named by its id\n");
    sim_run(sim, SECONDS(600));
    ck_assert_uint_le(seed->count, 50);
    ck_assert_uint_eq(sim_count(sim, "+"), 0);
    sim_free(sim);
}
END_TEST

#define BOUND "{\"_type\":2,\"_id\":\"1\",\"service\":\"x\",\"extensions\":[\"exists\"]}"

/* A bus of somebody's own making, at the place that c knows. */
struct other {
    struct sim *sim;
    struct sim_host *host;
    struct sim_peer *peer;
    struct sim_bus *c;
    struct sim_slot *seed;
    struct sim_link *link;
};

static struct other other_new(void)
{
    struct other other = {.sim = sim_new(1)};

    other.sim->network.routed = true;
    other.host = far_host(other.sim, "p");
    other.peer = sim_peer(other.sim, other.host, "p");
    other.c = sim_bus_new(other.sim, sim_host(other.sim, "c"), "c");
    sim_bus_limit(other.c, "routes_per_host", 5);
    sim_bus_start(other.c);
    place = sim_host_address(other.host, 1, 700);
    sim_peer_listen(other.peer, 700);
    sim_browse(other.c, NULL, 0);
    sim_run(other.sim, SECONDS(1));
    sim_record(other.sim, SIM_SERVICES | SIM_ROUTES);
    other.seed = sim_seed(other.c, &place);
    sim_run(other.sim, MS(10));
    other.link = sim_peer_link(other.peer, 0);
    sim_send(other.link, BOUND);
    sim_run(other.sim, MS(10));
    return other;
}

START_TEST(who_has_no_directory_is_asked_for_its_own_services)
{
    struct other other = other_new();

    sim_transcript_alias(&other.sim->network.transcript, "s1", "s1");
    sim_send(other.link, "{\"_type\":2,\"_id\":\"2\",\"name\":\"directory\"}");
    sim_run(other.sim, MS(10));
    ck_assert_ptr_nonnull(strstr(other.link->last, "\"details\""));
    sim_send(other.link, "{\"_type\":2,\"_id\":\"3\",\"name\":\"details\",\"value\":"
                         "{\"s1\":{\"info\":{},\"functions\":{}}}}");
    sim_run(other.sim, MS(10));
    sim_expect(other.sim, "1.031 c: + s1 10.0.1.1:700*\n");
    sim_send(other.link, "{\"_type\":3,\"_command\":\"changed\",\"name\":\"details\",\"value\":{}}");
    sim_run(other.sim, MS(10));
    sim_expect(other.sim, "1.041 c: - s1 10.0.1.1:700*\n");
    sim_free(other.sim);
}
END_TEST

/* Other implementations send `changed` as a command (PROTOCOL section 2). */
START_TEST(what_is_sent_as_a_command_is_answered_and_counts)
{
    struct other other = other_new();

    sim_transcript_alias(&other.sim->network.transcript, "s1", "s1");
    sim_send(other.link, "{\"_type\":2,\"_id\":\"2\",\"name\":\"directory\",\"value\":{}}");
    sim_send(other.link, "{\"_type\":1,\"_id\":9,\"_command\":\"changed\",\"name\":\"directory\",\"value\":"
                         "{\"s1\":{\"info\":{},\"port\":7}}}");
    sim_run(other.sim, MS(10));
    ck_assert_uint_eq(sim_count(other.sim, "c: + s1"), 1);
    ck_assert_ptr_nonnull(strstr(other.link->last, "{\"_type\":2,\"_id\":9}"));
    sim_free(other.sim);
}
END_TEST

START_TEST(what_is_no_place_is_left_out)
{
    struct other other = other_new();
    char many[4000] = "{\"_type\":3,\"_command\":\"changed\",\"name\":\"directory\",\"value\":{";
    size_t size = strlen(many);

    sim_send(other.link, "{\"_type\":2,\"_id\":\"2\",\"name\":\"directory\",\"value\":{"
                         "\"\":{\"info\":{},\"port\":1},\"s1\":5,\"s2\":{\"port\":5},\"s3\":{\"info\":[],\"port\":5},"
                         "\"s4\":{\"info\":{},\"port\":0},\"s5\":{\"info\":{},\"port\":65536},"
                         "\"s6\":{\"info\":{},\"port\":\"7\"},\"s7\":{\"info\":{\"host\":\"1.2.3.4\"},\"port\":7}}}");
    sim_run(other.sim, MS(10));
    sim_expect(other.sim, "1.021 c: + s7 10.0.1.1:7*\n");
    sim_send(other.link, "{\"_type\":3,\"_command\":\"changed\",\"name\":\"other\",\"value\":{}}");
    sim_send(other.link, "{\"_type\":3,\"_command\":\"changed\",\"name\":\"directory\",\"value\":null}");
    sim_send(other.link, "{\"_type\":1,\"_id\":4,\"_command\":\"dance\"}");
    sim_send(other.link, "{\"_type\":2,\"_id\":\"77\",\"value\":{}}");
    sim_run(other.sim, MS(10));
    sim_expect(other.sim, "");
    /* No more than a host may have. */
    for (unsigned i = 0; i < 30; i++)
        size +=
            (size_t)snprintf(many + size, sizeof many - size, "%s\"m%u\":{\"info\":{},\"port\":9}", i ? "," : "", i);
    snprintf(many + size, sizeof many - size, "}}");
    sim_record(other.sim, SIM_SERVICES);
    struct sim_slot *all = sim_browse(other.c, NULL, AB_BROWSER_EXISTING);
    sim_send(other.link, many);
    sim_run(other.sim, MS(100));
    ck_assert_uint_le(other.c->engine ? sim_count(other.sim, "+") - sim_count(other.sim, "-") : 0, 10);
    sim_cancel(all);
    sim_free(other.sim);
}
END_TEST

START_TEST(a_refusal_to_be_watched_is_survived)
{
    struct other other = other_new();

    sim_record(other.sim, SIM_LOG | SIM_SERVICES);
    sim_send(other.link, "{\"_type\":2,\"_id\":\"2\",\"_error\":{\"type\":\"too_large\",\"text\":\"too much\"}}");
    sim_run(other.sim, MS(10));
    ck_assert_uint_eq(sim_count(other.sim, "seed seed: too much"), 1);
    ck_assert_ptr_nonnull(strstr(other.link->last, "\"details\""));
    sim_send(other.link, "{\"_type\":2,\"_id\":\"3\",\"_error\":{\"type\":\"denied\",\"text\":\"no\"}}");
    sim_run(other.sim, SECONDS(10));
    sim_link_reset(other.link);
    sim_run(other.sim, SECONDS(1));
    ck_assert_uint_ge(sim_peer_open(other.peer), 1);
    sim_free(other.sim);
}
END_TEST

START_TEST(two_that_know_each_other_keep_nothing_alive)
{
    struct sim *sim = sim_new(1);
    struct sim_host *host = sim_host(sim, "h");
    struct sim_bus *buses[3];
    struct ab_address first = ab_address_inet(0x7f000001, 52722);
    struct ab_address second = ab_address_inet(0x7f000001, 52723);
    static const char *const names[] = {"a", "b", "c"};

    for (unsigned i = 0; i < 3; i++) {
        buses[i] = sim_bus_start(sim_bus_new(sim, host, names[i]));
        service_of(buses[i], names[i], HALL);
    }
    sim_seed(buses[0], &second);
    sim_seed(buses[1], &first);
    struct sim_slot *browse = sim_browse(buses[0], NULL, AB_BROWSER_EXISTING);
    sim_run(sim, SECONDS(30));
    sim_record(sim, SIM_SERVICES);
    sim_bus_kill(buses[2]);
    sim_run(sim, SECONDS(60));
    ck_assert_uint_eq(sim_count(sim, "- c"), 1);
    sim_run(sim, SECONDS(600));
    ck_assert_uint_eq(sim_count(sim, "+"), 0);
    sim_cancel(browse);
    sim_free(sim);
}
END_TEST

START_TEST(there_may_be_so_many)
{
    struct sim *sim = sim_new(1);
    struct sim_bus *c = sim_bus_new(sim, sim_host(sim, "c"), "c");
    struct ab_address at = ab_address_inet(0x0a000909, 1);
    struct ab_seed *seed = NULL;

    sim_bus_limit(c, "seed_hosts", 2);
    sim_bus_start(c);
    struct sim_slot *one = sim_seed(c, &at);
    sim_seed(c, &at);
    ck_assert_int_eq(ab_seed_new(c->engine, sim_bus_enter(c), "x", NULL, &seed), AB_ETOOLARGE);
    sim_bus_leave(c);
    sim_cancel(one);
    sim_seed(c, &at);
    sim_run(sim, SECONDS(60));
    sim_free(sim);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("seeds");
    TCase *finds = tcase_create("finds");
    TCase *lasts = tcase_create("lasts");
    TCase *others = tcase_create("others");

    tcase_add_test(finds, all_services_of_the_host_are_found_and_can_be_used);
    tcase_add_test(finds, all_its_addresses_are_tried);
    tcase_add_test(finds, what_comes_changes_and_goes_is_told_at_once);
    tcase_add_test(finds, a_service_that_is_heard_too_is_one);
    tcase_add_test(finds, what_changes_of_a_service_that_is_heard_too_is_told);
    tcase_add_test(finds, what_was_at_an_address_that_is_gone_is_withdrawn);
    tcase_add_test(finds, discovery_waits_for_the_first_answer_of_each);
    tcase_add_test(finds, discovery_waits_no_longer_than_two_seconds);
    tcase_add_test(lasts, another_bus_takes_over_when_the_first_is_killed);
    tcase_add_test(lasts, another_bus_takes_over_when_the_first_says_goodbye);
    tcase_add_test(lasts, a_host_that_is_away_is_tried_for_ever);
    tcase_add_test(lasts, a_name_is_looked_up_each_time);
    tcase_add_test(lasts, a_machine_that_wakes_asks_again);
    tcase_add_test(others, the_existing_implementation_cannot_be_asked_and_that_is_said);
    tcase_add_test(others, who_has_no_directory_is_asked_for_its_own_services);
    tcase_add_test(others, what_is_sent_as_a_command_is_answered_and_counts);
    tcase_add_test(others, what_is_no_place_is_left_out);
    tcase_add_test(others, a_refusal_to_be_watched_is_survived);
    tcase_add_test(others, two_that_know_each_other_keep_nothing_alive);
    tcase_add_test(others, there_may_be_so_many);
    suite_add_tcase(suite, finds);
    suite_add_tcase(suite, lasts);
    suite_add_tcase(suite, others);
    return ab_test_run(suite);
}

/* Transcripts of discoverers and publishers: who reports what, and buses that use no datagrams. */

#include <string.h>

#include "harness.h"
#include "sim/legacy.h"
#include "sim/sim.h"

#define ROUTES (SIM_SERVICES | SIM_ROUTES | SIM_REPORTS)

static const struct ab_address nowhere = {AB_ADDRESS_INET, 0x0a000063, 80}; /* 10.0.0.99 */
static const struct ab_address elsewhere = {AB_ADDRESS_INET, 0x0a000064, 80};

/* The place of a bus as others see it. */
static struct ab_address place_of(struct sim_bus *bus)
{
    return sim_host_address(bus->process.host, 0, sim_bus_port(bus));
}

static struct sim_bus *bus_without(struct sim *sim, const char *name)
{
    struct sim_bus *bus = sim_bus_new(sim, sim_host(sim, name), name);

    bus->broadcast = 0;
    return sim_bus_start(bus);
}

/* ---- Who reports what */

START_TEST(what_two_report_is_one_service)
{
    struct sim *sim = sim_new(1);
    struct sim_bus *c = sim_bus(sim, "c");
    struct sim_discoverer *one = sim_discoverer(c, "one");
    struct sim_discoverer *two = sim_discoverer(c, "two");

    sim_run(sim, ASKED);
    sim_record(sim, ROUTES);
    sim_browse(c, "hall", 0);
    ck_assert_int_eq(sim_discover(one, &nowhere, "x", HALL), 0);
    ck_assert_int_eq(sim_discover(two, &nowhere, "x", HALL), 0);
    ck_assert_int_eq(sim_discover(two, &nowhere, "x", HALL), 0);
    ck_assert_int_eq(sim_discover(two, &elsewhere, "x", HALL), 0);
    ck_assert_int_eq(sim_undiscover(one, &elsewhere, "x"), AB_ENOENT);
    ck_assert_int_eq(sim_undiscover(one, &nowhere, "x"), 0);
    ck_assert_int_eq(sim_undiscover(one, &nowhere, "x"), AB_ENOENT);
    sim_discoverer_end(two);
    ck_assert_int_eq(sim_discover(two, &nowhere, "x", HALL), AB_ECLOSED);
    sim_expect(sim, "20.000 c: settled\n"
                    "20.000 c: + x 10.0.0.99:80*(one)\n"
                    "20.000 c: ~ x 10.0.0.99:80*(one two)\n"
                    "20.000 c: ~ x 10.0.0.99:80*(one two) 10.0.0.100:80(two)\n"
                    "20.000 c: ~ x 10.0.0.99:80*(two) 10.0.0.100:80(two)\n"
                    "20.000 c: ~ x 10.0.0.100:80*(two)\n"
                    "20.000 c: - x 10.0.0.100:80*(two)\n");
    sim_free(sim);
}
END_TEST

START_TEST(a_discoverer_that_goes_takes_what_it_alone_reported)
{
    struct sim *sim = sim_new(1);
    struct sim_bus *b = sim_bus(sim, "b");
    struct sim_bus *c = sim_bus(sim, "c");

    const char *id = ab_service_id(sim_publish(b, "hall", HALL)->service);
    struct sim_discoverer *mine = sim_discoverer(c, "mine");
    struct ab_address at = place_of(b);
    sim_run(sim, ASKED);
    sim_record(sim, ROUTES);
    sim_browse(c, "type=hall", AB_BROWSER_EXISTING);
    sim_browse(c, "type=hall", AB_BROWSER_EXISTING | AB_BROWSER_ROUTES);
    ck_assert_int_eq(sim_discover(mine, &at, id, "{\"type\": \"hall\", \"hostname\": \"b\"}"), 0);
    ck_assert_int_eq(sim_discover(mine, &nowhere, "x", HALL), 0);
    sim_set_broadcast(c, AB_BROADCAST_PUBLISH);
    sim_run(sim, SECONDS(60)); /* no word of b's is heard, and nobody's silence is minded */
    sim_set_broadcast(c, AB_BROADCAST_BOTH);
    sim_run(sim, SECONDS(1));
    sim_discoverer_end(mine);
    sim_expect(sim, "20.000 c: + hall 10.0.0.1:52722*(broadcast)\n"
                    "20.000 c: cached\n"
                    "20.000 c: settled\n"
                    "20.000 c: + hall 10.0.0.1:52722*(broadcast)\n"
                    "20.000 c: cached\n"
                    "20.000 c: settled\n"
                    "20.000 c: ~ hall 10.0.0.1:52722*(broadcast mine)\n"
                    "20.000 c: ~ hall 10.0.0.1:52722*(broadcast mine)\n"
                    "20.000 c: + x 10.0.0.99:80*(mine)\n"
                    "20.000 c: + x 10.0.0.99:80*(mine)\n"
                    "20.000 c: ~ hall 10.0.0.1:52722*(mine)\n"
                    "20.000 c: ~ hall 10.0.0.1:52722*(mine)\n"
                    "80.002 c: ~ hall 10.0.0.1:52722*(mine broadcast)\n"
                    "80.002 c: ~ hall 10.0.0.1:52722*(mine broadcast)\n"
                    "81.000 c: ~ hall 10.0.0.1:52722*(broadcast)\n"
                    "81.000 c: ~ hall 10.0.0.1:52722*(broadcast)\n"
                    "81.000 c: - x 10.0.0.99:80*(mine)\n"
                    "81.000 c: - x 10.0.0.99:80*(mine)\n");
    sim_free(sim);
}
END_TEST

START_TEST(the_info_is_that_of_who_reported_it_first)
{
    struct sim *sim = sim_new(1);
    struct sim_bus *c = sim_bus(sim, "c");
    struct sim_discoverer *one = sim_discoverer(c, "one");
    struct sim_discoverer *two = sim_discoverer(c, "two");
    struct sim_slot *slot = sim_browse(c, NULL, 0);

    sim_run(sim, SECONDS(1));
    ck_assert_int_eq(sim_discover(one, &nowhere, "x", "{\"room\": 1}"), 0);
    ck_assert_int_eq(sim_discover(two, &nowhere, "x", "{\"room\": 2}"), 0);
    ck_assert_ptr_nonnull(strstr(slot->value, "\"room\":1"));
    ck_assert_int_eq(sim_discover(two, &elsewhere, "x", "{\"room\": 2}"), AB_EEXIST);
    ck_assert_int_eq(sim_discover(one, &nowhere, "x", "{\"room\": 3}"), 0);
    ck_assert_ptr_nonnull(strstr(slot->value, "\"room\":3"));
    /* Once the first does not report it there any more, the next may. */
    ck_assert_int_eq(sim_undiscover(one, &nowhere, "x"), 0);
    ck_assert_int_eq(sim_discover(two, &nowhere, "x", "{\"room\": 2}"), 0);
    ck_assert_ptr_nonnull(strstr(slot->value, "\"room\":2"));
    sim_free(sim);
}
END_TEST

/* ---- What is no hearsay */

static void forge(struct sim_bus *bus, const char *command, unsigned port, const char *service)
{
    char text[200];

    snprintf(text, sizeof text, "{\"command\": \"%s\", \"port\": %u, \"service\": \"%s\", \"info\": {}}", command, port,
             service);
    sim_forge(bus->process.host, nowhere.host, text);
}

START_TEST(what_a_program_reports_does_not_expire)
{
    struct sim *sim = sim_new(1);
    struct sim_bus *c = sim_bus_new(sim, sim_host(sim, "c"), "c");

    sim_bus_limit(c, "routes_per_host", 2);
    sim_bus_start(c);
    struct sim_discoverer *mine = sim_discoverer(c, "mine");
    sim_record(sim, ROUTES | SIM_STREAMS);
    sim_browse(c, NULL, 0);
    ck_assert_int_eq(sim_discover(mine, &nowhere, "x", "{}"), 0);
    sim_run(sim, SECONDS(1));
    /* A flood of datagrams finds no place of its, and a goodbye takes back what datagrams said. */
    forge(c, "add", 80, "x");
    forge(c, "add", 81, "y");
    forge(c, "add", 82, "z");
    forge(c, "remove", 80, "x");
    forge(c, "remove", 82, "z");
    sim_run(sim, SECONDS(1));
    ck_assert_int_eq(sim_discover(mine, &nowhere, "v", "{}"), 0);
    ck_assert_int_eq(sim_discover(mine, &nowhere, "w", "{}"), AB_ETOOLARGE);
    sim_run(sim, SECONDS(120));
    sim_expect(sim, "0.000 c: + x 10.0.0.99:80*(mine)\n"
                    "0.550 c: settled\n"
                    "1.000 c: ~ x 10.0.0.99:80*(mine broadcast)\n"
                    "1.000 c: + y 10.0.0.99:81*(broadcast)\n"
                    "1.000 c: - y 10.0.0.99:81*(broadcast)\n"
                    "1.000 c: + z 10.0.0.99:82*(broadcast)\n"
                    "1.000 c: ~ x 10.0.0.99:80*(mine)\n"
                    "1.000 c: - z 10.0.0.99:82*(broadcast)\n"
                    "2.000 c: + v 10.0.0.99:80*(mine)\n");
    sim_free(sim);
}
END_TEST

START_TEST(a_route_that_fails_is_the_last_to_try)
{
    struct sim *sim = sim_new(1);
    struct sim_host *host = sim_host(sim, "b");
    struct sim_bus *b = sim_bus_start(sim_bus_new(sim, host, "b"));
    struct sim_bus *c = bus_without(sim, "c");
    const char *id = ab_service_id(sim_publish(b, "hall", HALL)->service);
    struct ab_address wrong = sim_host_address(host, 0, 80);
    struct ab_address right = place_of(b);

    struct sim_discoverer *mine = sim_discoverer(c, "mine");
    sim_run(sim, SECONDS(1));
    sim_record(sim, ROUTES | SIM_BINDINGS | SIM_STREAMS);
    sim_browse(c, NULL, 0);
    sim_discover(mine, &wrong, id, "{}");
    sim_discover(mine, &right, id, "{}");
    struct sim_remote *remote = sim_proxy(c, id);
    sim_on_binding(remote);
    sim_run(sim, SECONDS(90));
    sim_expect(sim, "1.000 c: settled\n"
                    "1.000 c: + hall 10.0.0.1:80*(mine)\n"
                    "1.000 c: ~ hall 10.0.0.1:80*(mine) 10.0.0.1:52722(mine)\n"
                    "1.000 c > 10.0.0.1:80: connect 10.0.0.1:80\n"
                    "1.002 c < 10.0.0.1:80: ENETWORK\n"
                    "1.002 c > 10.0.0.1:80: connect 10.0.0.1:80\n"
                    "1.002 c > b: connect 10.0.0.1:52722\n"
                    "1.004 c < 10.0.0.1:80: ENETWORK\n"
                    "1.004 c: ~ hall 10.0.0.1:52722*(mine) 10.0.0.1:80(mine)\n"
                    "1.005 b < c: accept\n"
                    "1.006 c: bound hall\n");
    sim_free(sim);
}
END_TEST

START_TEST(a_connection_belongs_to_the_route_that_is_known_later)
{
    struct sim *sim = sim_new(1);
    struct sim_bus *b = sim_bus(sim, "b");
    struct sim_bus *c = sim_bus_new(sim, sim_host(sim, "c"), "c");
    struct sim_service *hall = sim_publish(b, "hall", HALL);
    const char *id = ab_service_id(hall->service);
    struct ab_address at = place_of(b);
    char text[200];

    c->broadcast = 0;
    sim_bus_start(c);
    struct sim_remote *remote = sim_connection(c, &at, id);
    sim_run(sim, SECONDS(1));
    ck_assert(sim_bound(remote));
    sim_record(sim, ROUTES | SIM_STREAMS);
    sim_browse(c, "type=hall", 0);
    sim_set_broadcast(c, AB_BROADCAST_DISCOVER);
    sim_run(sim, SECONDS(1));
    /* So a goodbye is not believed while it stands, and the route is proved. */
    snprintf(text, sizeof text, "{\"command\": \"remove\", \"port\": %u, \"service\": \"%s\"}", at.port, id);
    sim_forge(c->process.host, at.host, text);
    sim_run(sim, SECONDS(1));
    sim_expect(sim, "1.000 c: settled\n"
                    "1.001 c: + hall 10.0.0.1:52722*(broadcast)\n"
                    "2.000 c > b: connect 10.0.0.1:52722\n"
                    "2.003 b < c: accept\n"
                    "2.004 c > b: flush and close\n"
                    "2.005 b < c: end of input\n"
                    "2.005 b > c: flush and close\n");
    sim_free(sim);
}
END_TEST

START_TEST(a_report_outlives_what_broadcast_loses_and_a_restart)
{
    struct sim *sim = sim_new(1);
    struct sim_host *host = sim_host(sim, "b");
    struct sim_bus *b = sim_bus_start(sim_bus_new(sim, host, "b"));
    struct sim_bus *c = sim_bus(sim, "c");
    char id[256];

    sim->network.loss = 500;
    sim->network.duplication = 200;
    snprintf(id, sizeof id, "%s", ab_service_id(sim_publish(b, "hall", HALL)->service));
    struct ab_address at = place_of(b);
    struct sim_discoverer *mine = sim_discoverer(c, "mine");
    sim_run(sim, ASKED);
    ck_assert_int_eq(sim_discover(mine, &at, id, "{\"type\": \"hall\", \"hostname\": \"b\"}"), 0);
    struct sim_remote *remote = sim_proxy(c, "type=hall");
    sim_on_binding(remote);
    sim_record(sim, ROUTES | SIM_BINDINGS);
    sim_browse(c, "type=hall", AB_BROWSER_EXISTING);
    sim_run(sim, SECONDS(200));
    sim_bus_kill(b);
    b = sim_bus_new(sim, host, "b2");
    b->first_port = 52800;
    sim_bus_start(b);
    sim_publish(b, "hall2", HALL);
    sim_run(sim, SECONDS(100));
    sim_expect(sim, "20.000 c: + hall 10.0.0.1:52722*(broadcast mine)\n"
                    "20.000 c: cached\n"
                    "20.000 c: settled\n"
                    "20.004 c: bound hall\n"
                    "220.001 c: unbound hall EDISCONNECTED\n"
                    "220.001 c: + hall2 10.0.0.1:52800*(broadcast)\n"
                    "220.003 c: ~ hall 10.0.0.1:52722*(mine)\n"
                    "220.005 c: bound hall2\n");
    sim_free(sim);
}
END_TEST

START_TEST(a_bus_of_the_existing_implementation_is_reported_too)
{
    struct sim *sim = sim_new(1);
    struct sim_host *host = sim_host(sim, "l");
    struct legacy *legacy = legacy_new(sim, host, "l");
    struct sim_bus *c = sim_bus(sim, "c");
    struct ab_address at = sim_host_address(host, 0, 35993);

    legacy_publish(legacy, LEGACY_ID, "{\"type\": \"examples.hello\"}", 35993);
    struct sim_discoverer *mine = sim_discoverer(c, "mine");
    sim_run(sim, SECONDS(1));
    sim_record(sim, ROUTES | SIM_RESULTS);
    sim_browse(c, "examples.hello", AB_BROWSER_EXISTING);
    ck_assert_int_eq(sim_discover(mine, &at, LEGACY_ID, "{\"type\": \"examples.hello\"}"), 0);
    sim_set_broadcast(c, 0);
    struct sim_remote *remote = sim_proxy(c, "examples.hello");
    sim_call(remote, "echo", "[1]");
    sim_run(sim, SECONDS(60));
    sim_set_broadcast(c, AB_BROADCAST_BOTH);
    sim_run(sim, SECONDS(30));
    legacy_withdraw(legacy);
    sim_run(sim, SECONDS(1));
    sim_discoverer_end(mine);
    sim_expect(sim, "1.000 c: + " LEGACY_ID " 10.0.0.1:35993*(broadcast)\n"
                    "1.000 c: cached\n"
                    "1.000 c: settled\n"
                    "1.000 c: ~ " LEGACY_ID " 10.0.0.1:35993*(broadcast mine)\n"
                    "1.000 c: ~ " LEGACY_ID " 10.0.0.1:35993*(mine)\n"
                    "1.006 c: echo = [1]\n"
                    "61.002 c: ~ " LEGACY_ID " 10.0.0.1:35993*(mine broadcast)\n"
                    "91.001 c: ~ " LEGACY_ID " 10.0.0.1:35993*(mine)\n"
                    "92.000 c: - " LEGACY_ID " 10.0.0.1:35993*(mine)\n");
    sim_free(sim);
}
END_TEST

/* ---- Buses without datagrams */

START_TEST(a_bus_without_discoverers_has_settled_and_is_silent)
{
    struct sim *sim = sim_new(1);
    struct sim_bus *b = sim_bus(sim, "b");

    sim_publish(b, "hall", HALL);
    sim_run(sim, ASKED);
    sim_record(sim, SIM_PACKETS | SIM_SERVICES);
    struct sim_bus *c = bus_without(sim, "c");
    sim_publish(c, "attic", HALL);
    sim_browse(c, NULL, AB_BROWSER_EXISTING);
    sim_run(sim, SECONDS(9));
    sim_bus_close(c);
    ck_assert_uint_eq(sim_count(sim, "c >"), 0);
    ck_assert_uint_eq(sim_count(sim, "c:"), 2);
    ck_assert_uint_eq(sim_count(sim, "c: settled"), 1);
    sim_free(sim);
}
END_TEST

START_TEST(broadcast_comes_and_goes_while_a_bus_runs)
{
    struct sim *sim = sim_new(1);
    struct sim_bus *b = sim_bus(sim, "b");
    struct sim_bus *c = bus_without(sim, "c");

    sim_publish(b, "hall", HALL);
    sim_publish(c, "attic", "{\"type\": \"attic\"}");
    sim_run(sim, ASKED);
    sim_record(sim, SIM_PACKETS | SIM_SERVICES);
    sim_browse(b, "attic", 0);
    sim_browse(c, "hall", 0);
    sim_set_broadcast(c, AB_BROADCAST_DISCOVER);
    sim_run(sim, MS(400));
    sim_set_broadcast(c, AB_BROADCAST_PUBLISH);
    sim_run(sim, SECONDS(1));
    sim_set_broadcast(c, 0);
    sim_run(sim, SECONDS(4));
    sim_expect(sim, "20.000 b: settled\n"
                    "20.000 c: settled\n"
                    "20.000 c > *: query\n"
                    "20.001 b > *: add 52722 hall\n"
                    "20.002 c: + hall\n"
                    "20.400 c > *: add 52722 attic\n"
                    "20.400 c: - hall\n"
                    "20.401 b: + attic\n"
                    "21.400 c > *: add 52722 attic\n"
                    "21.400 c > *: remove 52722 attic\n"
                    "21.401 b: - attic\n"
                    "21.445 c > *: remove 52722 attic\n"
                    "21.490 c > *: remove 52722 attic\n");
    sim_free(sim);
}
END_TEST

START_TEST(the_first_announcement_waits_and_goodbyes_are_counted)
{
    struct sim *sim = sim_new(1);
    struct sim_bus *b = sim_bus_new(sim, sim_host(sim, "b"), "b");

    b->goodbyes = 1;
    b->announce_delay_ms = 250;
    sim_bus_start(b);
    sim_run(sim, ASKED);
    sim_record(sim, SIM_PACKETS);
    struct sim_service *hall = sim_publish(b, "hall", HALL);
    sim_run(sim, SECONDS(5));
    struct sim_service *attic = sim_publish(b, "attic", HALL);
    sim_service_end(hall);
    sim_run(sim, MS(100));
    sim_service_end(attic); /* before it was announced */
    sim_run(sim, SECONDS(5));
    sim_expect(sim, "20.250 b > *: add 52722 hall\n"
                    "21.250 b > *: add 52722 hall\n"
                    "23.250 b > *: add 52722 hall\n"
                    "25.000 b > *: remove 52722 hall\n"
                    "25.100 b > *: remove 52722 attic\n");
    sim_free(sim);
}
END_TEST

/* ---- Publishers */

START_TEST(a_publisher_hears_of_each_service)
{
    struct sim *sim = sim_new(1);
    struct sim_bus *b = bus_without(sim, "b");

    sim_record(sim, SIM_PUBLICATIONS | SIM_PACKETS);
    struct sim_service *hall = sim_publish(b, "hall", "{\"room\": 1}");
    struct sim_service *attic = sim_service(b, "attic", "{}");
    struct sim_slot *slot = sim_herald(b);
    sim_run(sim, SECONDS(1));
    sim_service_publish_try(attic);
    sim_set_info(hall, "{\"room\": 2}");
    sim_bus_move_port(b, 52800);
    sim_service_end(attic);
    sim_cancel(slot);
    sim_service_end(hall);
    sim_expect(sim, "0.000 b: published hall 52722 {\"room\":1,\"hostname\":\"b\"}\n"
                    "1.000 b: published attic 52722 {\"hostname\":\"b\"}\n"
                    "1.000 b: changed hall 52722 {\"room\":2,\"hostname\":\"b\"}\n"
                    "1.000 b: changed hall 52800 {\"room\":2,\"hostname\":\"b\"}\n"
                    "1.000 b: changed attic 52800 {\"hostname\":\"b\"}\n"
                    "1.000 b: withdrawn attic 52800\n");
    sim_free(sim);
}
END_TEST

/* What one bus publishes another discovers, by a wire of the program's own. */
static void carry(struct sim_slot *slot, void *context)
{
    struct sim_discoverer *discoverer = context;
    struct sim_bus *b = slot->bus;
    struct ab_address at = place_of(b);
    const char *id = ab_service_id(AB_CONTAINER(b->services.next, struct sim_service, node)->service);

    if (slot->value && strstr(slot->value, "autobus.details"))
        return;
    if (slot->value)
        sim_discover(discoverer, &at, id, slot->value);
}

START_TEST(a_bus_without_broadcast_is_found_by_a_wire_of_the_programs)
{
    struct sim *sim = sim_new(1);
    struct sim_bus *b = bus_without(sim, "b");
    struct sim_bus *c = bus_without(sim, "c");

    struct sim_discoverer *wire = sim_discoverer(c, "wire");
    struct sim_slot *slot = sim_herald(b);
    slot->heard = carry;
    slot->context = wire;
    sim_browse(c, "type=hall", AB_BROWSER_EXISTING);
    struct sim_remote *remote = sim_proxy(c, "type=hall");
    sim_on_binding(remote);
    sim_record(sim, SIM_SERVICES | SIM_ROUTES | SIM_REPORTS | SIM_PACKETS | SIM_BINDINGS | SIM_RESULTS);
    struct sim_service *hall = sim_publish(b, "hall", HALL);
    sim_function(hall, "echo", sim_echo);
    sim_run(sim, SECONDS(1));
    sim_call(remote, "echo", "[1]");
    sim_run(sim, SECONDS(100));
    sim_discoverer_end(wire);
    sim_run(sim, SECONDS(1));
    /* Who is bound stays so. */
    sim_call(remote, "echo", "[2]");
    sim_run(sim, SECONDS(1));
    sim_expect(sim, "0.000 c: + hall 10.0.0.1:52722*(wire)\n"
                    "0.004 c: bound hall\n"
                    "1.002 c: echo = [1]\n"
                    "101.000 c: - hall 10.0.0.1:52722*(wire)\n"
                    "102.002 c: echo = [2]\n");
    sim_free(sim);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("discoverers");
    TCase *reports = tcase_create("reports");
    TCase *steady = tcase_create("what is no hearsay");
    TCase *broadcast = tcase_create("broadcast");
    TCase *publishers = tcase_create("publishers");

    tcase_add_test(reports, what_two_report_is_one_service);
    tcase_add_test(reports, a_discoverer_that_goes_takes_what_it_alone_reported);
    tcase_add_test(reports, the_info_is_that_of_who_reported_it_first);
    tcase_add_test(steady, what_a_program_reports_does_not_expire);
    tcase_add_test(steady, a_route_that_fails_is_the_last_to_try);
    tcase_add_test(steady, a_connection_belongs_to_the_route_that_is_known_later);
    tcase_add_test(steady, a_report_outlives_what_broadcast_loses_and_a_restart);
    tcase_add_test(steady, a_bus_of_the_existing_implementation_is_reported_too);
    tcase_add_test(broadcast, a_bus_without_discoverers_has_settled_and_is_silent);
    tcase_add_test(broadcast, broadcast_comes_and_goes_while_a_bus_runs);
    tcase_add_test(broadcast, the_first_announcement_waits_and_goodbyes_are_counted);
    suite_add_tcase(suite, reports);
    suite_add_tcase(suite, steady);
    tcase_add_test(publishers, a_publisher_hears_of_each_service);
    tcase_add_test(publishers, a_bus_without_broadcast_is_found_by_a_wire_of_the_programs);
    suite_add_tcase(suite, broadcast);
    suite_add_tcase(suite, publishers);
    return ab_test_run(suite);
}

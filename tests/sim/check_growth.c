/* What a bus does for one service, in instructions: no more among thousands than among a few. */

#include <stdio.h>
#include <string.h>

#include "core/browser.h"
#include "harness.h"
#include "sim/sim.h"
#include "steps.h"
#include "wire/filter.h"

enum { FEW = 250, MANY = 4000 };

/* Of what it takes among few: chains in tables differ in length, and the allocator finds a block sooner or later. To walk
 * all that is known would take several times as much. */
#define MOST_PERCENT 150

/* A bus, and one of the services that it knows, which is amid them. */
struct town {
    struct sim *sim;
    struct sim_bus *bus;
    struct ab_filter *only;
    struct ab_address at;
    char add[128], removal[128];
};

static void choose(struct town *town, int number)
{
    town->at = (struct ab_address){AB_ADDRESS_INET, 0x0a000063, (uint16_t)(1024 + number)};
    snprintf(town->add, sizeof(town->add),
             "{\"command\":\"add\",\"port\":%d,\"service\":\"s%d\",\"info\":{\"type\":\"hall\",\"name\":\"%d\"}}",
             1024 + number, number, number);
    snprintf(town->removal, sizeof(town->removal), "{\"command\":\"remove\",\"port\":%d,\"service\":\"s%d\"}",
             1024 + number, number);
}

static void hear(struct town *town, const char *text)
{
    struct sim_process *process = &town->bus->process;

    process->table->datagram(process, &town->at, text, strlen(text));
}

static void add(void *context)
{
    struct town *town = context;

    hear(town, town->add);
}

static void withdraw(void *context)
{
    struct town *town = context;

    hear(town, town->removal);
}

static void find(void *context)
{
    struct town *town = context;
    json_t *entries;

    ck_assert_int_eq(ab_browser_snapshot(town->bus->engine, town->only, &entries), 0);
    ck_assert_uint_eq(json_array_size(entries), 1);
    json_decref(entries);
}

static struct ab_filter *only(int number)
{
    struct ab_filter *filter;
    char id[16];
    json_t *value;

    snprintf(id, sizeof(id), "s%d", number);
    value = json_string(id);
    ck_assert_int_eq(ab_filter_new(&filter), 0);
    ck_assert_int_eq(ab_filter_add_equal(filter, "service", value), 0);
    json_decref(value);
    return filter;
}

static struct town town_new(int services)
{
    struct town town = {.sim = sim_new(1), .only = only(services / 2)};

    town.bus = sim_bus_new(town.sim, sim_host(town.sim, "c"), "c");
    sim_bus_limit(town.bus, "routes_per_host", MANY);
    sim_bus_start(town.bus);
    for (int i = 0; i < services; i++) {
        choose(&town, i);
        add(&town);
    }
    choose(&town, services / 2);
    return town;
}

static void town_free(struct town *town)
{
    ab_filter_unref(town->only);
    sim_free(town->sim);
}

static void (*const works[])(void *town) = {add, find, withdraw, add};
static const char *const names[COUNT(works)] = {"hear again of", "find", "remove", "add"};

/* The second time: no function is used for the first. */
static void measure(int services, long *ret_steps)
{
    struct town town = town_new(services);

    for (size_t i = 0; i < COUNT(works); i++)
        works[i](&town);
    for (size_t i = 0; i < COUNT(works); i++)
        ret_steps[i] = ab_steps_of(works[i], &town);
    town_free(&town);
}

START_TEST(a_service_costs_the_same_among_few_and_many)
{
    long few[COUNT(works)], many[COUNT(works)];

    measure(FEW, few);
    if (few[0] < 0) {
        puts("instructions cannot be counted here");
        return;
    }
    measure(MANY, many);
    for (size_t i = 0; i < COUNT(works); i++) {
        ck_assert_msg(many[i] * 100 <= few[i] * MOST_PERCENT,
                      "to %s a service takes %ld instructions among %d, and %ld among %d", names[i], many[i], MANY,
                      few[i], FEW);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("growth");
    TCase *tests = tcase_create("growth");

    tcase_set_timeout(tests, 60); /* two seconds on an idle machine */
    tcase_add_test(tests, a_service_costs_the_same_among_few_and_many);
    suite_add_tcase(suite, tests);
    return ab_test_run(suite);
}

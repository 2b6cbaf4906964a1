/* Sets the scene of visit.h. */

#include "sim/visit.h"

struct visit visit_new(void (*limits)(struct sim_bus *bus))
{
    struct visit visit = {.sim = sim_new(1)};

    sim_record(visit.sim, 0);
    visit.b = sim_bus_new(visit.sim, sim_host(visit.sim, "b"), "b");
    if (limits)
        limits(visit.b);
    sim_bus_start(visit.b);
    visit.hall = sim_publish_hall(visit.b, "hall");
    visit.p = sim_peer(visit.sim, sim_host(visit.sim, "p"), "p");
    visit.link = sim_dial(visit.p, visit.b);
    sim_run_until(visit.sim, SECONDS(1));
    sim_record(visit.sim, SIM_LINES | SIM_STREAMS);
    return visit;
}

void visit_bind(struct visit *visit, struct sim_link *link)
{
    sim_send_format(link, "{\"_type\":1,\"_id\":\"1\",\"_command\":\"bind\",\"service\":\"%s\"}",
                    ab_service_id(visit->hall->service));
    sim_run(visit->sim, MS(10));
}

struct visit visit_bound(void)
{
    struct visit visit = visit_new(NULL);

    visit_bind(&visit, visit.link);
    sim_expect(visit.sim, "1.000 p > b: 1? bind service=hall\n"
                          "1.001 b > p: 1= service=hall\n");
    return visit;
}

void visit_say(struct visit *visit, const char *line)
{
    sim_send(visit->link, line);
    sim_run(visit->sim, MS(10));
}

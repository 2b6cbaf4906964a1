/* Sets the scene of outing.h. */

#include "sim/outing.h"

struct outing outing_new(void)
{
    struct outing outing = {.sim = sim_new(1)};

    outing.p = sim_peer(outing.sim, sim_host(outing.sim, "p"), "p");
    outing.c = sim_bus(outing.sim, "c");
    sim_peer_listen(outing.p, 700);
    sim_peer_broadcast(outing.p,
                       "{\"command\": \"add\", \"port\": 700, \"service\": \"x\", \"info\": {\"type\": \"hall\"}}",
                       AB_LOOPBACK_FIRST);
    sim_run(outing.sim, MS(10));
    outing.remote = sim_proxy(outing.c, "type=hall");
    return outing;
}

void outing_answer(struct outing *outing, const char *extensions)
{
    sim_run(outing->sim, MS(10));
    outing->link = sim_peer_link(outing->p, 0);
    sim_send_format(outing->link, "{\"_type\":2,\"_id\":\"1\",\"service\":\"x\",\"extensions\":[%s]}", extensions);
    sim_run(outing->sim, MS(10));
}

struct outing outing_bound(const char *extensions)
{
    struct outing outing = outing_new();

    outing_answer(&outing, extensions);
    return outing;
}

/* Sets the scene of scene.h. */

#include "sim/scene.h"

#include "harness.h"

struct scene scene_with(const char *limit, long long value, unsigned record)
{
    struct scene scene = {.sim = sim_new(1)};

    scene.b = sim_bus(scene.sim, "b");
    scene.c = sim_bus_new(scene.sim, sim_host(scene.sim, "c"), "c");
    if (limit)
        sim_bus_limit(scene.c, limit, value);
    sim_bus_start(scene.c);
    scene.hall = sim_publish_hall(scene.b, "hall");
    sim_run(scene.sim, SECONDS(20));
    scene.remote = sim_proxy(scene.c, "type=hall");
    sim_run(scene.sim, MS(100));
    ck_assert(sim_bound(scene.remote));
    sim_record(scene.sim, record);
    return scene;
}

struct scene scene_new(unsigned record)
{
    return scene_with(NULL, 0, record);
}

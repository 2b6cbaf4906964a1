/*
 * Owns how the net's counters look. Must not know when they are incremented.
 */
#include "net/counters.h"

#include <string.h>

#include "base/error.h"
#include "core/counters.h"
#include "net/internal.h"

int ab_net_counters_put(const struct ab_net *net, json_t *counters)
{
    const struct ab_discovery *discovery = &net->discovery;
    int r = ab_counters_put(counters, "bytes", "received", net->sockets.received);

    for (int i = 0; r == 0 && i < AB_DATAGRAM_FATES; i++)
        r = ab_counters_put(counters, "datagrams", ab_fate_name((enum ab_datagram_fate)i), discovery->fates.counts[i]);
    if (r == 0)
        r = ab_counters_put(counters, "datagrams", "sent", discovery->sent);
    if (r == 0)
        r = ab_counters_put(counters, "datagrams", "unsent", discovery->unsent);
    if (r == 0)
        r = ab_counters_put(counters, "waits", "spun", atomic_load(&net->spin_rule.spun));
    return r < 0 ? r : ab_counters_put(counters, "waits", "in_vain", atomic_load(&net->spin_rule.in_vain));
}

static int put_new(json_t *object, const char *name, json_t *value)
{
    return json_object_set_new(object, name, value) < 0 ? AB_ENOMEM : 0;
}

static int append_source(json_t *sources, const struct ab_bad_source *source)
{
    struct ab_address address = ab_address_inet(source->host, 0);
    char text[AB_ADDRESS_HOST_TEXT];
    json_t *entry = json_object();
    int r = json_array_append_new(sources, entry) < 0 ? AB_ENOMEM : 0;

    if (r == 0)
        r = put_new(entry, "host", json_string(ab_address_host_text(&address, text)));
    if (r == 0)
        r = put_new(entry, "dropped", json_integer((json_int_t)source->dropped));
    for (int i = 0; r == 0 && i < AB_DATAGRAM_FATES; i++)
        if (source->counts[i] > 0)
            r = put_new(entry, ab_fate_name((enum ab_datagram_fate)i), json_integer((json_int_t)source->counts[i]));
    return r;
}

/* Worst first. */
static int put_sources(json_t *counters, const struct ab_fates *fates)
{
    const struct ab_bad_source *order[AB_WORST_SOURCES];
    json_t *sources = json_array();
    int r = put_new(counters, "sources", sources);

    for (size_t i = 0; i < fates->source_count; i++) {
        size_t at = i;

        for (; at > 0 && order[at - 1]->dropped < fates->sources[i].dropped; at--)
            order[at] = order[at - 1];
        order[at] = &fates->sources[i];
    }
    for (size_t i = 0; r == 0 && i < fates->source_count; i++)
        r = append_source(sources, order[i]);
    return r;
}

/* Why datagrams are not received; NULL: they are. */
static const char *why_deaf(const struct ab_discovery *discovery)
{
    if (!discovery->wanted)
        return "discovery by broadcast is off";
    return discovery->reason ? strerror(discovery->reason) : NULL;
}

static json_t *udp_port(const struct ab_net *net)
{
    const struct ab_discovery *discovery = &net->discovery;
    const char *reason = why_deaf(discovery);
    json_t *udp =
        json_pack("{s:i, s:b, s:I}", "port", (int)ab_settings_discovery_port(net->settings), "open", reason == NULL,
                  "since_ms", (json_int_t)((ab_net_now(net) - discovery->since) / AB_MILLISECOND));

    if (udp && reason && put_new(udp, "reason", json_string(reason)) < 0) {
        json_decref(udp);
        return NULL;
    }
    return udp;
}

static int put_ports(const struct ab_net *net, json_t *counters)
{
    const struct ab_acceptor *acceptor = &net->acceptor;
    json_t *ports = json_object();
    int r = put_new(counters, "ports", ports);

    if (r == 0)
        r = put_new(ports, "udp", udp_port(net));
    if (r == 0 && acceptor->wanted && acceptor->descriptor >= 0)
        r = put_new(ports, "tcp", json_pack("{s:i}", "port", (int)acceptor->port));
    return r;
}

int ab_net_counters_put_private(const struct ab_net *net, json_t *counters)
{
    int r = put_sources(counters, &net->discovery.fates);

    return r < 0 ? r : put_ports(net, counters);
}

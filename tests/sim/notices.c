/*
 * What the program hears. As in a real bus, the notices of an entry are all taken before the program acts on the first;
 * what it does then is an entry of its own. A notice that the engine makes for a slot that is over fails the test; one
 * that was taken before the slot ended is dropped here.
 */

#include "sim/bus.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "failing.h"
#include "harness.h"
#include "wire/json.h"

const char *sim_error_name(int code)
{
    static const char *const names[] = {
        "OK",     "ENOMEM",    "EINVAL",  "ECLOSED", "EDEADLK", "ETIMEDOUT", "EDISCONNECTED", "ECANCELED", "ENOTBOUND",
        "EAGAIN", "EOVERFLOW", "EREMOTE", "ENOENT",  "EEXIST",  "ETOOLARGE", "ENETWORK",      "EPROTOCOL", "EFORKED",
    };
    return code <= 0 && -code < (int)COUNT(names) ? names[-code] : "?";
}

/* As text, the caller's own; NULL: absent. */
static char *value_text(struct ab_value *value)
{
    if (value->text)
        return sim_strdup(value->text->data);
    if (!value->json)
        return NULL;
    struct ab_buffer out = AB_BUFFER_INIT;
    ck_assert_int_eq(ab_json_write(&out, value->json, 1024), 0);
    char *text = sim_format("%.*s", (int)ab_buffer_size(&out), ab_buffer_data(&out));
    ab_buffer_deinit(&out);
    return text;
}

static struct sim_transcript *transcript_of(struct sim_slot *slot)
{
    return &slot->bus->sim->network.transcript;
}

/* Long values are shown by their size. */
static const char *shown(const struct sim_slot *slot)
{
    static char size[32];

    if (!slot->value || strlen(slot->value) <= 400)
        return slot->value;
    snprintf(size, sizeof size, "<%zu bytes>", strlen(slot->value));
    return size;
}

static const char *text_or(struct ab_text *text, const char *otherwise)
{
    return text ? text->data : otherwise;
}

static bool is_details(struct sim_slot *slot, const char *service)
{
    const char *alias = sim_transcript_alias_of(transcript_of(slot), service);

    return alias && strlen(alias) > 8 && strcmp(alias + strlen(alias) - 8, ".details") == 0;
}

/* ---- Browsers */

/* "(broadcast mine)" */
static char *reporters_text(const json_t *route)
{
    char *text = sim_strdup("");
    size_t index;
    json_t *name;

    json_array_foreach(json_object_get(route, "discoverers"), index, name)
    {
        char *longer = sim_format("%s%s%s", text, index ? " " : "(", json_string_value(name));
        free(text);
        text = longer;
    }
    char *closed = sim_format("%s)", text);
    free(text);
    return closed;
}

static char *routes_text(struct ab_value *value, bool reporters)
{
    char *entry = value_text(value);
    json_t *json = entry ? json_loads(entry, 0, NULL) : NULL;
    char *text = sim_strdup("");
    size_t index;
    json_t *route;

    json_array_foreach(json_object_get(json, "routes"), index, route)
    {
        char *by = reporters ? reporters_text(route) : sim_strdup("");
        char *longer = sim_format("%s %s:%d%s%s", text, json_string_value(json_object_get(route, "host")),
                                  (int)json_integer_value(json_object_get(route, "port")),
                                  json_is_true(json_object_get(route, "preferred")) ? "*" : "", by);
        free(by);
        free(text);
        text = longer;
    }
    json_decref(json);
    free(entry);
    return text;
}

static void record_services(struct sim_slot *slot, struct ab_notice *notice)
{
    static const char *const marks[] = {"?", "+", "~", "-", "cached", "settled", "overflow"};
    unsigned kinds = transcript_of(slot)->kinds;
    const char *service = text_or(notice->service, NULL);

    if (!(kinds & SIM_SERVICES) || (service && is_details(slot, service) && !(kinds & SIM_DETAILS)))
        return;
    char *routes = kinds & SIM_ROUTES ? routes_text(&notice->value, kinds & SIM_REPORTS) : sim_strdup("");
    char *info = service && kinds & SIM_INFO ? sim_member(slot->value, strlen(slot->value), "info", false) : NULL;
    sim_transcript_add(transcript_of(slot), SIM_SERVICES, "%s: %s%s%s%s%s%s%s%s", slot->bus->name, slot->label,
                       *slot->label ? " " : "", marks[notice->change], service ? " " : "", service ? service : "",
                       routes, info ? " " : "", info ? info : "");
    free(routes);
    free(info);
}

/* ---- The kinds of notices */

/* Of a call to all: which service it is from. */
static const char *part_of(struct ab_notice *notice)
{
    static char text[300];

    snprintf(text, sizeof text, " (%s)", text_or(notice->service, "-"));
    return notice->kind == AB_NOTICE_PART ? text : "";
}

static void record_completion(struct sim_slot *slot, struct ab_notice *notice)
{
    const char *bus = slot->bus->name;
    const char *part = part_of(notice);

    if (notice->code == 0)
        sim_transcript_add(transcript_of(slot), SIM_RESULTS, "%s: %s%s%s%s", bus, slot->label,
                           slot->value ? " = " : " done", slot->value ? shown(slot) : "", part);
    else if (notice->code == AB_EREMOTE)
        sim_transcript_add(transcript_of(slot), SIM_RESULTS, "%s: %s failed: %s \"%s\"%s", bus, slot->label,
                           notice->error_type ? notice->error_type : "-", notice->error_text ? notice->error_text : "-",
                           part);
    else
        sim_transcript_add(transcript_of(slot), SIM_RESULTS, "%s: %s failed: %s%s", bus, slot->label,
                           sim_error_name(notice->code), part);
}

static const char *what_is_wrong(struct ab_notice *notice)
{
    return notice->error_type ? notice->error_type : sim_error_name(notice->code);
}

static void record_progress(struct sim_slot *slot, struct ab_notice *notice)
{
    sim_transcript_add(transcript_of(slot), SIM_RESULTS, "%s: %s ~ %s (%s)", slot->bus->name, slot->label, shown(slot),
                       text_or(notice->service, "-"));
}

static void record_event(struct sim_slot *slot, struct ab_notice *notice)
{
    const char *service = text_or(notice->service, "-");

    if (notice->code < 0)
        sim_transcript_add(transcript_of(slot), SIM_EVENTS, "%s: event %s %s", slot->bus->name, slot->label,
                           what_is_wrong(notice));
    else
        sim_transcript_add(transcript_of(slot), SIM_EVENTS, "%s: event %s %s (%s)", slot->bus->name, slot->label,
                           shown(slot), service);
}

static void record_value(struct sim_slot *slot, struct ab_notice *notice)
{
    const char *service = text_or(notice->service, "-");

    if (notice->code < 0)
        sim_transcript_add(transcript_of(slot), SIM_VALUES, "%s: value %s %s (%s)", slot->bus->name, slot->label,
                           what_is_wrong(notice), service);
    else
        sim_transcript_add(transcript_of(slot), SIM_VALUES, "%s: value %s = %s (%s)", slot->bus->name, slot->label,
                           slot->value ? shown(slot) : "absent", service);
}

static void record_binding(struct sim_slot *slot, struct ab_notice *notice)
{
    const char *service = text_or(notice->service, "-");

    if (notice->change)
        sim_transcript_add(transcript_of(slot), SIM_BINDINGS, "%s: bound %s", slot->bus->name, service);
    else
        sim_transcript_add(transcript_of(slot), SIM_BINDINGS, "%s: unbound %s %s", slot->bus->name, service,
                           sim_error_name(notice->code));
}

static void record_call(struct sim_slot *slot, struct ab_notice *notice)
{
    sim_transcript_add(transcript_of(slot), SIM_CALLS, "%s: call %s %s%s", slot->bus->name, slot->label, shown(slot),
                       ab_request_is_notice(notice->request) ? " (no answer wanted)" : "");
}

static void record_publication(struct sim_slot *slot, struct ab_notice *notice)
{
    static const char *const changes[] = {"overflow", "published", "changed", "withdrawn"};
    const char *service = text_or(notice->service, "-");

    if (slot->value && strstr(slot->value, "\"autobus.details\"") && !is_details(slot, service)) {
        char *alias = sim_format("%s.details", slot->bus->name);
        sim_transcript_alias(transcript_of(slot), service, alias);
        free(alias);
    }
    if (is_details(slot, service) && !(transcript_of(slot)->kinds & SIM_DETAILS))
        return;
    sim_transcript_add(transcript_of(slot), SIM_PUBLICATIONS, "%s: %s %s %u%s%s", slot->bus->name,
                       changes[notice->code < 0 ? 0 : notice->change], service, notice->port, slot->value ? " " : "",
                       slot->value ? slot->value : "");
}

static void record(struct sim_slot *slot, struct ab_notice *notice)
{
    switch (notice->kind) {
    case AB_NOTICE_CALL: record_call(slot, notice); break;
    case AB_NOTICE_ABANDONED:
        sim_transcript_add(transcript_of(slot), SIM_CALLS, "%s: abandoned %s", slot->bus->name, slot->label);
        break;
    case AB_NOTICE_SERVICES: record_services(slot, notice); break;
    case AB_NOTICE_PUBLICATION: record_publication(slot, notice); break;
    case AB_NOTICE_PROGRESS: record_progress(slot, notice); break;
    case AB_NOTICE_PART:
    case AB_NOTICE_COMPLETION: record_completion(slot, notice); break;
    case AB_NOTICE_EVENT: record_event(slot, notice); break;
    case AB_NOTICE_VALUE: record_value(slot, notice); break;
    case AB_NOTICE_BINDING: record_binding(slot, notice); break;
    case AB_NOTICE_INTEREST:
        sim_transcript_add(transcript_of(slot), SIM_INTEREST, "%s: %s %s", slot->bus->name, slot->label,
                           notice->change ? "is wanted" : "is wanted no more");
        break;
    case AB_NOTICE_SEED:
    case AB_NOTICE_LOG:
    case AB_NOTICE_NONE: break;
    }
}

static enum sim_slot_kind expected_slot(enum ab_notice_kind kind)
{
    switch (kind) {
    case AB_NOTICE_CALL: return SIM_SLOT_FUNCTION;
    case AB_NOTICE_ABANDONED: return SIM_SLOT_REQUEST;
    case AB_NOTICE_SERVICES: return SIM_SLOT_BROWSER;
    case AB_NOTICE_SEED: return SIM_SLOT_SEED;
    case AB_NOTICE_PUBLICATION: return SIM_SLOT_HERALD;
    case AB_NOTICE_INTEREST: return SIM_SLOT_AUDIENCE;
    case AB_NOTICE_PROGRESS:
    case AB_NOTICE_PART:
    case AB_NOTICE_COMPLETION: return SIM_SLOT_CALL;
    default: return SIM_SLOT_SUBSCRIPTION;
    }
}

/* Of a connection: that completes a subscription, which still is there. */
static bool is_end(const struct sim_slot *slot, const struct ab_notice *notice)
{
    return notice->kind == AB_NOTICE_COMPLETION && slot->kind == SIM_SLOT_SUBSCRIPTION;
}

struct taken {
    struct ab_list node;
    struct ab_notice notice;
};

/* The engine's part is over: what follows is the program's. */
static void check(struct sim_slot *slot, struct ab_notice *notice)
{
    ck_assert_msg(!slot->ended, "%s: %s heard something after its end", slot->bus->name, slot->label);
    ck_assert(slot->kind == expected_slot(notice->kind) || is_end(slot, notice));
    if (notice->kind != AB_NOTICE_COMPLETION)
        return;
    ck_assert_msg(!slot->completed, "%s: %s completed twice", slot->bus->name, slot->label);
    slot->completed = true;
    if (slot->kind != SIM_SLOT_CALL)
        return;
    slot->call = NULL;
    ck_assert_msg(sim_host_now(slot->bus->process.host) <= slot->latest, "%s: %s completed after its deadline",
                  slot->bus->name, slot->label);
}

static void log_line(struct sim_bus *bus, struct ab_notice *notice)
{
    if (!bus->silent)
        sim_transcript_add(&bus->sim->network.transcript, SIM_LOG, "%s: log %d %s", bus->name, notice->level,
                           text_or(notice->name, "-"));
}

void sim_bus_take_notices(struct sim_bus *bus)
{
    struct ab_notice *notice;

    while ((notice = ab_engine_take_notice(bus->engine))) {
        struct taken *taken = sim_alloc(sizeof *taken);
        if (notice->kind != AB_NOTICE_LOG)
            check(notice->target, notice);
        ab_notice_move(&taken->notice, notice);
        ab_list_append(&bus->taken, &taken->node);
    }
}

static void note(struct sim_slot *slot, struct ab_notice *notice)
{
    slot->count++;
    slot->overflowed = slot->overflowed || notice->code == AB_EOVERFLOW ||
                       (notice->kind == AB_NOTICE_SERVICES && notice->change == AB_SERVICES_OVERFLOW);
    slot->code =
        notice->kind == AB_NOTICE_SERVICES || notice->kind == AB_NOTICE_BINDING ? notice->change : notice->code;
    free(slot->value);
    slot->value = value_text(&notice->value);
    if (notice->kind == AB_NOTICE_COMPLETION && slot->kind == SIM_SLOT_CALL)
        slot->ended = true;
    if (!slot->bus->silent)
        record(slot, notice);
}

static void act(struct sim_slot *slot, struct ab_notice *notice)
{
    if (slot->ended)
        return;
    ab_failing_pause(true);
    note(slot, notice);
    ab_failing_pause(false);
    if (notice->kind == AB_NOTICE_CALL && !slot->bus->silent)
        slot->handler(slot, notice->request, slot->value);
    if (slot->heard)
        slot->heard(slot, slot->context);
}

void sim_bus_act(struct sim_bus *bus)
{
    struct ab_list *node;

    if (bus->acting)
        return; /* inside of a callback: its turn comes */
    bus->acting = true;
    while ((node = ab_list_take(&bus->taken))) {
        struct taken *taken = AB_CONTAINER(node, struct taken, node);
        if (taken->notice.kind == AB_NOTICE_LOG)
            log_line(bus, &taken->notice);
        else
            act(taken->notice.target, &taken->notice);
        ab_notice_deinit(&taken->notice);
        free(taken);
    }
    bus->acting = false;
}

/*
 * Owns the syntax of SERVICE as far as it is not the library's: what is a place, where it ends and the id begins, whether a filter
 * is no more than an id, and that internal services stay hidden unless they are asked for.
 */
#include "target.h"

#include <stdlib.h>
#include <string.h>

#include "exit.h"
#include "message.h"
#include "names.h"
#include "text.h"

static const char internal_prefix[] = "autobus.";

static bool begins(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* ---- HOST:PORT/ID, HOST:PORT */

/* Where the colon is, if this is a place: no term of a filter looks so, and a word that does is to be written type=WORD. */
static const char *find_colon(const char *text)
{
    const char *colon = text + strcspn(text, ":=,~!?\\/");
    if (*colon != ':' || colon == text)
        return NULL;
    size_t digits = strspn(colon + 1, "0123456789");
    const char *end = colon + 1 + digits;
    return digits > 0 && (*end == '/' || !*end) ? colon : NULL;
}

static int parse_place(const char *text, const char *colon, struct tool_target *target)
{
    const char *slash = strchr(colon, '/');
    unsigned long port = strtoul(colon + 1, NULL, 10); /* digits only; too many saturate */
    if (port < 1 || port > UINT16_MAX) {
        tool_error("%s: the port is not from 1 to 65535", text);
        tool_usage_hint();
        return TOOL_EXIT_USAGE;
    }
    target->host = tool_copy_part(text, (size_t)(colon - text));
    target->port = (uint16_t)port;
    target->id = slash && slash[1] ? tool_copy(slash + 1) : NULL;
    return 0;
}

/* ---- filters */

/* Up to a comma that is not escaped. */
char *tool_target_take_term(const char **filter)
{
    const char *text = *filter;
    size_t size = 0;
    if (!*text)
        return NULL;
    while (text[size] && text[size] != ',')
        size += text[size] == '\\' && text[size + 1] ? 2 : 1;
    *filter = text + size + (text[size] == ',');
    return tool_copy_part(text, size);
}

static bool is_bare(const char *term)
{
    return !strpbrk(term, "=~?!");
}

/* Terms that name internal services: autobus.details, type=autobus.details, type~autobus\. */
static bool names_internal(const char *term)
{
    if (begins(term, internal_prefix))
        return is_bare(term);
    return begins(term, "type=autobus.") || (begins(term, "type~") && strstr(term, "autobus"));
}

/* What the tool needs to know of a filter beyond matching. The library's parser has accepted it. */
static void look_at_terms(struct tool_target *target)
{
    const char *rest = target->text;
    char *term = NULL;
    for (bool first = true; (term = tool_target_take_term(&rest)); first = false) {
        target->internal = target->internal || names_internal(term);
        bool lone = first && !*rest;
        if (lone && is_bare(term))
            target->id = tool_copy(term);
        else if (lone && begins(term, "service="))
            target->id = tool_copy(term + strlen("service="));
        free(term);
    }
}

/* Hides internal services; a filter's function (pure, the bus is locked). */
static bool is_public(const json_t *info, void *user_data)
{
    const char *id = user_data;
    const char *type = json_string_value(json_object_get(info, "type"));
    const char *service = json_string_value(json_object_get(info, "service"));
    return !type || !begins(type, internal_prefix) || (id && service && strcmp(id, service) == 0);
}

static int parse_filter(const char *text, struct tool_target *target)
{
    autobus_error error = AUTOBUS_ERROR_INIT;
    if (text && !*text) {
        tool_error("SERVICE is empty: an id, a type, a filter or a place is wanted");
        tool_usage_hint();
        return TOOL_EXIT_USAGE;
    }
    int result = text ? autobus_filter_parse(text, &target->filter, &error) : autobus_filter_new(&target->filter);
    if (result == AUTOBUS_ENOMEM)
        tool_out_of_memory();
    if (result < 0) {
        tool_error("%s: %s", text, error.text ? error.text : autobus_strerror(result));
        autobus_error_clear(&error);
        tool_usage_hint();
        return TOOL_EXIT_USAGE;
    }
    if (text)
        look_at_terms(target);
    if (target->internal)
        return 0;
    char *id = target->id ? tool_copy(target->id) : NULL;
    if (autobus_filter_add_function(target->filter, is_public, id, free) < 0)
        tool_out_of_memory();
    return 0;
}

int tool_target_parse(const char *text, bool all, struct tool_target *ret_target)
{
    struct tool_target target = {.internal = all, .text = text ? tool_copy(text) : NULL};
    const char *colon = text ? find_colon(text) : NULL;
    int end = colon ? parse_place(text, colon, &target) : parse_filter(text, &target);
    if (end) {
        tool_target_deinit(&target);
        return end;
    }
    *ret_target = target;
    return 0;
}

int tool_target_read(const struct tool_words *words, const char *what, bool all, struct tool_target *ret_target)
{
    if (!tool_name_check(what, words->items[1]))
        return TOOL_EXIT_USAGE;
    return tool_target_parse(words->items[0], all, ret_target);
}

void tool_target_deinit(struct tool_target *target)
{
    autobus_filter_unref(target->filter);
    free(target->text);
    free(target->host);
    free(target->id);
    *target = (struct tool_target){0};
}

int tool_target_open(const struct tool_target *target, autobus_bus *bus, const char *service,
                     autobus_remote **ret_remote)
{
    if (tool_target_is_direct(target))
        return autobus_connect(bus, target->host, target->port, target->id ? target->id : service, ret_remote);
    autobus_filter *filter = NULL;
    int result = autobus_filter_new(&filter);
    json_t *id = json_string(service);
    if (result == 0)
        result = id ? autobus_filter_add_equal(filter, "service", id) : AUTOBUS_ENOMEM;
    if (result == 0)
        result = autobus_proxy_filter(bus, filter, ret_remote);
    json_decref(id);
    autobus_filter_unref(filter);
    return result;
}

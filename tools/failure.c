/*
 * Owns the table from errors to exit statuses.
 */
#include "failure.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exit.h"
#include "message.h"
#include "names.h"
#include "nearest.h"
#include "text.h"

enum { LIST_TIMEOUT_MS = 2000 };

static const struct {
    int code;
    const char *type; /* ours, where the library gives none */
    enum tool_exit exit;
} local[] = {
    {AUTOBUS_ENOMEM, "no_memory", TOOL_EXIT_NO_BUS},
    {AUTOBUS_EINVAL, "bad_arguments", TOOL_EXIT_USAGE},
    {AUTOBUS_ECLOSED, "closed", TOOL_EXIT_DISCONNECTED},
    {AUTOBUS_ETIMEDOUT, "timeout", TOOL_EXIT_TIMEOUT},
    {AUTOBUS_EDISCONNECTED, "disconnected", TOOL_EXIT_DISCONNECTED},
    {AUTOBUS_ENOTBOUND, "not_bound", TOOL_EXIT_ABSENT},
    {AUTOBUS_ENOENT, "no_such_object", TOOL_EXIT_ABSENT},
    {AUTOBUS_ETOOLARGE, "too_large", TOOL_EXIT_USAGE},
    {AUTOBUS_ENETWORK, "network", TOOL_EXIT_DISCONNECTED},
    {AUTOBUS_EPROTOCOL, "protocol", TOOL_EXIT_DISCONNECTED},
};

static const struct {
    const char *type;
    enum tool_exit exit;
} remote_types[] = {
    {"no_such_service", TOOL_EXIT_ABSENT}, {"no_such_function", TOOL_EXIT_ABSENT}, {"no_such_object", TOOL_EXIT_ABSENT},
    {"denied", TOOL_EXIT_DENIED},          {"timeout", TOOL_EXIT_TIMEOUT},
};

int tool_failure_exit(int code, const char *type)
{
    if (code == 0)
        return TOOL_EXIT_DONE;
    for (size_t i = 0; type && i < sizeof remote_types / sizeof remote_types[0]; i++) {
        if (code == AUTOBUS_EREMOTE && strcmp(remote_types[i].type, type) == 0)
            return remote_types[i].exit;
    }
    for (size_t i = 0; i < sizeof local / sizeof local[0]; i++) {
        if (local[i].code == code)
            return local[i].exit;
    }
    return TOOL_EXIT_FAILED;
}

const char *tool_failure_type(int code, const autobus_error *error)
{
    if (error && error->type)
        return error->type;
    for (size_t i = 0; i < sizeof local / sizeof local[0]; i++) {
        if (local[i].code == code)
            return local[i].type;
    }
    return "error";
}

const char *tool_failure_text(int code, const autobus_error *error)
{
    return error && error->text && *error->text ? error->text : autobus_strerror(code);
}

json_t *tool_failure_json(int code, const autobus_error *error)
{
    json_t *object =
        json_pack("{s:s, s:s}", "type", tool_failure_type(code, error), "text", tool_failure_text(code, error));
    if (!object || (error && error->details && json_object_update_missing(object, error->details) < 0))
        tool_out_of_memory();
    return object;
}

/* ---- suggestions */

static char *join(const char *const *names)
{
    struct tool_writer writer;
    FILE *out = tool_writer_open(&writer);
    for (size_t i = 0; names[i]; i++)
        fprintf(out, "%s%s", i > 0 ? ", " : "", names[i]);
    return tool_writer_close(&writer);
}

void tool_failure_suggest_from(const json_t *listed, const char *what, const char *name)
{
    if (!json_is_object(listed))
        return;
    struct tool_nearest nearest = TOOL_NEAREST_INIT(name);
    const char **names = tool_names(listed);
    for (const char **each = names; *each; each++)
        tool_nearest_offer(&nearest, *each);
    if (nearest.best)
        tool_remark("did you mean %s?", nearest.best);
    char *joined = join(names);
    if (*joined)
        tool_remark("%s there: %s", what, joined);
    else
        tool_remark("it has no %s", what);
    free(joined);
    free(names);
}

void tool_failure_suggest(autobus_remote *remote, const char *what, const char *name)
{
    char object[64];
    json_t *listed = NULL;
    snprintf(object, sizeof object, "autobus.%s", what);
    if (autobus_get(remote, object, AUTOBUS_CALL_BOUND, LIST_TIMEOUT_MS, &listed, NULL) < 0)
        return;
    tool_failure_suggest_from(listed, what, name);
    json_decref(listed);
}

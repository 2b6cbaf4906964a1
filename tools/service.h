/* What a person is told of a service: an entry of the directory, {"service": id, "info": {…}, "routes": […]}. */
#ifndef TOOL_SERVICE_H
#define TOOL_SERVICE_H

#include <jansson.h>
#include <stdbool.h>

/* A string of the info, or NULL. */
const char *tool_service_text(const json_t *entry, const char *key);

/* A key of the info that who finds a service adds: host, port, service. */
bool tool_service_is_added(const char *key);

/* A new string, not escaped: info's name, else type@hostname, else the id. */
char *tool_service_label(const json_t *info, const char *service);

/* Sorts an array of entries by type, name, hostname and id. */
void tool_service_sort(json_t *entries);

/* A new string, not escaped: the shortest term, ready to be SERVICE together with `text` (NULL: alone), that of these
 * entries matches this one only. */
char *tool_service_distinguish(const json_t *entries, size_t index, const char *text);

/* A new string, not escaped: the term that fits one of these entries and comes nearest to one of the filter's that fits
 * none. NULL: nothing comes near. */
char *tool_service_nearest(const json_t *entries, const char *filter);

#endif

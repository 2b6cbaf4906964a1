/*
 * Owns the shape of a datagram. Must not know who sent it, nor what is known of the service that it names.
 */
#include "wire/packet.h"

#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "wire/fields.h"
#include "wire/json.h"

#define PORT_MOST 65535
#define LOCAL     ",\"local\":true"

/* The port and the service id, which add and remove have in common. */
static int packet_read_service(const json_t *object, struct ab_packet *packet)
{
    const json_t *port = json_object_get(object, "port");
    const json_t *service = json_object_get(object, "service");
    size_t size = json_string_length(service);

    if (!json_is_integer(port) || json_integer_value(port) < 1 || json_integer_value(port) > PORT_MOST)
        return AB_EPROTOCOL;
    if (!json_is_string(service) || size == 0)
        return AB_EPROTOCOL;
    if (size > AB_SERVICE_MOST)
        return AB_ETOOLARGE;
    packet->port = (uint16_t)json_integer_value(port);
    packet->service = ab_strndup(json_string_value(service), size);
    return packet->service ? 0 : AB_ENOMEM;
}

/* Moves the info out of the datagram's object, so that the packet has the only reference. */
static int packet_take_info(json_t *object, struct ab_packet *packet)
{
    json_t *info = json_object_get(object, "info");

    if (!json_is_object(info))
        return AB_EPROTOCOL;
    packet->info = json_incref(info);
    json_object_del(object, "info");
    return 0;
}

static int packet_read(json_t *object, struct ab_packet *packet)
{
    const char *command = json_string_value(json_object_get(object, "command"));
    int result = 0;

    if (!command)
        return AB_EPROTOCOL;
    if (strcmp(command, "query") == 0) {
        packet->command = AB_PACKET_QUERY;
    } else if (strcmp(command, "add") == 0) {
        packet->command = AB_PACKET_ADD;
        result = packet_read_service(object, packet);
        if (result == 0)
            result = packet_take_info(object, packet);
        packet->local = json_is_true(json_object_get(object, "local"));
    } else if (strcmp(command, "remove") == 0) {
        packet->command = AB_PACKET_REMOVE;
        result = packet_read_service(object, packet);
    } else {
        result = AB_ENOENT;
    }
    return result;
}

int ab_packet_decode(const char *data, size_t size, const struct ab_limits *limits, struct ab_packet *ret_packet)
{
    struct ab_packet packet = {0};
    json_t *object;
    int result;

    if (size > limits->datagram_read)
        return AB_ETOOLARGE;
    result = ab_json_parse(data, size, limits->datagram_nesting, limits->datagram_tokens, &object, NULL);
    if (result < 0)
        return result;
    result = packet_read(object, &packet);
    json_decref(object);
    if (result < 0) {
        ab_packet_deinit(&packet);
        return result;
    }
    *ret_packet = packet;
    return 0;
}

void ab_packet_deinit(struct ab_packet *packet)
{
    ab_free(packet->service);
    json_decref(packet->info);
    *packet = (struct ab_packet){0};
}

int ab_packet_write_query(struct ab_buffer *out)
{
    struct ab_fields fields;

    ab_fields_begin(&fields, out);
    ab_fields_text(&fields, "command", "query");
    return ab_fields_end(&fields, "");
}

int ab_packet_write_add(struct ab_buffer *out, uint16_t port, const char *service, const struct ab_text *info,
                        bool local)
{
    struct ab_fields fields;

    ab_fields_begin(&fields, out);
    ab_fields_text(&fields, "command", "add");
    ab_fields_integer(&fields, "port", port);
    ab_fields_text(&fields, "service", service);
    ab_fields_json(&fields, "info", info);
    if (local)
        ab_fields_literal(&fields, LOCAL, sizeof(LOCAL) - 1);
    return ab_fields_end(&fields, "");
}

int ab_packet_write_remove(struct ab_buffer *out, uint16_t port, const char *service)
{
    struct ab_fields fields;

    ab_fields_begin(&fields, out);
    ab_fields_text(&fields, "command", "remove");
    ab_fields_integer(&fields, "port", port);
    ab_fields_text(&fields, "service", service);
    return ab_fields_end(&fields, "");
}

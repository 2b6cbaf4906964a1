/*
 * Owns the form of the info that this bus publishes. Must not know what a service is beyond its id.
 */
#include "core/info.h"

#include "base/error.h"
#include "core/internal.h"
#include "wire/json.h"

/* Encoded info with the host's name unless the program set one (PROTOCOL section 1). */
static int encode_info(struct ab_engine *engine, const json_t *info, struct ab_text **ret_text)
{
    json_t *copy = info ? ab_json_copy(info) : json_object();
    int r = copy ? 0 : AB_ENOMEM;

    if (r == 0 && !json_object_get(copy, "hostname") &&
        json_object_set_new(copy, "hostname", json_string(engine->hostname)) < 0)
        r = AB_ENOMEM;
    if (r == 0)
        r = ab_json_encode(copy, engine->limits.datagram_nesting - 1, ret_text);
    json_decref(copy);
    return r;
}

static int check_fits(struct ab_engine *engine, const char *id, const struct ab_text *info)
{
    const struct ab_limits *limits = &engine->limits;
    struct ab_buffer *packet = ab_engine_scratch(engine);
    int r = ab_packet_write_add(packet, UINT16_MAX, id, info, true);

    if (r < 0)
        return r;
    if (ab_buffer_size(packet) > limits->datagram_send)
        return AB_ETOOLARGE;
    return ab_json_measure(ab_buffer_data(packet), ab_buffer_size(packet), limits->datagram_nesting,
                           limits->datagram_tokens);
}

int ab_info_make(struct ab_engine *engine, const char *id, const json_t *info, struct ab_text **ret_text)
{
    struct ab_text *text;
    int r = encode_info(engine, info, &text);

    if (r < 0)
        return r;
    r = check_fits(engine, id, text);
    if (r < 0)
        ab_text_unref(text);
    else
        *ret_text = text;
    return r;
}

/*
 * The info of a service of this bus, from what the program gives to what a datagram carries. Core only.
 */
#ifndef AB_CORE_INFO_H
#define AB_CORE_INFO_H

#include <jansson.h>

#include "base/text.h"

struct ab_engine;

/* Encoded, with the host's name unless the program set one; `info` is an object or NULL. AB_ETOOLARGE: it does not fit a
 * datagram with that id; AB_EINVAL, AB_ENOMEM. */
int ab_info_make(struct ab_engine *engine, const char *id, const json_t *info, struct ab_text **ret_text);

#endif

/*
 * The messages that make up nearly all of what is said, read without a value for the line around what they carry.
 */
#ifndef AB_WIRE_MESSAGE_PLAIN_H
#define AB_WIRE_MESSAGE_PLAIN_H

#include "wire/message.h"

/* 1: read; 0: it is none of these, or not plain, and must be looked at as any other: the message is as it was.
 * AB_ENOMEM. What it reads, it reads as ab_message_decode does without it. */
int ab_message_read_plain(struct ab_message *message, const char *unit, size_t size, const struct ab_limits *limits);

/* Copies the name. AB_ENOMEM. */
int ab_message_set_name(struct ab_message *message, const char *name, size_t size);

#endif

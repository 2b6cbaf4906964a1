/*
 * Messages of a connection (PROTOCOL section 2): a unit's text to a struct ab_message (message.c), and each message we
 * send to text (message_write.c). With packet.c the only places that name a wire key. They know no state: what a message
 * means in a conversation is the core's.
 *
 * Tolerant in: extra keys are ignored, `_id` is any JSON value. Strict out: every line ends in CR LF, every response
 * has an `_id`, every error has `text` and `type`.
 */
#ifndef AB_WIRE_MESSAGE_H
#define AB_WIRE_MESSAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/text.h"
#include "wire/limits.h"
#include "wire/value.h"

enum ab_message_type {
    AB_MESSAGE_COMMAND = 1,
    AB_MESSAGE_RESPONSE = 2,
    AB_MESSAGE_NOTICE = 3,
};

enum ab_command {
    AB_COMMAND_NONE, /* a response */
    AB_COMMAND_UNKNOWN,
    AB_COMMAND_BIND,
    AB_COMMAND_CALL,
    AB_COMMAND_WATCH,
    AB_COMMAND_UNWATCH,
    AB_COMMAND_LISTEN,
    AB_COMMAND_UNLISTEN,
    AB_COMMAND_PING,
    AB_COMMAND_CHANGED,
    AB_COMMAND_FIRED,
    AB_COMMAND_CANCEL,
    AB_COMMAND_CLOSING,
    AB_COMMAND_PROGRESS,
};

/* What both ends must have named in bind before it is used (PROTOCOL section 2, Extensions). */
enum ab_extension {
    AB_EXTENSION_PING = 1 << 0,
    AB_EXTENSION_EXISTS = 1 << 1,
    AB_EXTENSION_CLOSING = 1 << 2,
    AB_EXTENSION_CANCEL = 1 << 3,
    AB_EXTENSION_DEADLINE = 1 << 4,
    AB_EXTENSION_PROGRESS = 1 << 5,
};

#define AB_EXTENSIONS_OURS                                                                                          \
    (AB_EXTENSION_PING | AB_EXTENSION_EXISTS | AB_EXTENSION_CLOSING | AB_EXTENSION_CANCEL | AB_EXTENSION_DEADLINE | \
     AB_EXTENSION_PROGRESS)

struct ab_message {
    enum ab_message_type type; /* 0 when the line is no message: see problem */
    enum ab_command command;
    int problem; /* 0; AB_EPROTOCOL: bad_message, AB_ETOOLARGE: over a limit. `id` is there if it could be read */
    bool last;   /* longer than a line may be: nothing after it can be understood */
    const char *reason;    /* static text that explains problem to a person */
    struct ab_text *id;    /* the encoded `_id`, or NULL; gone with the message */
    struct ab_text *call;  /* the encoded `_id` of the call that a cancel or progress is about */
    int64_t deadline_ms;   /* of a call: what is left of its time; -1: not told */
    bool progress;         /* of a call: partial results are wanted */
    char *name;            /* `name`, or `service` of bind and its response; NULL: absent or null */
    bool name_null;        /* bind to null: the introspection service */
    unsigned extensions;   /* enum ab_extension, of bind and its response */
    struct ab_value value; /* `args`, `result` or `value`; absent is not null */
    bool failed;           /* a response with `_error`, or with `exception` */
    char *error_type;      /* of a failed response: "exception" when it only had `exception`; NULL: none given */
    char *error_text;      /* of a failed response */
    json_t *error_details; /* the whole `exception` or `_error` object; may be NULL */
    /* Where `name` and `id` are, if they fit: so it stays where it was decoded, and is not copied. */
    char short_name[32];
    struct ab_text_place short_id;
};

/* A deadline is at most that. */
#define AB_MESSAGE_DEADLINE_MOST INT32_MAX

/* Decodes one unit into a place of the caller's, who ends it with ab_message_deinit. Returns 0 with a message also when
 * the unit is bad (its `problem` says so); AB_ENOMEM. A command or notice whose keys have the wrong type is a problem; so
 * is a response without `_id`. Unknown commands are AB_COMMAND_UNKNOWN without a problem. A `call` has args (array).
 * `fired` has name, args. `changed` has name. `cancel` and `progress` have call. */
int ab_message_decode(const char *unit, size_t size, const struct ab_limits *limits, struct ab_message *ret_message);
void ab_message_deinit(struct ab_message *message);

/* The message for a unit that is too long, of which only the beginning is there: AB_ETOOLARGE, last. AB_ENOMEM. */
int ab_message_too_long(const char *start, size_t size, const struct ab_limits *limits, struct ab_message *ret_message);

/* As the wire names it; "" for those that are none of ours. */
const char *ab_command_name(enum ab_command command);
const char *ab_extension_name(enum ab_extension extension);
/* The number that an own `_id` stands for; false when it is none of ours (NULL is none). Own ids are written as strings of
 * digits. */
bool ab_message_own_id(const struct ab_text *id, uint64_t *ret_id);

/*
 * Each writer appends one line or, on failure (AB_ENOMEM), nothing. `id` 0 makes a notice of a command. Names must be
 * valid UTF-8; values are encoded JSON text.
 */
int ab_message_write_bind(struct ab_buffer *out, uint64_t id, const char *service,
                          unsigned extensions); /* NULL: null */
/* `deadline_ms` -1: none is told. */
int ab_message_write_call(struct ab_buffer *out, uint64_t id, const char *name, const struct ab_text *args,
                          int64_t deadline_ms, bool progress);
/* watch, unwatch, listen, unlisten */
int ab_message_write_named(struct ab_buffer *out, uint64_t id, enum ab_command command, const char *name);
int ab_message_write_ping(struct ab_buffer *out, uint64_t id);
int ab_message_write_cancel(struct ab_buffer *out, uint64_t call); /* the id of the call */
/* `call`: the encoded `_id` of the call. */
int ab_message_write_progress(struct ab_buffer *out, const struct ab_text *call, const struct ab_text *value);
int ab_message_write_changed(struct ab_buffer *out, const char *name, const struct ab_text *value); /* NULL: no value */
int ab_message_write_fired(struct ab_buffer *out, const char *name, const struct ab_text *args);
int ab_message_write_closing(struct ab_buffer *out);

int ab_message_write_bound(struct ab_buffer *out, const struct ab_text *id, const char *service, unsigned extensions);
int ab_message_write_result(struct ab_buffer *out, const struct ab_text *id, const struct ab_text *result);
/* Response to watch and unwatch: name, and value unless NULL. */
int ab_message_write_value(struct ab_buffer *out, const struct ab_text *id, const char *name,
                           const struct ab_text *value);
int ab_message_write_named_response(struct ab_buffer *out, const struct ab_text *id, const char *name);
int ab_message_write_empty(struct ab_buffer *out, const struct ab_text *id);
int ab_message_write_error(struct ab_buffer *out, const struct ab_text *id, const char *type, const char *text);
/* An exception of a function: `_error` of type `exception` and the key `exception` with the text (both readings of the
 * protocol find it). `type` other than NULL is the program's own and goes in both, and so does `data`, any
 * encoded value or NULL. */
int ab_message_write_exception(struct ab_buffer *out, const struct ab_text *id, const char *type, const char *text,
                               const struct ab_text *data);

#endif

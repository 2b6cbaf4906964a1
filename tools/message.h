/*
 * What a tool says on standard error. Every text is escaped as a whole, so none that came from the network can reach a
 * terminal as it is; a line end in it starts a line that is indented, so it cannot pass for a message of the tool.
 */
#ifndef TOOL_MESSAGE_H
#define TOOL_MESSAGE_H

#include <stdbool.h>

/* Before all else: the name that messages begin with. */
void tool_message_init(const char *program);
void tool_message_set(bool quiet, bool verbose);
const char *tool_message_program(void);

/* Any thread. An error is always said, a remark unless --quiet, a detail only with --verbose. */
void tool_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void tool_remark(const char *format, ...) __attribute__((format(printf, 1, 2)));
void tool_detail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* While the terminal shows something else: messages go to `sink`, as they would be written and with their line end,
 * from any thread. NULL: to standard error again. */
typedef void (*tool_message_sink_fn)(const char *text, bool error);
void tool_message_divert(tool_message_sink_fn sink);

/* What has to be put in order before the process ends by one of the following; NULL: nothing. */
void tool_message_before_death(void (*before)(void));

/* End the process at once, after a message: the library's threads go on. */
_Noreturn void tool_die(int status, const char *format, ...) __attribute__((format(printf, 2, 3)));
_Noreturn void tool_out_of_memory(void);

#endif

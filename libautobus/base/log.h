/*
 * How loud a line of log is. The public header repeats the numbers as AUTOBUS_LOG_…; 0 means nothing.
 */
#ifndef AB_BASE_LOG_H
#define AB_BASE_LOG_H

enum ab_log_level {
    AB_LOG_ERROR = 1, /* something does not work */
    AB_LOG_WARNING,   /* something was refused, dropped or cut off */
    AB_LOG_INFO,      /* services, connections and interfaces come and go */
    AB_LOG_DEBUG,     /* every message */
};

#endif

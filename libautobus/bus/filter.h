/*
 * The public filter is the wire layer's; only the program's own function is wrapped.
 */
#ifndef AB_BUS_FILTER_H
#define AB_BUS_FILTER_H

#include <autobus2.h>

#include "wire/filter.h"

static inline struct ab_filter *ab_filter_of(autobus_filter *filter)
{
    return (struct ab_filter *)(void *)filter;
}

#endif

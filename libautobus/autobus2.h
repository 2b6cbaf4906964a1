#ifndef AUTOBUS2_H
#define AUTOBUS2_H

#include <jansson.h>

#endif

/*
 * Owns nothing. See descriptor.h.
 */
#include "net/descriptor.h"

#include <errno.h>
#include <unistd.h>

int ab_descriptor_give_up(int descriptor)
{
    int wrong = errno;

    close(descriptor);
    errno = wrong;
    return -1;
}

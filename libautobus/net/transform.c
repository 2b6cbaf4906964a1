/*
 * The transform that changes nothing. No SIGPIPE comes of a send.
 */
#include "net/transform.h"

#include <errno.h>
#include <sys/socket.h>

static ssize_t identity_receive(void *state, int descriptor, void *room, size_t size)
{
    ssize_t count;

    (void)state;
    do {
        count = recv(descriptor, room, size, MSG_DONTWAIT);
    } while (count < 0 && errno == EINTR);
    return count;
}

static ssize_t identity_send(void *state, int descriptor, const void *data, size_t size)
{
    ssize_t count;

    (void)state;
    do {
        count = send(descriptor, data, size, MSG_DONTWAIT | MSG_NOSIGNAL);
    } while (count < 0 && errno == EINTR);
    return count;
}

const struct ab_transform ab_transform_identity = {identity_receive, identity_send};

/* What several parts of net do with a descriptor of the system. */
#ifndef AB_NET_DESCRIPTOR_H
#define AB_NET_DESCRIPTOR_H

/* Closes it, and leaves errno as it is. -1, for whoever returns that in the place of a descriptor. */
int ab_descriptor_give_up(int descriptor);

#endif

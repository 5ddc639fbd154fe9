/* One descriptor beside the bytes of a message (unix(7), SCM_RIGHTS). */
#ifndef CORDON_DESCRIPTOR_MESSAGE_H
#define CORDON_DESCRIPTOR_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

/* Room for it, aligned as the kernel wants it. */
union descriptor_room {
  struct cmsghdr aligned;
  char bytes[CMSG_SPACE(sizeof(int))];
};

/* Returns whether all bytes were sent; else errno tells why not. */
bool send_with_descriptor(int socket, const void *bytes, size_t length, int descriptor);

/* The descriptor that came with a message; -1 when none did. */
int received_descriptor(struct msghdr *message);

#endif

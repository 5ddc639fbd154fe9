/* A message that a caller sends, copied whole: data, address, and descriptors of our own in place of its own. */
#ifndef CORDON_MESSAGE_H
#define CORDON_MESSAGE_H

#include <sys/socket.h>

#include "address.h"

struct seccomp_notif;

struct message {
  int socket; /* the caller's, borrowed */
  int flags;
  struct address address;
  char *data;
  size_t length;
  char *control;
  size_t control_length;
  uint64_t length_goes_to; /* where sendmmsg(2) is to put how much was sent; else 0 */
};

/* To be freed by free_message, whatever it returns: 0 or an error number. */
int read_message(struct caller *caller, const struct seccomp_notif *call, struct message *message);
void free_message(struct message *message);

#endif

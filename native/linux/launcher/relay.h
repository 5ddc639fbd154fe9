/* Connecting back: a process of its own, outside of the sandbox, that accepts the connections which come in at a listening socket
 * of the sandbox, makes one to a Unix socket of the owner's for each, and copies bytes both ways. It needs nothing of Node but
 * that it can listen.
 *
 *   DIRECTORY/ports   is told {"index":I,"port":P} and a line feed, once
 *   DIRECTORY/I       where the owner answers for listener I, as soon as it likes; until then connections wait
 *
 * When the owner does not answer there any more, nobody does. The relay ends with the sandbox, or when nothing is left to do. */
#ifndef CORDON_RELAY_H
#define CORDON_RELAY_H

#include <sys/types.h>

struct relay_request {
  int listener; /* stays the caller's to close */
  const char *directory;
  unsigned index;
  int port;
};

/* Starts one, for a sandbox whose first process is `sandbox`, a child that has not been reaped. Returns its process id, or -1 with
 * errno set. */
pid_t start_relay(pid_t sandbox, const struct relay_request *request);

#endif

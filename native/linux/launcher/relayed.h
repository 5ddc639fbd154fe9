/* Two sockets of which each gets what the other one says. */
#ifndef CORDON_RELAYED_H
#define CORDON_RELAYED_H

#include <stdbool.h>
#include <stddef.h>

/* One direction. What has been read and not yet written waits in a pipe, and nothing more is read meanwhile. */
struct flow {
  int from, to;
  int pipe[2];
  size_t held;
  bool has_ended;
};

struct relayed {
  struct flow flows[2];
};

/* Takes both sockets, which must not block. Returns false with errno set, and both closed, when there are no descriptors for the
 * pipes. */
bool begin_relayed(struct relayed *relayed, int left, int right);

/* What to wait for at one of the sockets: POLLIN, POLLOUT, both, or 0. */
short wanted_events(const struct relayed *relayed, int socket);

/* Moves what can be moved. Returns false when both directions have ended, or one is broken. */
bool move_bytes(struct relayed *relayed);

/* Closes everything. Dies on error. */
void end_relayed(struct relayed *relayed);

#endif

/* The starter's side of listeners.h: gives the listening sockets of a sandbox to the owner, by a channel of Node's (node-channel.h)
 * or, when the request names a directory, by a relay (relay.h). */
#ifndef CORDON_LISTENER_HAND_OVER_H
#define CORDON_LISTENER_HAND_OVER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "report.h"
#include "setup.h"

struct hand_over {
  int channel;     /* or NONE */
  uint32_t id;     /* the owner's number of the sandbox */
  char *directory; /* its own; NULL: by the channel */
  unsigned count;  /* of listeners so far */
  pid_t relays[MAX_LISTENERS];
};

/* Notes where the set-up wants them. A starter with a channel of its own has noted that before. */
void begin_hand_over(struct hand_over *hand_over, const struct setup *setup);

/* Hands on what came with a report of the sandbox whose first process is `sandbox`, a child that has not been reaped, and closes
 * it. Returns whether it did; else errno tells why not. */
bool hand_listener_over(struct hand_over *hand_over, pid_t sandbox, const struct report *report);

/* The sandbox has ended: so do its relays. Dies on error. */
void end_hand_over(struct hand_over *hand_over);

#endif

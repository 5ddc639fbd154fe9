/* Node's own channel between a process and its child (node:child_process, stdio "ipc"), from the child's end: a Unix socket with
 * one JSON value a line. A line {"cmd":"NODE_HANDLE","type":T,"msg":M} with a descriptor beside it arrives in Node as
 * child.on('message', (M, handle)); it answers each with a line, NODE_HANDLE_ACK (lib/internal/child_process.js).
 *
 * Of the types, "net.Native" is what node:cluster uses: the bare handle. A "net.Server" would begin to accept at once, and what
 * comes before somebody has taken it over would be lost.
 *
 * None of this is documented: it is tried first (probe_channel), and relay.h needs nothing of it. */
#ifndef CORDON_NODE_CHANNEL_H
#define CORDON_NODE_CHANNEL_H

#include <stdbool.h>
#include <stdint.h>

struct announcement {
  uint32_t sandbox; /* the owner's number */
  unsigned index;   /* among the sandbox's listeners */
  int port;
};

/* Sends a listening socket, which stays the caller's to close. Returns whether it was sent; else errno tells why not. */
bool send_to_node(int channel, const struct announcement *announcement, int listener);

/* Reads what Node has answered, and throws it away. Returns false when it has closed its end. Dies on error. */
bool discard_answers(int channel);

/* Waits for Node's next answer, or for it to close its end. */
void wait_for_answer(int channel);

/* Sends a listening socket of a network namespace that nobody else has, so that the owner can see whether it arrives. Dies on
 * error. */
void probe_channel(int channel);

#endif

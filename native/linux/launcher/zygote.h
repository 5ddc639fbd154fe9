/* One process that makes many sandboxes (`cordon-launcher --zygote`).
 *
 * Its owner starts it with a socket as descriptor 3 and sends it requests (channel.h). Every sandbox is a child that is forked
 * from this small address space straight into its namespaces. The zygote answers with events (struct event): those of
 * cordon-guard, with the number of the sandbox. With `--channel` it has a channel of Node's as descriptor 4, for the listening
 * sockets of sandboxes (listener-hand-over.h). It ends, and all sandboxes with it, when the owner closes the socket or dies. */
#ifndef CORDON_ZYGOTE_H
#define CORDON_ZYGOTE_H

#include <stdint.h>

enum { ZYGOTE_CONTROL = 3, ZYGOTE_CHANNEL = 4 };

enum event_kind {
  EVENT_CHILD = 1,        /* value: process id of the sandbox's process 1 */
  EVENT_RELEASED = 2,     /* the command is being executed. value: the ABI of its wall (wall.h) */
  EVENT_EXITED = 3,       /* value: exit status of the command, 128+n for signal n; its whole tree is gone */
  EVENT_FAILED = 4,       /* value: exit status; the sandbox was not set up, and its standard error says why */
  EVENT_MISMATCH = 5,     /* value: index of the check that failed */
  EVENT_NOT_EXECUTED = 6, /* value: errno of execvp(3) */
  EVENT_PIPE = 7,         /* value: descriptor of the owner's end * 8 + which of the pipes it is (forked.h) */
  EVENT_MALFORMED = 8,    /* the request with this number cannot be carried out */
  EVENT_PREPARED = 9,     /* the sandbox waits for its command */
};

/* Little endian, as all that the zygote says. */
struct event {
  uint32_t id, kind;
  int32_t value;
  uint32_t unused;
};

/* Serves until the owner is gone. `channel`: ZYGOTE_CHANNEL, or NONE. */
void serve_zygote(int channel) __attribute__((noreturn));

#endif

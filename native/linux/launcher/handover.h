/* How the sandbox hands descriptors to its supervisor (supervisor.h), which stays outside: a socket of its own, one
 * message for each. The sandbox's end is closed before the command is executed. */
#ifndef CORDON_HANDOVER_H
#define CORDON_HANDOVER_H

#include <stdbool.h>
#include <stdint.h>

enum handed_kind {
  HANDED_SOCKET_TABLE, /* of the sandbox's network namespace, see socket-table.h */
  HANDED_ALLOWED,      /* an O_PATH descriptor of an allowed socket of the host; `index` of setup->watch.allowed */
  HANDED_LISTENER,     /* of the notifications (seccomp_unotify(2)); the last one */
};

struct handed_descriptor {
  enum handed_kind kind;
  uint32_t index;
  int fd;
};

/* `ends[0]` is the supervisor's, `ends[1]` the sandbox's. Returns 0, or -1 with errno set. */
int make_handover(int ends[2]);

/* Sends; the descriptor stays open here. Returns 0, or -1 with errno set. */
int hand_over(int socket, const struct handed_descriptor *handed);

/* Waits for one. False when there comes none any more. Dies on error. */
bool take_over(int socket, struct handed_descriptor *handed);

#endif

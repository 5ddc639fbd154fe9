/* Which files of Unix sockets a command may connect to: those that something in its own sandbox has bound, and those that
 * its set-up allows. */
#ifndef CORDON_SOCKET_RULES_H
#define CORDON_SOCKET_RULES_H

#include <stddef.h>

#include "caller.h"
#include "evidence.h"

struct socket_rules {
  int own_table, host_table; /* socket-table.h */
  const char *const *allowed;
  int *pinned; /* what was at each allowed path when the sandbox was made; -1: no socket */
  size_t count;
  struct evidence *evidence;
};

/* Whether the caller may reach what is bound to a place that is there. Returns 0 or an error number. */
int judge_socket(const struct socket_rules *rules, const struct caller *caller, const struct place *place);

#endif

/* An address of a socket, as the caller gave it: copied once, so that nothing that was judged can change. */
#ifndef CORDON_ADDRESS_H
#define CORDON_ADDRESS_H

#include <sys/socket.h>

#include "caller.h"
#include "socket-rules.h"

struct address {
  union {
    struct sockaddr any;
    struct sockaddr_storage storage;
  };
  socklen_t length;
  int place; /* the file that it names, held; -1 when it names none. Close it. */
};

/* Both return 0 or an error number. */

int read_address(const struct caller *caller, uint64_t from, uint64_t length, struct address *address);

/* Where the address is a path and `socket` a Unix socket: looks the path up, judges it, and puts a path in its place that
 * leads to nothing but what was judged. */
int settle_address(const struct caller *caller, int socket, const struct socket_rules *rules, struct address *address);

#endif

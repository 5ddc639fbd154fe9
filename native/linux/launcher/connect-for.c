#define _GNU_SOURCE
#include "connect-for.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <unistd.h>

#include "address.h"

/* A socket of our own that is the caller's, and where it is to be connected to. */
struct connection {
  struct caller *caller;
  struct evidence *evidence;
  int socket;
  struct address address;
};

static struct answer attempt(void *what) {
  const struct connection *connection = what;
  int result = connect(connection->socket, &connection->address.any, connection->address.length);
  int error = result == 0 ? 0 : errno;
  report_unreachable(connection->evidence, connection->caller, &connection->address, error);
  return (struct answer){.kind = RETURNS, .error = error};
}

/* Whether it may wait for who listens. A datagram socket only notes the address. */
static bool may_wait(int socket) {
  int type;
  socklen_t length = sizeof type;
  if (getsockopt(socket, SOL_SOCKET, SO_TYPE, &type, &length) != 0 || type == SOCK_DGRAM) return false;
  int flags = fcntl(socket, F_GETFL);
  return flags >= 0 && (flags & O_NONBLOCK) == 0;
}

static int is_socket(int fd) {
  int type;
  socklen_t length = sizeof type;
  return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &length) == 0;
}

/* All that is read of the caller comes before it is asked whether the call still waits. */
static int read_call(struct caller *caller, const struct seccomp_notif *call, struct connection *connection) {
  int error = borrow_descriptor(caller, (int)call->data.args[0], &connection->socket);
  if (error != 0) return error;
  if (!is_socket(connection->socket)) return ENOTSOCK;
  error = read_address(caller, call->data.args[1], call->data.args[2], &connection->address);
  return error == 0 && !is_waiting(caller) ? EINTR : error;
}

struct answer connect_for(struct caller *caller, const struct seccomp_notif *call, const struct socket_rules *rules,
                          struct workers *workers) {
  struct connection connection = {.caller = caller, .evidence = rules->evidence, .socket = -1, .address = {.place = -1}};
  struct answer answer = {.kind = RETURNS};
  answer.error = read_call(caller, call, &connection);
  if (answer.error == 0) answer.error = settle_address(caller, connection.socket, rules, &connection.address);
  if (answer.error == 0 && may_wait(connection.socket)) {
    answer.error = start_worker(workers, caller, attempt, &connection);
    if (answer.error == 0) answer.kind = LATER;
  } else if (answer.error == 0) {
    answer = attempt(&connection);
  }
  if (connection.socket >= 0) close(connection.socket);
  if (connection.address.place >= 0) close(connection.address.place);
  return answer;
}

#define _GNU_SOURCE
#include "address.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

int read_address(const struct caller *caller, uint64_t from, uint64_t length, struct address *address) {
  memset(address, 0, sizeof *address);
  address->place = -1;
  int wanted = (int)length; /* the kernel looks at as much of it (connect(2), sendto(2)) */
  if (wanted < 0 || (size_t)wanted > sizeof address->storage) return EINVAL;
  address->length = (socklen_t)wanted;
  return wanted == 0 ? 0 : read_memory(caller, from, &address->storage, (size_t)wanted);
}

static bool is_unix(int socket) {
  int domain;
  socklen_t length = sizeof domain;
  return getsockopt(socket, SOL_SOCKET, SO_DOMAIN, &domain, &length) != 0 || domain == AF_UNIX;
}

/* As the kernel reads it (unix(7)): a name that begins with NUL is abstract, and belongs to the network namespace. */
static bool is_path(const struct address *address) {
  const struct sockaddr_un *name = (const struct sockaddr_un *)&address->storage;
  size_t head = offsetof(struct sockaddr_un, sun_path);
  return address->length > head && name->sun_family == AF_UNIX && name->sun_path[0] != '\0';
}

static void name_place(struct address *address) {
  struct sockaddr_un *name = (struct sockaddr_un *)&address->storage;
  memset(name->sun_path, 0, sizeof name->sun_path);
  snprintf(name->sun_path, sizeof name->sun_path, "/proc/self/fd/%d", address->place);
  address->length = sizeof *name;
}

int settle_address(const struct caller *caller, int socket, const struct socket_rules *rules, struct address *address) {
  if (!is_path(address) || !is_unix(socket)) return 0;
  const struct sockaddr_un *name = (const struct sockaddr_un *)&address->storage;
  size_t room = address->length - offsetof(struct sockaddr_un, sun_path);
  char path[sizeof name->sun_path + 1];
  if (room > sizeof name->sun_path) return EINVAL;
  memcpy(path, name->sun_path, room);
  path[room] = '\0';
  struct place place;
  find_place(caller, &(struct named){.directory = AT_FDCWD, .path = path, .follows = true}, &place);
  if (place.parent >= 0) close(place.parent);
  address->place = place.fd;
  if (place.error != 0) return place.error;
  int error = judge_socket(rules, caller, &place);
  if (error == 0) name_place(address);
  return error;
}

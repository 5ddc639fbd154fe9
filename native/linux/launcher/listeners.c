#define _GNU_SOURCE
#include "listeners.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "errors.h"
#include "report.h"
#include "sys.h"

/* How many connections wait for somebody to answer; the kernel takes no more than net.core.somaxconn (listen(2)). */
enum { BACKLOG = 511 };

union address {
  struct sockaddr any;
  struct sockaddr_in v4;
  struct sockaddr_in6 v6;
};

static int give_up(int fd) {
  int saved = errno;
  close(fd);
  errno = saved;
  return -1;
}

/* Binds and listens; takes the socket, and stores the port that it got. */
static int listen_at(int fd, union address address, socklen_t length, uint16_t *port) {
  if (bind(fd, &address.any, length) != 0 || listen(fd, BACKLOG) != 0) return give_up(fd);
  if (getsockname(fd, &address.any, &length) != 0) return give_up(fd);
  /* It stands at the same place in both kinds. */
  *port = ntohs(address.v4.sin_port);
  return fd;
}

/* All addresses of both kinds at once (ipv6(7), IPV6_V6ONLY); a network namespace of its own has the loopback's only. */
static int listen_everywhere(int fd, uint16_t *port) {
  int no = 0;
  if (setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof no) != 0) return give_up(fd);
  union address address = {.v6 = {.sin6_family = AF_INET6, .sin6_port = htons(*port), .sin6_addr = IN6ADDR_ANY_INIT}};
  return listen_at(fd, address, sizeof address.v6, port);
}

int open_listener(uint16_t *port) {
  int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd >= 0) return listen_everywhere(fd, port);
  if (errno != EAFNOSUPPORT) return -1;
  fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  union address address = {.v4 = {.sin_family = AF_INET, .sin_port = htons(*port)}};
  address.v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return listen_at(fd, address, sizeof address.v4, port);
}

void open_listeners(const struct setup *setup, int report_fd) {
  for (size_t i = 0; i < setup->listening.count; i++) {
    uint16_t port = setup->listening.ports[i];
    int fd = open_listener(&port);
    if (fd < 0 || !send_descriptor(report_fd, REPORT_LISTENING, port, fd)) die_at(FAILED_LISTEN, port);
    if (close(fd) != 0) die("close");
  }
}

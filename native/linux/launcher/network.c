#define _GNU_SOURCE
#include "network.h"

#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "errors.h"
#include "sys.h"

/* Any socket does for netdevice(7); a kernel without IPv4 may have IPv6. */
static int interface_socket(void) {
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  return fd >= 0 ? fd : socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
}

void bring_loopback_up(void) {
  int fd = interface_socket();
  if (fd < 0) die(FAILED_LOOPBACK);
  struct ifreq request = {.ifr_flags = IFF_UP | IFF_RUNNING};
  strcpy(request.ifr_name, "lo");
  if (ioctl(fd, SIOCSIFFLAGS, &request) != 0) die(FAILED_LOOPBACK);
  if (close(fd) != 0) die("close");
}

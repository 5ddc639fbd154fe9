#define _GNU_SOURCE
#include "report.h"

#include <errno.h>

#include "descriptor-message.h"
#include "sys.h"

void make_report_socket(int ends[2]) {
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) die("socketpair");
}

/* A sandbox that has ended meanwhile needs no word. */
void let_go_on(int fd) {
  while (send(fd, "", 1, MSG_NOSIGNAL) < 0)
    if (errno != EINTR) break;
}

bool wait_to_go_on(int fd) {
  char word;
  ssize_t got;
  do {
    got = recv(fd, &word, sizeof word, 0);
  } while (got < 0 && errno == EINTR);
  return got == (ssize_t)sizeof word;
}

void send_report(int fd, enum report_kind kind, int value) {
  struct report report = {.kind = kind, .value = value, .fd = NONE};
  while (send(fd, &report, sizeof report, MSG_NOSIGNAL) < 0)
    if (errno != EINTR) break;
}

bool send_descriptor(int fd, enum report_kind kind, int value, int descriptor) {
  struct report report = {.kind = kind, .value = value, .fd = NONE};
  return send_with_descriptor(fd, &report, sizeof report, descriptor);
}

bool receive_report(int fd, struct report *report) {
  struct iovec part = {.iov_base = report, .iov_len = sizeof *report};
  union descriptor_room room;
  struct msghdr message = {
      .msg_iov = &part, .msg_iovlen = 1, .msg_control = room.bytes, .msg_controllen = sizeof room.bytes};
  ssize_t got;
  do {
    got = recvmsg(fd, &message, MSG_CMSG_CLOEXEC);
  } while (got < 0 && errno == EINTR);
  if (got < 0 && errno != ECONNRESET && errno != EAGAIN) die("recv");
  if (got != (ssize_t)sizeof *report) return false;
  report->fd = received_descriptor(&message);
  return true;
}

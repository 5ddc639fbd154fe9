#define _GNU_SOURCE
#include "report.h"

#include <errno.h>
#include <sys/socket.h>

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
  struct report report = {.kind = kind, .value = value};
  while (send(fd, &report, sizeof report, MSG_NOSIGNAL) < 0)
    if (errno != EINTR) break;
}

bool receive_report(int fd, struct report *report) {
  ssize_t got;
  do {
    got = recv(fd, report, sizeof *report, 0);
  } while (got < 0 && errno == EINTR);
  if (got < 0 && errno != ECONNRESET) die("recv");
  return got == (ssize_t)sizeof *report;
}

#define _GNU_SOURCE
#include "lifeline.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "sys.h"

static void ask_for_signal(int number) {
  if (prctl(PR_SET_PDEATHSIG, number) != 0) die("PR_SET_PDEATHSIG");
}

static void leave(void) __attribute__((noreturn));
static void leave(void) { _exit(128 + SIGKILL); }

void die_with_process(pid_t expected_parent) {
  ask_for_signal(SIGKILL);
  if (getppid() != expected_parent) leave();
}

static bool is_hung_up(int socket) {
  struct pollfd watched = {.fd = socket};
  while (poll(&watched, 1, 0) < 0)
    if (errno != EINTR) die("poll");
  return (watched.revents & POLLHUP) != 0;
}

void die_with_holder_of(int socket) {
  ask_for_signal(SIGKILL);
  if (is_hung_up(socket)) leave();
}

void end_with_holder_of(int socket, int signal_number) {
  ask_for_signal(signal_number);
  if (is_hung_up(socket) && raise(signal_number) != 0) die("raise");
}

#define _GNU_SOURCE
#include "family.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "report.h"
#include "signal-domain.h"
#include "sys.h"
#include "wait-status.h"

/* All but SIGKILL: keys of a terminal are for the command. It takes them back when it is executed (command.c). */
void begin_family(void) {
  sigset_t all;
  sigfillset(&all);
  if (sigprocmask(SIG_SETMASK, &all, NULL) != 0) die("sigprocmask");
  /* The monitor may die first, of a key or with the owner: whoever is left ends the others, and must not end before. */
  if (prctl(PR_SET_PDEATHSIG, 0) != 0) die("PR_SET_PDEATHSIG");
  enter_signal_domain();
}

/* Returns whether the command has ended, with its exit status. */
static bool reap_ended(pid_t command, int *exit_status) {
  int status;
  pid_t pid;
  while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
    if (pid != command) continue;
    *exit_status = exit_status_of(status);
    return true;
  }
  return false;
}

/* Descriptors of NONE are passed over by poll(2). */
static void wait_for_news(int children, int owner, bool *is_owner_gone) {
  struct pollfd watched[] = {{.fd = children, .events = POLLIN}, {.fd = owner, .events = POLLIN}};
  while (poll(watched, sizeof watched / sizeof *watched, -1) < 0)
    if (errno != EINTR) die("poll");
  *is_owner_gone = watched[1].revents != 0;
  struct signalfd_siginfo drained;
  if (watched[0].revents != 0 && read(children, &drained, sizeof drained) < 0 && errno != EAGAIN) die("read signalfd");
}

static int watch_children(void) {
  sigset_t child;
  sigemptyset(&child);
  sigaddset(&child, SIGCHLD);
  int fd = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
  if (fd < 0) die("signalfd");
  return fd;
}

void serve_family(const struct start *start, pid_t command) {
  int children = watch_children(), exit_status = 128 + SIGKILL;
  bool is_owner_gone = false;
  while (!reap_ended(command, &exit_status) && !is_owner_gone) wait_for_news(children, start->owner, &is_owner_gone);
  end_signal_domain();
  send_report(start->report_fd, REPORT_ENDED, exit_status);
  _exit(exit_status);
}

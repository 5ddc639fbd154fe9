#define _GNU_SOURCE
#include "family.h"

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lifeline.h"
#include "report.h"
#include "signal-domain.h"
#include "sys.h"
#include "wait-status.h"

/* All but SIGKILL: keys of a terminal are for the command. It takes them back when it is executed (command.c). */
void begin_family(void) {
  sigset_t all;
  sigfillset(&all);
  if (sigprocmask(SIG_SETMASK, &all, NULL) != 0) die("sigprocmask");
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

/* SIGTERM comes when the starter dies, or from whoever wants an end. */
static bool is_to_end(void) {
  sigset_t awaited;
  sigemptyset(&awaited);
  sigaddset(&awaited, SIGCHLD);
  sigaddset(&awaited, SIGTERM);
  int number = sigwaitinfo(&awaited, NULL);
  if (number < 0 && errno != EINTR) die("sigwaitinfo");
  return number == SIGTERM;
}

void serve_family(const struct setup *setup, const struct start *start, pid_t command) {
  if (setup->dies_with_parent) end_with_holder_of(start->report_fd, SIGTERM);
  int exit_status = 128 + SIGKILL;
  while (!reap_ended(command, &exit_status) && !is_to_end()) continue;
  end_signal_domain();
  send_report(start->report_fd, REPORT_ENDED, exit_status);
  _exit(exit_status);
}

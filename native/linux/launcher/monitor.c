#define _GNU_SOURCE
#include "monitor.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "capabilities.h"
#include "errors.h"
#include "listener-hand-over.h"
#include "lifeline.h"
#include "namespaces.h"
#include "node-channel.h"
#include "report.h"
#include "sandbox.h"
#include "status.h"
#include "supervisor.h"
#include "sys.h"
#include "wait-status.h"

/* None of them is for the command. Looked at before anything is opened: a number that was not open must not become
 * ours. */
static void keep_descriptors_from_command(const struct setup *setup) {
  for (size_t i = 0; i < setup->used_count; i++)
    if (fcntl(setup->used_fds[i], F_SETFD, FD_CLOEXEC) != 0) die_at(FAILED_DESCRIPTOR, setup->used_fds[i]);
}

/* A monitor that ignores SIGCHLD could not wait; one that dies of SIGPIPE could not tell how the command ended. */
static void set_signals(void) {
  if (signal(SIGCHLD, SIG_DFL) == SIG_ERR || signal(SIGPIPE, SIG_IGN) == SIG_ERR) die("signal");
}

static int wait_for_process(pid_t pid) {
  int status;
  while (waitpid(pid, &status, 0) < 0)
    if (errno != EINTR) die("waitpid");
  return exit_status_of(status);
}

/* All have come when the command is about to start: then the channel is of no more use. */
static void hand_over(struct hand_over *listeners, pid_t pid, const struct report *report) {
  if (report->kind == REPORT_LISTENING) {
    if (!hand_listener_over(listeners, pid, report)) die_at(FAILED_LISTEN, report->value);
    if (listeners->directory == NULL) wait_for_answer(listeners->channel);
  } else if (listeners->channel != NONE) {
    if (close(listeners->channel) != 0) die("close");
    listeners->channel = NONE;
  }
}

struct watched {
  pid_t pid;
  int report_fd;
  struct hand_over listeners;
};

/* Follows the reports to their end. Returns whether the command was started; `exit_status` becomes its own, or NONE
 * while only the process itself can tell: it became the command, or was killed. */
static bool follow_reports(struct watched *watched, int *exit_status) {
  bool is_started = false;
  *exit_status = NONE;
  struct report report;
  while (*exit_status == NONE && receive_report(watched->report_fd, &report)) {
    hand_over(&watched->listeners, watched->pid, &report);
    if (report.kind == REPORT_ENDED) *exit_status = report.value;
    else is_started = report.kind == REPORT_STARTING;
  }
  return is_started;
}

static int wait_for_end(const struct setup *setup, struct watched *watched) {
  int exit_status;
  bool is_started = follow_reports(watched, &exit_status);
  if (exit_status == NONE) exit_status = wait_for_process(watched->pid);
  end_hand_over(&watched->listeners);
  if (is_started) tell_end(setup, exit_status);
  return exit_status;
}

/* The caller's death, for a sandbox that no end of a namespace ends. Whether it is still the caller is looked at next. */
static int watch(const struct setup *setup, pid_t caller) {
  if (!setup->namespaces.none || !setup->dies_with_parent) return NONE;
  int fd = (int)syscall(SYS_pidfd_open, caller, 0);
  if (fd < 0) die("pidfd_open");
  return fd;
}

/* What stays outside of all namespaces. */
struct outside {
  int owner; /* see struct launch */
  struct supervision supervision;
};

static int launch(struct setup *setup, const struct outside *outside) {
  struct launch launch = {.caller = current_identity(),
                          .held = effective_capabilities(),
                          .owner = outside->owner,
                          .handover = outside->supervision.handover};
  int ends[2];
  make_report_socket(ends);
  pid_t pid = fork_into_namespaces(&setup->namespaces, &launch.made);
  if (pid == 0) {
    if (close(ends[0]) != 0) die("close");
    launch.report_fd = ends[1];
    run_sandbox(setup, &launch);
  }
  struct watched watched = {.pid = pid, .report_fd = ends[0], .listeners = {.channel = NONE}};
  begin_hand_over(&watched.listeners, setup);
  int kept[] = {ends[0], setup->info_fd, setup->status_fd, watched.listeners.channel};
  close_all_but(kept, sizeof kept / sizeof *kept);
  tell_start(setup, pid, launch.made);
  if (is_told_of(setup)) let_go_on(ends[0]);
  return wait_for_end(setup, &watched);
}

/* One process more, which is in the pid namespace that was joined: only who is in a namespace can make another below it
 * (clone(2), EINVAL). */
static int launch_from_joined_namespace(struct setup *setup, const struct outside *outside) {
  int ends[2];
  make_report_socket(ends);
  pid_t pid = fork();
  if (pid < 0) die("fork");
  if (pid > 0) {
    int kept[] = {ends[0]};
    close_all_but(kept, 1);
    return wait_for_process(pid);
  }
  if (close(ends[0]) != 0) die("close");
  if (setup->dies_with_parent) die_with_holder_of(ends[1]);
  _exit(launch(setup, outside));
}

int launch_and_wait(struct setup *setup, pid_t caller) {
  const struct namespaces *namespaces = &setup->namespaces;
  keep_descriptors_from_command(setup);
  struct outside outside = {.owner = watch(setup, caller)};
  if (setup->dies_with_parent) die_with_process(caller);
  if (!start_supervision(&outside.supervision, setup)) die_at(FAILED_WATCH, "start a supervisor");
  join_namespaces(namespaces);
  if (setup->dies_with_parent) die_with_process(caller);
  set_signals();
  bool is_nested = namespaces->pid_fd != NONE && (namespaces->plain & CLONE_NEWPID) != 0;
  int exit_status = is_nested ? launch_from_joined_namespace(setup, &outside) : launch(setup, &outside);
  end_supervision(&outside.supervision);
  return exit_status;
}

#define _GNU_SOURCE
#include "forked.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/keyctl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "capabilities.h"
#include "namespaces.h"
#include "report.h"
#include "request.h"
#include "sandbox.h"
#include "sys.h"

/* Without keys in the kernel (ENOSYS) or behind a filter that refuses the call (EPERM, EACCES), there is none to reach. */
static void join_new_session_keyring(void) {
  if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) < 0 && errno != ENOSYS && errno != EPERM &&
      errno != EACCES)
    die("join a new session keyring");
}

enum { REPORT = PIPES, HANDOVER, FIRST_FREE };

/* Nothing of the zygote's or of other sandboxes stays open. */
static void keep_descriptors(const int pipes[PIPES], struct launch *launch) {
  int high[FIRST_FREE];
  for (int i = 0; i < FIRST_FREE; i++) {
    /* What the supervisor writes to is not for the sandbox. */
    int fd = i == EVIDENCE_PIPE ? NONE : i < PIPES ? pipes[i] : i == REPORT ? launch->report_fd : launch->handover;
    high[i] = fd == NONE ? NONE : fcntl(fd, F_DUPFD_CLOEXEC, FIRST_FREE);
    if (fd != NONE && high[i] < 0) die("F_DUPFD");
  }
  for (int i = 0; i < FIRST_FREE; i++) {
    if (high[i] != NONE) place_descriptor(high[i], i);
    else if (close(i) != 0 && errno != EBADF) die("close");
  }
  for (int i = COMMAND_PIPE; i < FIRST_FREE; i++)
    if (high[i] != NONE && fcntl(i, F_SETFD, FD_CLOEXEC) != 0) die("fcntl");
  close_from(FIRST_FREE);
  launch->report_fd = REPORT;
  if (launch->handover != NONE) launch->handover = HANDOVER;
}

static void become_sandbox(struct setup *setup, struct launch *launch, const int pipes[PIPES])
    __attribute__((noreturn));
static void become_sandbox(struct setup *setup, struct launch *launch, const int pipes[PIPES]) {
  keep_descriptors(pipes, launch);
  join_new_session_keyring();
  run_sandbox(setup, launch);
}

static bool fork_parsed(struct setup *setup, const struct launch_request *request, const int pipes[PIPES],
                          struct forked *forked) {
  struct seccomp_program program = {.fd = NONE,
                                    .length = request->filter_length / sizeof(struct sock_filter),
                                    .instructions = (struct sock_filter *)request->filter};
  struct handed handed = {.program = &program,
                          .command_fd = pipes[COMMAND_PIPE] == NONE ? NONE : COMMAND_PIPE,
                          .checks = request->checks,
                          .checks_length = request->checks_length};
  struct launch launch = {
      .caller = current_identity(), .held = effective_capabilities(), .owner = NONE, .handed = &handed};
  if (!start_supervision(&forked->supervision, setup)) return false;
  launch.handover = forked->supervision.handover;
  int ends[2];
  make_report_socket(ends);
  launch.report_fd = ends[1];
  forked->pid = try_to_fork_into_namespaces(&setup->namespaces, &launch.made);
  if (forked->pid == 0) become_sandbox(setup, &launch, pipes);
  int reason = errno;
  if (close(ends[1]) != 0 || (forked->pid < 0 && close(ends[0]) != 0)) die("close");
  if (launch.handover != NONE && close(launch.handover) != 0) die("close");
  if (forked->pid < 0) end_supervision(&forked->supervision);
  errno = reason;
  if (forked->pid < 0) return false;
  forked->report_fd = ends[0];
  if (fcntl(ends[0], F_SETFL, O_NONBLOCK) != 0) die("fcntl");
  /* Its id cannot be another's: only the zygote reaps it. */
  forked->process = (int)syscall(SYS_pidfd_open, forked->pid, 0);
  if (forked->process < 0) die("pidfd_open");
  begin_hand_over(&forked->listeners, setup);
  return true;
}

int fork_sandbox(const struct launch_request *request, const int pipes[PIPES], struct forked *forked) {
  struct setup setup = empty_setup();
  struct words options = {request->options, request->options_length};
  struct words command = {request->command, request->command_length};
  char **line;
  bool has_channel = forked->listeners.channel != NONE;
  bool is_good = parse_request(&setup, options, command, has_channel, &line);
  setup.watch.report_fd = pipes[EVIDENCE_PIPE];
  errno = EINVAL; /* parsing has used it */
  bool is_forked = is_good && fork_parsed(&setup, request, pipes, forked);
  int reason = errno;
  free_setup(&setup);
  free(line);
  errno = reason;
  return is_forked;
}

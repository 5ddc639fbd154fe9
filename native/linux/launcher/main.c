/* cordon-launcher: enters a sandbox, with bubblewrap's command line; or, as `--zygote`, makes many (zygote.h). */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "help.h"
#include "namespaces.h"
#include "options.h"
#include "process.h"
#include "sandbox.h"
#include "sys.h"
#include "zygote.h"

static void close_at_exec(int fd) {
  if (fd >= 0 && fcntl(fd, F_SETFD, FD_CLOEXEC) != 0) die("fcntl");
}

/* What options name is for the launcher; everything else that is open is the command's, as with bubblewrap. */
static void keep_descriptors(const struct setup *setup) {
  const int single[] = {setup->user_fd,   setup->second_user_fd, setup->pid_fd,       setup->info_fd,
                        setup->status_fd, setup->block_fd,       setup->user_block_fd};
  for (size_t i = 0; i < sizeof single / sizeof *single; i++) close_at_exec(single[i]);
  for (size_t i = 0; i < setup->seccomp_fd_count; i++) close_at_exec(setup->seccomp_fds[i]);
  for (size_t i = 0; i < setup->sync_fd_count; i++) close_at_exec(setup->sync_fds[i]);
  for (size_t i = 0; i < setup->operation_count; i++) close_at_exec(setup->operations[i].fd);
}

static void check(struct setup *setup) {
  if (setup->user_fd >= 0 && setup->user != SHARED) refuse("excludes --unshare-user", "--userns");
  if (setup->forbids_user_namespaces && setup->user != UNSHARED) refuse("needs --unshare-user", "--disable-userns");
  if (setup->is_process_1 && setup->pid != UNSHARED) refuse("needs --unshare-pid", "--as-pid-1");
  if (setup->is_process_1 && setup->lock_file_count > 0) refuse("excludes --lock-file", "--as-pid-1");
  if (setup->hostname != NULL && setup->uts != UNSHARED) refuse("needs --unshare-uts", "--hostname");
  /* Whoever is not root needs a user namespace for all the others. */
  if (geteuid() != 0 && setup->user_fd < 0) setup->user = UNSHARED;
  if (setup->uid >= 0 && setup->user == SHARED) refuse("needs --unshare-user", "--uid");
  if (setup->gid >= 0 && setup->user == SHARED) refuse("needs --unshare-user", "--gid");
}

static void write_namespaces(int fd, pid_t child) {
  static const char *const NAMES[] = {"cgroup", "ipc", "mnt", "net", "pid", "uts"};
  static const char *const KEYS[] = {"cgroup", "ipc", "mnt", "net", "pid", "uts"};
  for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++) {
    char path[64], link[64];
    snprintf(path, sizeof path, "/proc/%d/ns/%s", (int)child, NAMES[i]);
    ssize_t length = readlink(path, link, sizeof link - 1);
    if (length < 0) continue;
    link[length] = '\0';
    const char *number = strchr(link, '[');
    if (number != NULL && dprintf(fd, ", \"%s-namespace\": %lu", KEYS[i], strtoul(number + 1, NULL, 10)) < 0)
      die("write the status");
  }
}

/* {"child-pid": N, "…-namespace": N, …}, the status in one line, the info for one reader. */
static void write_start(const struct setup *setup, pid_t child) {
  const int fds[] = {setup->info_fd, setup->status_fd};
  for (int i = 0; i < 2; i++) {
    if (fds[i] < 0) continue;
    if (dprintf(fds[i], i == 0 ? "{\n    \"child-pid\": %d" : "{ \"child-pid\": %d", (int)child) < 0)
      die("write the status");
    write_namespaces(fds[i], child);
    if (dprintf(fds[i], i == 0 ? "\n}\n" : " }\n") < 0) die("write the status");
  }
  if (setup->info_fd >= 0 && close(setup->info_fd) != 0) die("close");
}

static int shell_status(int wait_status) {
  return WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : 128 + WTERMSIG(wait_status);
}

/* Stays outside, and leaves as the command does. Process 1 may go on with what the command has left running. */
static void stay_outside(const struct setup *setup, pid_t child, int reports) __attribute__((noreturn));
static void stay_outside(const struct setup *setup, pid_t child, int reports) {
  struct report report = {.kind = REPORT_NOTHING}, next;
  while (report.kind != REPORT_EXITED && read_full(reports, &next, sizeof next) == sizeof next) report = next;
  int status = report.value;
  if (report.kind != REPORT_EXITED) {
    int wait_status;
    while (waitpid(child, &wait_status, 0) < 0)
      if (errno != EINTR) die("waitpid");
    status = shell_status(wait_status);
  }
  int was_started = report.kind == REPORT_EXITED || (report.kind == REPORT_NOTHING && setup->is_process_1);
  if (setup->status_fd >= 0 && was_started && dprintf(setup->status_fd, "{ \"exit-code\": %d }\n", status) < 0 &&
      errno != EPIPE)
    die("write the status");
  _exit(status);
}

static void launch(struct setup *setup, char **argv) __attribute__((noreturn));
static void launch(struct setup *setup, char **argv) {
  check(setup);
  keep_descriptors(setup);
  int parent = open_process(getppid()), self = open_process(getpid());
  if (setup->dies_with_parent) die_with(parent);
  join_namespaces(setup);
  int reports[2], process = -1;
  if (pipe2(reports, O_CLOEXEC) != 0) die("pipe");
  char *directory = getcwd(NULL, 0); /* NULL where it has been removed */
  const struct identity identity = {.uid = geteuid(), .gid = getegid()};
  pid_t child = fork_into_namespaces(setup, &process);
  if (child < 0) die("make namespaces");
  if (child == 0) {
    if (close(reports[0]) != 0) die("close");
    if (setup->dies_with_parent) die_with(self);
    enter_sandbox(setup, argv, &(struct entrance){.identity = identity, .report = reports[1], .directory = directory});
  }
  if (close(reports[1]) != 0) die("close");
  write_start(setup, child);
  stay_outside(setup, child, reports[0]);
}

int main(int argc, char **argv) {
  /* A reader of the status that has gone is no reason to die. */
  if (signal(SIGPIPE, SIG_IGN) == SIG_ERR) die("signal");
  if (argc == 2 && strcmp(argv[1], "--zygote") == 0) serve_zygote();
  if (argc == 2 && strcmp(argv[1], "--version") == 0) return print_version();
  if (argc == 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) return print_help();
  struct setup setup = empty_setup();
  size_t at = 1 + read_options(&setup, argv + 1, (size_t)argc - 1, 1);
  if ((int)at >= argc) refuse("no command was given", "--help tells more");
  launch(&setup, argv + at);
}

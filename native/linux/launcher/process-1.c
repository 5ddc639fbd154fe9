#define _GNU_SOURCE
#include "process-1.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "errors.h"
#include "family.h"
#include "report.h"
#include "sys.h"
#include "wait-status.h"

/* A lock belongs to the process that took it, not to its children, and goes with it (fcntl(2)). Returns the open
 * file. */
static int lock(const char *path) {
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  struct flock whole = {.l_type = F_RDLCK, .l_whence = SEEK_SET};
  if (fd < 0 || fcntl(fd, F_SETLK, &whole) != 0) die_at(FAILED_LOCK, path);
  return fd;
}

struct kept {
  int *fds;
  size_t count;
};

static struct kept take_locks(const struct setup *setup, const struct start *start) {
  struct kept kept = {.fds = allocate((2 + setup->lock_file_count + setup->sync_count) * sizeof(int))};
  kept.fds[kept.count++] = start->report_fd;
  kept.fds[kept.count++] = start->owner;
  for (size_t i = 0; i < setup->sync_count; i++) kept.fds[kept.count++] = setup->sync_fds[i];
  for (size_t i = 0; i < setup->lock_file_count; i++) kept.fds[kept.count++] = lock(setup->lock_files[i]);
  return kept;
}

/* To the last child, or to the command's end. */
static int reap(pid_t command, const struct start *start) {
  int result = EXIT_FAILED;
  for (;;) {
    int status;
    pid_t pid = waitpid(-1, &status, 0);
    if (pid < 0 && errno == ECHILD) return result;
    if (pid < 0 && errno != EINTR) die("waitpid");
    if (pid != command) continue;
    result = exit_status_of(status);
    send_report(start->report_fd, REPORT_ENDED, result);
    if (start->ends_with_command) return result;
  }
}

void serve_as_process_1(const struct setup *setup, struct start *start) {
  /* Or the command could open /proc/1/mem and rewrite what runs here (proc(5)). */
  if (prctl(PR_SET_DUMPABLE, 0) != 0) die("PR_SET_DUMPABLE");
  if (setup->namespaces.none) begin_family();
  struct kept kept = take_locks(setup, start);
  start->has_process_1 = true;
  start->parent = getpid();
  pid_t command = fork();
  if (command < 0) die("fork");
  if (command == 0) execute(setup, start);
  /* Not the command's pipes, whose other ends would never see an end. */
  close_all_but(kept.fds, kept.count);
  if (setup->namespaces.none) serve_family(start, command);
  _exit(reap(command, start));
}

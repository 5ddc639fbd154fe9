#define _GNU_SOURCE
#include "sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "checks.h"
#include "namespaces.h"
#include "options.h"
#include "root.h"
#include "sys.h"

int open_process(pid_t pid) { return (int)syscall(SYS_pidfd_open, pid, 0); }

static void wait_for(int fd) {
  char byte;
  if (fd < 0) return;
  while (read(fd, &byte, 1) < 0)
    if (errno != EINTR) die("wait for a byte");
  if (close(fd) != 0) die("close");
}

static struct filter read_filter(int fd) {
  enum { ROOM = 4096 * 8 + 8 }; /* BPF_MAXINSNS, and one more to notice that it is too long */
  char *instructions = allocate(ROOM);
  size_t length = read_full(fd, instructions, ROOM);
  if (length == 0 || length % 8 != 0 || length == ROOM) refuse("not a seccomp program", "--seccomp");
  if (close(fd) != 0) die("close");
  return (struct filter){instructions, length};
}

static struct filters read_filters(const struct setup *setup) {
  struct filters filters = {.count = setup->seccomp_fd_count, .list = allocate(setup->seccomp_fd_count * sizeof *filters.list)};
  for (size_t i = 0; i < filters.count; i++) filters.list[i] = read_filter(setup->seccomp_fds[i]);
  return filters;
}

/* What is the same for both ways, up to the finished root. The old root is still there. */
static struct root prepare(const struct setup *setup, const struct identity *identity) {
  wait_for(setup->user_block_fd);
  if (setup->user != SHARED) map_ids(setup, identity->uid, identity->gid);
  if (setup->network != SHARED) raise_loopback();
  if (setup->hostname != NULL && sethostname(setup->hostname, strlen(setup->hostname)) != 0) die("set the host's name");
  struct root root = make_root();
  fill_root(&root, setup);
  return root;
}

static void forbid_if_asked(const struct setup *setup, const struct root *root) {
  if (!setup->forbids_user_namespaces) return;
  int proc = openat(root->old, "proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (proc < 0) die("open /proc");
  forbid_user_namespaces(proc);
  if (close(proc) != 0) die("close");
}

void enter_sandbox(const struct setup *setup, char **argv, const struct entrance *entrance) {
  struct root root = prepare(setup, &entrance->identity);
  forbid_if_asked(setup, &root);
  enter_root(&root);
  wait_for(setup->block_fd);
  const struct command command = {
      .argv = argv, .working_directory = entrance->directory, .filters = read_filters(setup)};
  run_command(setup, &command, entrance->report);
}

/* Without keys in the kernel (ENOSYS) or behind a filter that refuses the call (EPERM, EACCES), there is none to reach. */
static void join_new_session_keyring(void) {
  if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) < 0 && errno != ENOSYS && errno != EPERM &&
      errno != EACCES)
    die("join a new session keyring");
}

/* Nothing of other sandboxes stays open here: 0 to 2 are the command's streams, 3 is the report. */
static void keep_only(const int streams[3], int report, int parent) {
  enum { REPORT = 3, PARENT = 4, FIRST_FREE = 5 };
  int high[5] = {streams[0], streams[1], streams[2], report, parent};
  for (int i = 0; i < 5; i++) {
    high[i] = fcntl(high[i], F_DUPFD_CLOEXEC, FIRST_FREE);
    if (high[i] < 0) die("F_DUPFD");
  }
  for (int i = 0; i < 5; i++) place_descriptor(high[i], i);
  close_from(FIRST_FREE);
  if (fcntl(REPORT, F_SETFD, FD_CLOEXEC) != 0 || fcntl(PARENT, F_SETFD, FD_CLOEXEC) != 0) die("fcntl");
}

struct start {
  const struct launch_request *request;
  struct setup setup;
  struct identity identity;
};

static void become_sandbox(struct start *start, const int streams[3], int report, int parent) __attribute__((noreturn));
static void become_sandbox(struct start *start, const int streams[3], int report, int parent) {
  const struct launch_request *request = start->request;
  keep_only(streams, report, parent);
  die_with(4);
  join_new_session_keyring();
  struct root root = prepare(&start->setup, &start->identity);
  int failed = run_checks(request->checks, request->checks_length, root.new, root.old);
  if (failed != CHECKS_HOLD) {
    send_report(3, REPORT_MISMATCH, failed);
    _exit(EXIT_FAILED);
  }
  forbid_if_asked(&start->setup, &root);
  enter_root(&root);
  size_t count;
  struct filter filter = {request->filter, request->filter_length};
  const struct command command = {.argv = split_strings(request->command, request->command_length, &count),
                                  .filters = {&filter, 1},
                                  .ends_the_rest = 1};
  run_command(&start->setup, &command, 3);
}

static jmp_buf mistake;

static void escape(void) { longjmp(mistake, 1); }

/* A mistake in a request must not end the zygote. Returns whether there was none. */
static int read_request_options(struct setup *setup, char **words, size_t count) {
  if (setjmp(mistake) != 0) return 0;
  before_dying(escape);
  size_t used = read_options(setup, words, count, 0);
  before_dying(NULL);
  return used == count;
}

pid_t start_sandbox(const struct launch_request *request, const int streams[3], int report, int *process) {
  struct start start = {
      .request = request, .setup = empty_setup(), .identity = {.uid = geteuid(), .gid = getegid()}};
  size_t count;
  char **words = split_strings(request->options, request->options_length, &count);
  int is_right = read_request_options(&start.setup, words, count);
  pid_t pid = -1;
  int reason = EINVAL, parent = open_process(getpid());
  if (is_right && parent >= 0) {
    pid = fork_into_namespaces(&start.setup, process);
    if (pid == 0) become_sandbox(&start, streams, report, parent);
    reason = errno;
  }
  if (parent >= 0 && close(parent) != 0) die("close");
  free_setup(&start.setup);
  free(words);
  errno = reason;
  return pid;
}

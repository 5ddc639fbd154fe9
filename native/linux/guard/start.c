#define _GNU_SOURCE
#include "start.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "events.h"
#include "family.h"
#include "sys.h"

/* Numbers that bubblewrap is told on its command line. */
enum { ARGS = 4, MOST_ENDS = 6, FIRST_FREE = ARGS + MOST_ENDS };

/* Where Node put its channel (guard.c). */
enum { NODES_CHANNEL = 4 };

/* A file in memory, complete and positioned at its beginning. */
static int memory_file(const char *data, size_t length) {
  int fd = memfd_create("cordon-args", MFD_CLOEXEC);
  if (fd < 0) die("memfd_create");
  write_full(fd, data, length);
  if (lseek(fd, 0, SEEK_SET) != 0) die("lseek");
  return fd;
}

/* bubblewrap reads one byte of --block-fd when all mounts are made. The pair's send buffer is more than half full with
 * one datagram; reading a byte takes the whole datagram off, and the other end becomes writable (unix(7)). */
static void make_block_pair(int pair[2]) {
  if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, pair) != 0) die("socketpair");
  int size = 0; /* The kernel raises it to its minimum, 4608 bytes. */
  if (setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof size) != 0) die("SO_SNDBUF");
  char filling[2048] = {0};
  if (send(pair[0], filling, sizeof filling, MSG_DONTWAIT) != (ssize_t)sizeof filling) die("send");
  struct pollfd writable = {.fd = pair[0], .events = POLLOUT};
  if (poll(&writable, 1, 0) != 0) {
    errno = EPROTO;
    die("the block socket is not full");
  }
}

/* Without keys in the kernel (ENOSYS) or behind a filter that refuses the call (EPERM, EACCES), there is none to reach. */
static void join_new_session_keyring(void) {
  if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) < 0 && errno != ENOSYS && errno != EPERM &&
      errno != EACCES)
    die("join a new session keyring");
}

static void reset_signals(void) {
  sigset_t none;
  sigemptyset(&none);
  if (sigprocmask(SIG_SETMASK, &none, NULL) != 0) die("sigprocmask");
  for (int number = 1; number < NSIG; number++)
    if (signal(number, SIG_DFL) == SIG_ERR && errno != EINVAL) die("signal");
}

static void die_with(pid_t guard) {
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) die("PR_SET_PDEATHSIG");
  if (getppid() != guard) _exit(EXIT_FAILED);
}

struct child_ends {
  int args, status, block, seccomp;
  int channel, evidence; /* or -1 */
};

static void become_bubblewrap(const struct child_ends *ends, char **argv, pid_t guard) {
  die_with(guard);
  join_new_session_keyring();
  reset_signals();
  /* Above all targets first, so that none of them overwrites another that is still needed. */
  int high[MOST_ENDS] = {ends->args, ends->status, ends->block, ends->seccomp, ends->channel, ends->evidence};
  for (int i = 0; i < MOST_ENDS; i++) {
    if (high[i] < 0) continue;
    high[i] = fcntl(high[i], F_DUPFD_CLOEXEC, FIRST_FREE);
    if (high[i] < 0) die("F_DUPFD");
  }
  for (int i = 0; i < MOST_ENDS; i++) {
    if (high[i] >= 0) place_descriptor(high[i], ARGS + i);
    else if (close(ARGS + i) != 0 && errno != EBADF) die("close");
  }
  if (close(CONTROL) != 0) die("close");
  close_from(FIRST_FREE);
  execv(argv[0], argv);
  die(argv[0]);
}

struct started start_bubblewrap(const struct request *request, char **argv, struct more_ends more) {
  int status[2], block[2], seccomp[2];
  if (pipe2(status, O_CLOEXEC) != 0 || pipe2(seccomp, O_CLOEXEC) != 0) die("pipe");
  make_block_pair(block);
  struct child_ends ends = {
      .args = memory_file(request->args, request->args_length),
      .status = status[1],
      .block = block[1],
      .seccomp = seccomp[0],
      .channel = more.has_channel ? NODES_CHANNEL : -1,
      .evidence = more.evidence,
  };
  pid_t self = getpid();
  pid_t pid = fork();
  if (pid < 0) die("fork");
  if (pid == 0) become_bubblewrap(&ends, argv, self);
  before_dying(end_all_children);
  if (close(ends.args) != 0 || close(status[1]) != 0 || close(block[1]) != 0 || close(seccomp[0]) != 0)
    die("close");
  if (more.has_channel && close(NODES_CHANNEL) != 0) die("close");
  if (more.evidence >= 0 && close(more.evidence) != 0) die("close");
  return (struct started){.pid = pid, .status_fd = status[0], .block_fd = block[0], .seccomp_fd = seccomp[1]};
}

static void become_command(int report, char **argv, pid_t guard) {
  die_with(guard);
  reset_signals();
  if (dup2(report, CONTROL) != CONTROL || fcntl(CONTROL, F_SETFD, FD_CLOEXEC) != 0) die("dup2");
  close_from(CONTROL + 1);
  execvp(argv[0], argv);
  int reason = errno;
  write_full(CONTROL, &reason, sizeof reason);
  _exit(EXIT_FAILED);
}

/* The pipe closes when the command is executed, or tells why it cannot be. */
struct started start_plain(char **argv) {
  struct started started = {.status_fd = -1, .block_fd = -1, .seccomp_fd = -1};
  int failure[2];
  if (pipe2(failure, O_CLOEXEC) != 0) die("pipe");
  pid_t self = getpid();
  started.pid = fork();
  if (started.pid < 0) die("fork");
  if (started.pid == 0) become_command(failure[1], argv, self);
  before_dying(end_all_children);
  if (close(failure[1]) != 0) die("close");
  int reason;
  int has_failed = read_full(failure[0], &reason, sizeof reason) == sizeof reason;
  if (close(failure[0]) != 0) die("close");
  if (has_failed) {
    started.pid = -1;
    errno = reason;
  }
  return started;
}

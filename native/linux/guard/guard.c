/* cordon-guard: stands between cordon and bubblewrap.
 *
 *   cordon-guard --probe                      does nothing, with success: a program that runs in any root
 *   cordon-guard --raw-terminal                makes the caller's own terminal raw and prints its settings
 *   cordon-guard --restore-terminal SETTINGS   gives them back
 *   cordon-guard [--tty] [--merge] -- /path/to/bwrap --args 4 --json-status-fd 5 --block-fd 6 --seccomp 7 … -- command
 *   cordon-guard --plain [--tty] [--merge] -- command
 *                                              without a sandbox: the same session, descriptors and end of the whole tree
 * --merge makes standard error the same descriptor as standard output, so that the order of both is kept.
 * --pipe-0, --pipe-1, --pipe-2 make that standard stream a pipe of pipe(2): Node's own are sockets, and a command cannot open
 * a socket as /dev/stdout or /dev/stderr (ENXIO, open(2)). The owner opens the other end as /proc/PID/fd/N, which it is told
 * of by EVENT_PIPE, and says so with one byte; until then the guard keeps that end open.
 *
 * It does what has to be spoken to the kernel before bubblewrap starts, and what bubblewrap leaves open:
 *   - closes every descriptor that it was not given by number, whatever the caller left open;
 *   - joins a new, empty session keyring (keyctl(2));
 *   - makes a session of its own, with the terminal as its controlling one if asked;
 *   - notices the death of its owner at any moment: the control socket (descriptor 3) is the owner's life line. All
 *     processes of the sandbox, those that bubblewrap orphans while it starts included, become children of the guard and
 *     are killed and reaped before it leaves;
 *   - holds back the seccomp program, without which bubblewrap cannot start the command, until checks.h is satisfied.
 *
 * Events to the owner on the control socket: pairs of little endian u32 kind, i32 value (enum event below). */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "checks.h"
#include "family.h"
#include "request.h"
#include "status.h"
#include "sys.h"
#include "terminal.h"

enum descriptor { CONTROL = 3, ARGS = 4, STATUS = 5, BLOCK = 6, SECCOMP = 7, FIRST_FREE = 8 };

enum event {
  EVENT_CHILD = 1,    /* value: process id of the sandbox's process 1 */
  EVENT_RELEASED = 2, /* the checks hold, the command is being started */
  EVENT_EXITED = 3,   /* value: exit status of the command, 128+n for signal n */
  EVENT_FAILED = 4,   /* value: exit status of bubblewrap, which did not start the command */
  EVENT_MISMATCH = 5, /* value: index of the check that failed */
  EVENT_NOT_EXECUTED = 6, /* --plain; value: errno of execvp(3) */
  EVENT_PIPE = 7,         /* value: descriptor of the owner's end * 4 + the standard stream */
};

/* How often to look whether a command without a monitor has ended; nobody reports its end while others of its run. */
enum { ORPHAN_CHECK_MS = 50 };

struct guard {
  struct request request;
  int has_terminal;
  int is_plain;
  pid_t bubblewrap;
  pid_t sandbox_init; /* 0 until known */
  int bubblewrap_is_gone;
  int status_of_init; /* once reaped by us; else -1 */
  int status_of_monitor;
  int has_pipe[3];
  int owner_ends[3]; /* of the pipes, until the owner has opened them; else -1 */
  int status_fd;  /* what bubblewrap reports */
  int block_fd;   /* becomes writable when the mounts are made; -1 afterwards */
  int seccomp_fd; /* takes the program; -1 afterwards */
  int signal_fd;
  struct status status;
};

static void send_event(enum event kind, int value) {
  unsigned char message[8] = {(unsigned char)kind};
  for (int i = 0; i < 4; i++) message[4 + i] = (unsigned char)((unsigned)value >> (8 * i));
  /* An owner that is gone is noticed by poll; nothing is to be done here. */
  if (send(CONTROL, message, sizeof message, MSG_NOSIGNAL) < 0 && errno != EPIPE && errno != ECONNRESET)
    die("send");
}

static void make_pipes(struct guard *guard) {
  for (int stream = 0; stream < 3; stream++) {
    guard->owner_ends[stream] = -1;
    if (!guard->has_pipe[stream]) continue;
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) die("pipe");
    int ours = stream == STDIN_FILENO ? ends[0] : ends[1];
    guard->owner_ends[stream] = stream == STDIN_FILENO ? ends[1] : ends[0];
    place_descriptor(ours, stream);
    if (close(ours) != 0) die("close");
    send_event(EVENT_PIPE, guard->owner_ends[stream] * 4 + stream);
  }
}

/* The owner has opened its ends: they must not stay open here, or the command would never see a broken pipe or an end. */
static void close_owner_ends(struct guard *guard) {
  for (int stream = 0; stream < 3; stream++) {
    if (guard->owner_ends[stream] >= 0 && close(guard->owner_ends[stream]) != 0) die("close");
    guard->owner_ends[stream] = -1;
  }
}

/* What was written must not be lost because a short command ended before its owner opened the pipes. */
static void wait_for_owner(struct guard *guard) {
  char byte;
  int is_open = 0;
  for (int stream = 0; stream < 3; stream++) is_open |= guard->owner_ends[stream] >= 0;
  while (is_open && recv(CONTROL, &byte, 1, 0) < 0)
    if (errno != EINTR) break;
}

static void leave(int exit_status) __attribute__((noreturn));
static void leave(int exit_status) {
  end_all_children();
  _exit(exit_status);
}

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

struct child_ends {
  int args, status, block, seccomp;
};

static void become_bubblewrap(const struct child_ends *ends, char **argv, pid_t guard) {
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) die("PR_SET_PDEATHSIG");
  if (getppid() != guard) _exit(EXIT_GUARD_FAILED);
  join_new_session_keyring();
  reset_signals();
  /* Above all targets first, so that none of them overwrites another that is still needed. */
  int high[4] = {ends->args, ends->status, ends->block, ends->seccomp};
  for (int i = 0; i < 4; i++) {
    high[i] = fcntl(high[i], F_DUPFD_CLOEXEC, FIRST_FREE);
    if (high[i] < 0) die("F_DUPFD");
  }
  for (int i = 0; i < 4; i++) place_descriptor(high[i], ARGS + i);
  if (close(CONTROL) != 0) die("close");
  close_from(FIRST_FREE);
  execv(argv[0], argv);
  die(argv[0]);
}

static void start_bubblewrap(struct guard *guard, char **argv) {
  int status[2], block[2], seccomp[2];
  if (pipe2(status, O_CLOEXEC) != 0 || pipe2(seccomp, O_CLOEXEC) != 0) die("pipe");
  make_block_pair(block);
  struct child_ends ends = {
      .args = memory_file(guard->request.args, guard->request.args_length),
      .status = status[1],
      .block = block[1],
      .seccomp = seccomp[0],
  };
  pid_t self = getpid();
  guard->bubblewrap = fork();
  if (guard->bubblewrap < 0) die("fork");
  if (guard->bubblewrap == 0) become_bubblewrap(&ends, argv, self);
  before_dying(end_all_children);
  if (close(ends.args) != 0 || close(status[1]) != 0 || close(block[1]) != 0 || close(seccomp[0]) != 0)
    die("close");
  guard->status_fd = status[0];
  guard->block_fd = block[0];
  guard->seccomp_fd = seccomp[1];
}

/* Without a sandbox. The pipe closes when the command is executed, or tells why it cannot be. */
static void start_plain(struct guard *guard, char **argv) {
  int failure[2];
  if (pipe2(failure, O_CLOEXEC) != 0) die("pipe");
  pid_t self = getpid();
  guard->bubblewrap = fork();
  if (guard->bubblewrap < 0) die("fork");
  if (guard->bubblewrap == 0) {
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) die("PR_SET_PDEATHSIG");
    if (getppid() != self) _exit(EXIT_GUARD_FAILED);
    reset_signals();
    int report = dup2(failure[1], CONTROL);
    if (report != CONTROL || fcntl(report, F_SETFD, FD_CLOEXEC) != 0) die("dup2");
    close_from(CONTROL + 1);
    execvp(argv[0], argv);
    int reason = errno;
    write_full(CONTROL, &reason, sizeof reason);
    _exit(EXIT_GUARD_FAILED);
  }
  before_dying(end_all_children);
  if (close(failure[1]) != 0) die("close");
  int reason;
  if (read_full(failure[0], &reason, sizeof reason) == sizeof reason) {
    send_event(EVENT_NOT_EXECUTED, reason);
    wait_for_owner(guard);
    leave(EXIT_GUARD_FAILED);
  }
  if (close(failure[0]) != 0) die("close");
  guard->status_fd = guard->block_fd = guard->seccomp_fd = -1;
  send_event(EVENT_CHILD, (int)guard->bubblewrap);
}

static void note_status(struct guard *guard) {
  if (!read_status(&guard->status, guard->status_fd)) {
    close(guard->status_fd);
    guard->status_fd = -1;
  }
  long pid = status_number(&guard->status, "child-pid");
  if (guard->sandbox_init == 0 && pid > 0) {
    guard->sandbox_init = (pid_t)pid;
    send_event(EVENT_CHILD, (int)pid);
  }
}

/* The mounts are made and bubblewrap waits for its seccomp program; or it has died, which empties the socket as well. */
static void release(struct guard *guard) {
  while (guard->sandbox_init == 0 && guard->status_fd >= 0) note_status(guard);
  int failed = guard->sandbox_init == 0
                   ? SANDBOX_IS_GONE
                   : run_checks(guard->request.checks, guard->request.checks_length, guard->sandbox_init);
  if (failed == SANDBOX_IS_GONE) {
    if (close(guard->block_fd) != 0) die("close");
    guard->block_fd = -1; /* its end is reported by SIGCHLD */
    return;
  }
  if (failed != CHECKS_HOLD) {
    send_event(EVENT_MISMATCH, failed);
    end_all_children();
    wait_for_owner(guard);
    leave(EXIT_GUARD_FAILED);
  }
  write_full(guard->seccomp_fd, guard->request.seccomp, guard->request.seccomp_length);
  if (close(guard->seccomp_fd) != 0 || close(guard->block_fd) != 0) die("close");
  guard->seccomp_fd = guard->block_fd = -1;
  send_event(EVENT_RELEASED, 0);
}

static int shell_status(int wait_status) {
  return WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : 128 + WTERMSIG(wait_status);
}

/* The owner must not have to wait for our own end to see that of the streams. */
static void close_streams(void) {
  for (int stream = 0; stream < 3; stream++)
    if (close(stream) != 0 && errno != EBADF) die("close");
}

static void finish(struct guard *guard, int exit_status) {
  end_all_children();
  while (guard->status_fd >= 0) note_status(guard);
  close_streams();
  long code = status_number(&guard->status, "exit-code");
  int started = code >= 0 || (guard->bubblewrap_is_gone && guard->seccomp_fd < 0);
  send_event(started ? EVENT_EXITED : EVENT_FAILED, code >= 0 ? (int)code : exit_status);
  wait_for_owner(guard);
  _exit(exit_status);
}

/* A key on the terminal (^C) signals bubblewrap's monitor as well as the command. The monitor dies of it; the sandbox, whose
 * process 1 then is our child, goes on until its command ends in its own way. Which of the two is reaped first is chance. */
static int outlives_monitor(const struct guard *guard, int wait_status) {
  return guard->has_terminal && WIFSIGNALED(wait_status) && guard->sandbox_init != 0 && guard->seccomp_fd < 0;
}

static void note_end(struct guard *guard, pid_t pid, int wait_status) {
  if (pid == guard->sandbox_init) {
    guard->status_of_init = shell_status(wait_status);
    return;
  }
  if (pid != guard->bubblewrap) return;
  if (guard->is_plain) {
    close_streams();
    send_event(EVENT_EXITED, shell_status(wait_status));
    wait_for_owner(guard);
    _exit(shell_status(wait_status)); /* what the command left running is its own affair */
  }
  if (!outlives_monitor(guard, wait_status)) finish(guard, shell_status(wait_status));
  guard->bubblewrap_is_gone = 1;
  guard->status_of_monitor = shell_status(wait_status);
}

static void note_orphans(struct guard *guard, int has_no_child);

static void reap(struct guard *guard) {
  struct signalfd_siginfo drained;
  if (read(guard->signal_fd, &drained, sizeof drained) < 0 && errno != EAGAIN && errno != EINTR)
    die("read signalfd");
  int wait_status;
  pid_t pid;
  while ((pid = waitpid(-1, &wait_status, WNOHANG)) > 0) note_end(guard, pid, wait_status);
  note_orphans(guard, pid < 0 && errno == ECHILD);
}

/* After the monitor's death, see note_end. */
static void note_orphans(struct guard *guard, int has_no_child) {
  if (!guard->bubblewrap_is_gone) return;
  if (guard->status_of_init >= 0) finish(guard, guard->status_of_init);
  /* The monitor had reaped process 1 before it died: no child is left. */
  if (has_no_child) finish(guard, guard->status_of_monitor);
  /* The command is gone, and process 1 waits for what it left behind. */
  if (!has_child_in_group(guard->sandbox_init, getpid())) finish(guard, guard->status_of_monitor);
}

/* After its request the owner says one thing, that it has opened the pipes; then it ends. */
static void watch_owner(struct guard *guard) {
  char byte;
  ssize_t got = recv(CONTROL, &byte, 1, MSG_DONTWAIT);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got <= 0) leave(128 + SIGKILL);
  close_owner_ends(guard);
}

static void serve(struct guard *guard) {
  for (;;) {
    struct pollfd watched[] = {
        {.fd = CONTROL, .events = POLLIN},
        {.fd = guard->signal_fd, .events = POLLIN},
        {.fd = guard->status_fd, .events = POLLIN},
        {.fd = guard->block_fd, .events = POLLOUT},
    };
    if (poll(watched, sizeof watched / sizeof *watched, guard->bubblewrap_is_gone ? ORPHAN_CHECK_MS : -1) < 0) {
      if (errno == EINTR) continue;
      die("poll");
    }
    if (watched[0].revents != 0) watch_owner(guard);
    if (watched[2].revents != 0) note_status(guard);
    if (watched[3].revents != 0) release(guard);
    if (watched[1].revents != 0 || guard->bubblewrap_is_gone) reap(guard);
  }
}

static void prepare(struct guard *guard) {
  if (setsid() < 0 && errno != EPERM) die("setsid");
  if (guard->has_terminal && ioctl(STDIN_FILENO, TIOCSCTTY, 0) != 0) die("TIOCSCTTY");
  if (prctl(PR_SET_CHILD_SUBREAPER, 1) != 0) die("PR_SET_CHILD_SUBREAPER");
  int flags = fcntl(CONTROL, F_GETFL);
  if (flags < 0 || fcntl(CONTROL, F_SETFL, flags & ~O_NONBLOCK) < 0) die("control socket");
  sigset_t all;
  sigfillset(&all);
  if (sigprocmask(SIG_SETMASK, &all, NULL) != 0) die("sigprocmask");
  sigset_t child;
  sigemptyset(&child);
  sigaddset(&child, SIGCHLD);
  guard->signal_fd = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
  if (guard->signal_fd < 0) die("signalfd");
}

int main(int argc, char **argv) {
  struct guard guard = {.status_of_init = -1};
  if (argc == 2 && strcmp(argv[1], "--probe") == 0) return 0;
  if (argc == 2 && strcmp(argv[1], "--raw-terminal") == 0) {
    make_terminal_raw();
    return 0;
  }
  if (argc == 3 && strcmp(argv[1], "--restore-terminal") == 0) {
    restore_terminal(argv[2]);
    return 0;
  }
  int at = 1, is_merged = 0;
  for (; at < argc && strcmp(argv[at], "--") != 0; at++) {
    if (strcmp(argv[at], "--plain") == 0)
      guard.is_plain = 1;
    else if (strcmp(argv[at], "--tty") == 0)
      guard.has_terminal = 1;
    else if (strcmp(argv[at], "--merge") == 0)
      is_merged = 1;
    else if (strncmp(argv[at], "--pipe-", 7) == 0 && argv[at][7] >= '0' && argv[at][7] <= '2' && argv[at][8] == '\0')
      guard.has_pipe[argv[at][7] - '0'] = 1;
    else
      break;
  }
  if (at + 1 >= argc || strcmp(argv[at], "--") != 0 || (!guard.is_plain && argv[at + 1][0] != '/')) {
    errno = EINVAL;
    die("usage: cordon-guard [--plain] [--tty] [--merge] -- /path/to/bwrap ARGUMENT...");
  }
  prepare(&guard);
  make_pipes(&guard);
  if (is_merged) place_descriptor(STDOUT_FILENO, STDERR_FILENO);
  if (guard.is_plain) {
    start_plain(&guard, argv + at + 1);
  } else {
    guard.request = read_request(CONTROL);
    start_bubblewrap(&guard, argv + at + 1);
  }
  serve(&guard);
}

/* cordon-guard: stands between cordon and bubblewrap.
 *
 *   cordon-guard --probe                      does nothing, with success: a program that runs in any root
 *   cordon-guard --raw-terminal                makes the caller's own terminal raw and prints its settings
 *   cordon-guard --restore-terminal SETTINGS   gives them back
 *   cordon-guard [--tty] [--merge] -- /path/to/bwrap --args 4 --json-status-fd 5 --block-fd 6 --seccomp 7 … -- command
 *   cordon-guard --plain [--tty] [--merge] -- command
 *                                              without a sandbox: the same session, descriptors and end of the whole tree
 *   cordon-guard --standby [--merge]           waits for a request that holds the bubblewrap command line as well
 * --channel hands the channel of Node's that is descriptor 4 here to the launcher, as its descriptor 8.
 * --merge makes standard error the same descriptor as standard output, so that the order of both is kept.
 * --domain enters a domain for signals (signal-domain.h), by which the whole tree is ended where it has no pid namespace.
 * --pipe-0, --pipe-1, --pipe-2 make that standard stream a pipe, see streams.h; --pipe-3 makes one for evidence.
 *
 * It does what has to be spoken to the kernel before bubblewrap starts, and what bubblewrap leaves open:
 *   - closes every descriptor that it was not given by number, whatever the caller left open;
 *   - joins a new, empty session keyring (keyctl(2));
 *   - makes a session of its own, with the terminal as its controlling one if asked;
 *   - notices the death of its owner at any moment: the control socket (descriptor 3) is the owner's life line. All
 *     processes of the sandbox, those that bubblewrap orphans while it starts included, become children of the guard and
 *     are killed and reaped before it leaves;
 *   - holds back the seccomp program, without which bubblewrap cannot start the command, until checks.h is satisfied.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "checks.h"
#include "events.h"
#include "family.h"
#include "options.h"
#include "request.h"
#include "start.h"
#include "status.h"
#include "streams.h"
#include "sys.h"
#include "terminal.h"

/* How often to look whether a command without a monitor has ended; nobody reports its end while others of its run. */
enum { ORPHAN_CHECK_MS = 50 };

struct guard {
  struct options options;
  struct request request;
  struct streams streams;
  struct started bubblewrap;
  pid_t sandbox_init; /* 0 until known */
  int bubblewrap_is_gone;
  int status_of_init; /* once reaped by us; else -1 */
  int status_of_monitor;
  int signal_fd;
  struct status status;
};

static void leave(int exit_status) __attribute__((noreturn));
static void leave(int exit_status) {
  end_all_children();
  _exit(exit_status);
}

static void note_status(struct guard *guard) {
  if (!read_status(&guard->status, guard->bubblewrap.status_fd)) {
    close(guard->bubblewrap.status_fd);
    guard->bubblewrap.status_fd = -1;
  }
  long pid = status_number(&guard->status, "child-pid");
  if (guard->sandbox_init == 0 && pid > 0) {
    guard->sandbox_init = (pid_t)pid;
    send_event(EVENT_CHILD, (int)pid);
  }
}

enum { SANDBOX_IS_GONE = -2 };

/* Returns as run_checks, or SANDBOX_IS_GONE when process 1 has ended. */
static int check_mounts(const struct guard *guard) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/root", (int)guard->sandbox_init);
  int sandbox = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (sandbox < 0 && (errno == ENOENT || errno == ESRCH)) return SANDBOX_IS_GONE;
  if (sandbox < 0) die("open the root of the sandbox");
  int host = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (host < 0) die("open /");
  int failed = run_checks(guard->request.checks, guard->request.checks_length, sandbox, host);
  if (close(sandbox) != 0 || close(host) != 0) die("close");
  return failed;
}

/* The mounts are made and bubblewrap waits for its seccomp program; or it has died, which empties the socket as well. */
static void release(struct guard *guard) {
  while (guard->sandbox_init == 0 && guard->bubblewrap.status_fd >= 0) note_status(guard);
  int failed = guard->sandbox_init == 0 ? SANDBOX_IS_GONE : check_mounts(guard);
  if (failed == SANDBOX_IS_GONE) {
    if (close(guard->bubblewrap.block_fd) != 0) die("close");
    guard->bubblewrap.block_fd = -1; /* its end is reported by SIGCHLD */
    return;
  }
  if (failed != CHECKS_HOLD) {
    send_event(EVENT_MISMATCH, failed);
    end_all_children();
    wait_for_owner(&guard->streams);
    leave(EXIT_FAILED);
  }
  write_full(guard->bubblewrap.seccomp_fd, guard->request.seccomp, guard->request.seccomp_length);
  if (close(guard->bubblewrap.seccomp_fd) != 0 || close(guard->bubblewrap.block_fd) != 0) die("close");
  guard->bubblewrap.seccomp_fd = guard->bubblewrap.block_fd = -1;
  long wall = status_number(&guard->status, "landlock-abi");
  send_event(EVENT_RELEASED, wall > 0 ? (int)wall : 0);
}

static int shell_status(int wait_status) {
  return WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : 128 + WTERMSIG(wait_status);
}

static void finish(struct guard *guard, int exit_status) {
  end_all_children();
  while (guard->bubblewrap.status_fd >= 0) note_status(guard);
  close_streams();
  long code = status_number(&guard->status, "exit-code");
  int started = code >= 0 || (guard->bubblewrap_is_gone && guard->bubblewrap.seccomp_fd < 0);
  send_event(started ? EVENT_EXITED : EVENT_FAILED, code >= 0 ? (int)code : exit_status);
  wait_for_owner(&guard->streams);
  _exit(exit_status);
}

/* A key on the terminal (^C) signals bubblewrap's monitor as well as the command. The monitor dies of it; the sandbox, whose
 * process 1 then is our child, goes on until its command ends in its own way. Which of the two is reaped first is chance. */
static int outlives_monitor(const struct guard *guard, int wait_status) {
  return guard->options.has_terminal && WIFSIGNALED(wait_status) && guard->sandbox_init != 0 && guard->bubblewrap.seccomp_fd < 0;
}

static void note_end(struct guard *guard, pid_t pid, int wait_status) {
  if (pid == guard->sandbox_init) {
    guard->status_of_init = shell_status(wait_status);
    return;
  }
  if (pid != guard->bubblewrap.pid) return;
  if (guard->options.is_plain) {
    close_streams();
    send_event(EVENT_EXITED, shell_status(wait_status));
    wait_for_owner(&guard->streams);
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
  close_owner_ends(&guard->streams);
}

static void serve(struct guard *guard) {
  for (;;) {
    struct pollfd watched[] = {
        {.fd = CONTROL, .events = POLLIN},
        {.fd = guard->signal_fd, .events = POLLIN},
        {.fd = guard->bubblewrap.status_fd, .events = POLLIN},
        {.fd = guard->bubblewrap.block_fd, .events = POLLOUT},
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
  if (guard->options.has_terminal && ioctl(STDIN_FILENO, TIOCSCTTY, 0) != 0) die("TIOCSCTTY");
  if (prctl(PR_SET_CHILD_SUBREAPER, 1) != 0) die("PR_SET_CHILD_SUBREAPER");
  if (guard->options.has_domain) enter_domain_of_family();
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

static void start_without_sandbox(struct guard *guard) {
  guard->bubblewrap = start_plain(guard->options.command);
  if (guard->bubblewrap.pid < 0) {
    send_event(EVENT_NOT_EXECUTED, errno);
    wait_for_owner(&guard->streams);
    leave(EXIT_FAILED);
  }
  send_event(EVENT_CHILD, (int)guard->bubblewrap.pid);
}

/* A standby that is not needed any more is told so by the end of its control socket. */
static void await_request(void) {
  char byte;
  ssize_t got;
  do {
    got = recv(CONTROL, &byte, 1, MSG_PEEK);
  } while (got < 0 && errno == EINTR);
  if (got <= 0) leave(0);
}

static void start_sandbox(struct guard *guard) {
  if (guard->options.is_standby) await_request();
  guard->request = read_request(CONTROL, guard->options.is_standby);
  char **argv = guard->options.is_standby ? guard->request.argv : guard->options.command;
  const struct more_ends more = {.has_channel = guard->options.has_channel, .evidence = guard->streams.evidence};
  guard->bubblewrap = start_bubblewrap(&guard->request, argv, more);
}

int main(int argc, char **argv) {
  if (argc == 2 && strcmp(argv[1], "--probe") == 0) return 0;
  if (argc == 2 && strcmp(argv[1], "--raw-terminal") == 0) {
    make_terminal_raw();
    return 0;
  }
  if (argc == 3 && strcmp(argv[1], "--restore-terminal") == 0) {
    restore_terminal(argv[2]);
    return 0;
  }
  struct guard guard = {.status_of_init = -1, .options = read_options(argc, argv)};
  prepare(&guard);
  guard.streams = make_pipes(guard.options.has_pipe);
  if (guard.options.is_merged) place_descriptor(STDOUT_FILENO, STDERR_FILENO);
  if (guard.options.is_plain)
    start_without_sandbox(&guard);
  else
    start_sandbox(&guard);
  serve(&guard);
}

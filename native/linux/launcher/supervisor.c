#define _GNU_SOURCE
#include "supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "answer.h"
#include "capabilities.h"
#include "caller.h"
#include "connect-for.h"
#include "errors.h"
#include "evidence.h"
#include "handover.h"
#include "lifeline.h"
#include "send-for.h"
#include "socket-table.h"
#include "sys.h"

struct supervisor {
  int listener;
  bool decides_sockets;
  struct evidence evidence;
  struct socket_rules rules;
  struct workers workers;
  struct seccomp_notif *call; /* as large as the kernel's */
  size_t call_size;
};

static void take_handed(struct supervisor *supervisor, int handover, const struct watch *watch) {
  struct handed_descriptor handed;
  while (supervisor->listener == NONE && take_over(handover, &handed)) {
    if (handed.kind == HANDED_SOCKET_TABLE) supervisor->rules.own_table = handed.fd;
    if (handed.kind == HANDED_LISTENER) supervisor->listener = handed.fd;
    if (handed.kind == HANDED_ALLOWED && handed.index < watch->allowed_count)
      supervisor->rules.pinned[handed.index] = handed.fd;
  }
  if (close(handover) != 0) die("close");
  if (supervisor->listener == NONE) _exit(0); /* the sandbox was not set up */
}

static void begin(struct supervisor *supervisor, int handover, int host_table, const struct watch *watch) {
  *supervisor = (struct supervisor){
      .listener = NONE, .decides_sockets = watch->sockets, .evidence = {.stream = watch->report_fd}};
  supervisor->rules = (struct socket_rules){.own_table = NONE,
                                           .host_table = host_table,
                                           .allowed = watch->allowed,
                                           .pinned = allocate(watch->allowed_count * sizeof(int)),
                                            .count = watch->allowed_count,
                                            .evidence = &supervisor->evidence};
  for (size_t i = 0; i < watch->allowed_count; i++) supervisor->rules.pinned[i] = NONE;
  take_handed(supervisor, handover, watch);
  supervisor->workers.listener = supervisor->listener;
  struct seccomp_notif_sizes sizes;
  if (syscall(SYS_seccomp, SECCOMP_GET_NOTIF_SIZES, 0, &sizes) != 0) die("SECCOMP_GET_NOTIF_SIZES");
  bool is_newer = sizes.seccomp_notif > sizeof *supervisor->call;
  supervisor->call_size = is_newer ? sizes.seccomp_notif : sizeof *supervisor->call;
  supervisor->call = allocate(supervisor->call_size);
}

/* The kernel decides about all others; they are reported at most. */
static bool is_carried_out(const struct supervisor *supervisor) {
  if (!supervisor->decides_sockets) return false;
  int number = supervisor->call->data.nr;
  return number == SYS_connect || number == SYS_sendto || number == SYS_sendmsg || number == SYS_sendmmsg;
}

static struct answer answer_call(struct supervisor *supervisor, struct caller *caller) {
  const struct seccomp_notif *call = supervisor->call;
  if (!is_carried_out(supervisor)) return look_at_change(&supervisor->evidence, caller, call);
  if (call->data.nr == SYS_connect) return connect_for(caller, call, &supervisor->rules, &supervisor->workers);
  return send_for(caller, call, &supervisor->rules, &supervisor->workers);
}

static struct answer carry_out(struct supervisor *supervisor) {
  struct caller caller;
  struct answer answer = {.kind = is_carried_out(supervisor) ? RETURNS : GOES_ON};
  answer.error = meet_caller(&caller, supervisor->listener, supervisor->call);
  if (answer.error == 0) answer = answer_call(supervisor, &caller);
  leave_caller(&caller);
  return answer;
}

/* Returns false when there was none: its caller has been killed meanwhile. */
static bool receive(struct supervisor *supervisor) {
  memset(supervisor->call, 0, supervisor->call_size);
  if (ioctl(supervisor->listener, SECCOMP_IOCTL_NOTIF_RECV, supervisor->call) == 0) return true;
  if (errno != ENOENT && errno != EINTR) die("receive a call");
  return false;
}

/* To the end of the last process that the program holds for. */
static void serve(struct supervisor *supervisor) {
  for (;;) {
    struct pollfd watched = {.fd = supervisor->listener, .events = POLLIN};
    int count = poll(&watched, 1, supervisor->workers.count > 0 ? TEND_MS : -1);
    if (count < 0 && errno != EINTR) die("poll");
    tend_workers(&supervisor->workers);
    if (count <= 0) continue;
    if ((watched.revents & POLLIN) == 0) return;
    if (!receive(supervisor)) continue;
    struct answer answer = carry_out(supervisor);
    send_answer(supervisor->listener, supervisor->call->id, &answer);
  }
}

/* The command's streams end with the command, and keys of its terminal are not for us. */
static void let_go_of_streams(void) {
  int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  if (null < 0) die("open /dev/null");
  for (int stream = STDIN_FILENO; stream <= STDERR_FILENO; stream++) place_descriptor(null, stream);
  if (null > STDERR_FILENO && close(null) != 0) die("close");
}

static void supervise(int handover, int host_table, const struct setup *setup, pid_t starter) __attribute__((noreturn));
static void supervise(int handover, int host_table, const struct setup *setup, pid_t starter) {
  if (setup->dies_with_parent) die_with_process(starter);
  let_go_of_streams();
  int kept[] = {handover, host_table, setup->watch.report_fd};
  close_all_but(kept, sizeof kept / sizeof *kept);
  if (setsid() < 0 || signal(SIGPIPE, SIG_IGN) == SIG_ERR) die("setsid");
  drop_all_capabilities();
  if (setup->dies_with_parent) die_with_process(starter); /* credentials have changed */
  struct supervisor supervisor;
  begin(&supervisor, handover, host_table, &setup->watch);
  serve(&supervisor);
  end_workers(&supervisor.workers);
  _exit(0);
}

static bool close_all(const int *fds, size_t count) {
  int saved = errno;
  for (size_t i = 0; i < count; i++)
    if (fds[i] != NONE) close(fds[i]);
  errno = saved;
  return false;
}

bool start_supervision(struct supervision *supervision, const struct setup *setup) {
  *supervision = (struct supervision){.supervisor = NONE, .handover = NONE};
  const struct watch *watch = &setup->watch;
  if (!watch->sockets && !watch->changes) return true;
  if (!can_borrow_descriptors()) return false;
  int fds[3] = {NONE, NONE, watch->sockets ? open_socket_table() : NONE};
  if ((watch->sockets && fds[2] == NONE) || make_handover(fds) != 0) return close_all(fds, 3);
  pid_t starter = getpid();
  supervision->supervisor = fork();
  if (supervision->supervisor < 0) return close_all(fds, 3);
  if (supervision->supervisor == 0) supervise(fds[0], fds[2], setup, starter);
  supervision->handover = fds[1];
  fds[1] = NONE;
  close_all(fds, 3);
  return true;
}

/* It ends by itself, and its workers with it, unless it is held up: by a file system that does not answer, say. */
enum { GRACE_MS = 1000 };

static void wait_a_moment(pid_t supervisor) {
  struct pollfd watched = {.fd = (int)syscall(SYS_pidfd_open, supervisor, 0), .events = POLLIN};
  if (watched.fd < 0) return;
  while (poll(&watched, 1, GRACE_MS) < 0)
    if (errno != EINTR) die("poll");
  if (close(watched.fd) != 0) die("close");
}

void end_supervision(const struct supervision *supervision) {
  if (supervision->supervisor == NONE) return;
  wait_a_moment(supervision->supervisor);
  if (kill(supervision->supervisor, SIGKILL) != 0 && errno != ESRCH) die("kill");
  while (waitpid(supervision->supervisor, NULL, 0) < 0)
    if (errno != EINTR) die("waitpid");
}

#define _GNU_SOURCE
#include "watched.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "errors.h"
#include "handover.h"
#include "lifeline.h"
#include "socket-table.h"
#include "sys.h"
#include "watch-program.h"

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif

static void hand_over_and_close(int handover, struct handed_descriptor handed) {
  if (hand_over(handover, &handed) != 0) die_at(FAILED_WATCH, "hand a descriptor over");
  if (close(handed.fd) != 0) die("close");
}

/* What is no socket, or not there yet, is judged when somebody connects to it. */
static void hand_over_allowed(int handover, const char *path, uint32_t index) {
  struct stat status;
  int fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0) return;
  if (fstat(fd, &status) == 0 && S_ISSOCK(status.st_mode))
    hand_over_and_close(handover, (struct handed_descriptor){.kind = HANDED_ALLOWED, .index = index, .fd = fd});
  else if (close(fd) != 0)
    die("close");
}

/* A command could send by what it is given, too. */
static void refuse_datagrams(int fd) {
  int type, domain;
  socklen_t length = sizeof type;
  if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &length) != 0 || type != SOCK_DGRAM) return;
  length = sizeof domain;
  errno = EPROTOTYPE;
  if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &length) != 0 || domain == AF_UNIX) die_at(FAILED_DESCRIPTOR, fd);
}

void hand_over_sockets(const struct setup *setup, int handover) {
  const struct watch *watch = &setup->watch;
  if (handover == NONE || !watch->sockets) return;
  int table = open_socket_table();
  if (table < 0 || !can_list_sockets(table)) die_at(FAILED_WATCH, "list Unix sockets");
  hand_over_and_close(handover, (struct handed_descriptor){.kind = HANDED_SOCKET_TABLE, .fd = table});
  for (size_t i = 0; i < watch->allowed_count; i++) hand_over_allowed(handover, watch->allowed[i], (uint32_t)i);
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO && !watch->datagrams; fd++) refuse_datagrams(fd);
}

static int load(const struct seccomp_program *program) {
  struct sock_fprog loaded = {.len = (unsigned short)program->length, .filter = program->instructions};
  unsigned long flags = SECCOMP_FILTER_FLAG_NEW_LISTENER;
  /* Since Linux 5.19: a call that somebody has begun to carry out is not begun anew because of a signal. */
  int fd = (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, &loaded);
  if (fd >= 0 || errno != EINVAL) return fd;
  return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &loaded);
}

/* A process that shares our descriptors, forked before the program is loaded, which does not hold for it: it sends what we may not
 * send any more. */
struct courier {
  pid_t pid;
  int number; /* where it is told of the descriptor */
};

static void carry(int from, int handover, pid_t parent) __attribute__((noreturn));
static void carry(int from, int handover, pid_t parent) {
  die_with_process(parent); /* what it waits on it holds open itself */
  struct handed_descriptor listener = {.kind = HANDED_LISTENER, .fd = NONE};
  size_t got = read_full(from, &listener.fd, sizeof listener.fd);
  _exit(got == sizeof listener.fd && hand_over(handover, &listener) == 0 ? 0 : EXIT_FAILED);
}

static int start_courier(struct courier *courier, int handover) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return -1;
  courier->number = ends[1];
  pid_t self = getpid();
  courier->pid = (pid_t)syscall(SYS_clone, (unsigned long)(CLONE_FILES | SIGCHLD), NULL, NULL, NULL, NULL);
  if (courier->pid == 0) carry(ends[0], handover, self);
  return courier->pid < 0 ? -1 : 0;
}

static int send_by_courier(const struct courier *courier, int listener) {
  write_full(courier->number, &listener, sizeof listener);
  int status;
  while (waitpid(courier->pid, &status, 0) < 0)
    if (errno != EINTR) return -1;
  errno = EPIPE;
  return status == 0 ? 0 : -1;
}

/* Listener and pipe are closed by execve(2). */
int become_watched(const struct setup *setup, int handover) {
  if (handover == NONE) return 0;
  struct courier courier = {.pid = NONE, .number = NONE};
  bool needs_courier = watches_sending(&setup->watch);
  if (needs_courier && start_courier(&courier, handover) != 0) return -1;
  struct seccomp_program program = make_watch_program(&setup->watch);
  int listener = load(&program);
  free(program.instructions);
  if (listener < 0) return -1;
  if (needs_courier) return send_by_courier(&courier, listener);
  return hand_over(handover, &(struct handed_descriptor){.kind = HANDED_LISTENER, .fd = listener});
}

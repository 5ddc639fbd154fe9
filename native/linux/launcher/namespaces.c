#define _GNU_SOURCE
#include "namespaces.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "errors.h"
#include "sys.h"

static void join(int fd, int kind, const char *name) {
  if (fd != NONE && setns(fd, kind) != 0) die_at(FAILED_JOIN, name, fd);
}

void join_namespaces(const struct namespaces *namespaces) {
  join(namespaces->user_fd, CLONE_NEWUSER, "user");
  join(namespaces->pid_fd, CLONE_NEWPID, "pid");
}

/* fork(2) with flags. With no stack of its own the child goes on where the parent is (clone(2)); no memory is
 * shared. */
static pid_t fork_with(unsigned flags) {
#if defined(__s390__) || defined(__CRIS__)
  return (pid_t)syscall(SYS_clone, NULL, (unsigned long)(flags | SIGCHLD), NULL, NULL, NULL);
#else
  return (pid_t)syscall(SYS_clone, (unsigned long)(flags | SIGCHLD), NULL, NULL, NULL, NULL);
#endif
}

/* A kernel without such namespaces has no file for them (namespaces(7)). */
static bool is_wanted(enum wish wish, const char *file) {
  return wish == YES || (wish == IF_POSSIBLE && access(file, F_OK) == 0);
}

pid_t try_to_fork_into_namespaces(const struct namespaces *namespaces, unsigned *made) {
  *made = 0;
  if (namespaces->none) return fork_with(0);
  *made = CLONE_NEWNS | namespaces->plain;
  if (is_wanted(namespaces->cgroup, "/proc/self/ns/cgroup")) *made |= CLONE_NEWCGROUP;
  if (is_wanted(namespaces->user, "/proc/self/ns/user")) *made |= CLONE_NEWUSER;
  pid_t pid = fork_with(*made);
  if (pid < 0 && namespaces->user == IF_POSSIBLE && (*made & CLONE_NEWUSER) != 0) {
    *made &= ~(unsigned)CLONE_NEWUSER;
    pid = fork_with(*made);
  }
  return pid;
}

pid_t fork_into_namespaces(const struct namespaces *namespaces, unsigned *made) {
  pid_t pid = try_to_fork_into_namespaces(namespaces, made);
  if (pid < 0) die(FAILED_NAMESPACES);
  return pid;
}

#define _GNU_SOURCE
#include "namespaces.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sys.h"

void join_namespaces(const struct setup *setup) {
  if (setup->user_fd >= 0 && setns(setup->user_fd, CLONE_NEWUSER) != 0) die("join the user namespace");
  if (setup->pid_fd >= 0 && setns(setup->pid_fd, CLONE_NEWPID) != 0) die("join the process namespace");
}

static uint64_t flag(enum unshare wish, uint64_t bit) { return wish == SHARED ? 0 : bit; }

static uint64_t flags_of(const struct setup *setup) {
  return CLONE_NEWNS | flag(setup->user, CLONE_NEWUSER) | flag(setup->ipc, CLONE_NEWIPC) |
         flag(setup->pid, CLONE_NEWPID) | flag(setup->network, CLONE_NEWNET) | flag(setup->uts, CLONE_NEWUTS) |
         flag(setup->cgroup, CLONE_NEWCGROUP);
}

static pid_t clone_once(const struct setup *setup, int *process) {
  struct clone_args args = {
      .flags = flags_of(setup) | CLONE_PIDFD, .pidfd = (uint64_t)(uintptr_t)process, .exit_signal = SIGCHLD};
  return (pid_t)syscall(SYS_clone3, &args, sizeof args);
}

pid_t fork_into_namespaces(struct setup *setup, int *process) {
  pid_t pid = clone_once(setup, process);
  if (pid < 0 && setup->cgroup == IF_POSSIBLE) {
    setup->cgroup = SHARED;
    pid = clone_once(setup, process);
  }
  if (pid < 0 && setup->user == IF_POSSIBLE) {
    setup->user = SHARED;
    pid = clone_once(setup, process);
  }
  return pid;
}

static void write_own(const char *name, const char *text) {
  char path[64];
  snprintf(path, sizeof path, "/proc/self/%s", name);
  int fd = open(path, O_WRONLY | O_CLOEXEC);
  /* Kernels before 3.19 have no setgroups file, and map groups without it. */
  if (fd < 0 && errno == ENOENT && strcmp(name, "setgroups") == 0) return;
  if (fd < 0) die(path);
  if (write(fd, text, strlen(text)) != (ssize_t)strlen(text)) die(path);
  if (close(fd) != 0) die("close");
}

static void map_one(const char *name, long inside, unsigned outside) {
  char line[64];
  snprintf(line, sizeof line, "%ld %u 1\n", inside < 0 ? (long)outside : inside, outside);
  write_own(name, line);
}

void map_ids(const struct setup *setup, uid_t uid, gid_t gid) {
  map_one("uid_map", setup->uid, uid);
  write_own("setgroups", "deny");
  map_one("gid_map", setup->gid, gid);
}

void die_with(int parent) {
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) die("PR_SET_PDEATHSIG");
  struct pollfd watched = {.fd = parent, .events = POLLIN};
  if (parent >= 0 && poll(&watched, 1, 0) == 1) _exit(EXIT_FAILED);
}

void raise_loopback(void) {
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) die("open a socket for lo");
  struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
  if (ioctl(fd, SIOCSIFFLAGS, &request) != 0) die("bring lo up");
  if (close(fd) != 0) die("close");
}

void forbid_user_namespaces(int proc) {
  int fd = openat(proc, "sys/user/max_user_namespaces", O_WRONLY | O_CLOEXEC);
  if (fd < 0) die("open /proc/sys/user/max_user_namespaces");
  write_full(fd, "1", 1);
  if (close(fd) != 0) die("close");
  uid_t uid = geteuid();
  gid_t gid = getegid();
  if (unshare(CLONE_NEWUSER) != 0) die("make the last user namespace");
  const struct setup same = {.uid = -1, .gid = -1};
  map_ids(&same, uid, gid);
}

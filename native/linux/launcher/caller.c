#define _GNU_SOURCE
#include "caller.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "proc-text.h"

#ifndef SYS_pidfd_getfd
#define SYS_pidfd_getfd 438
#endif

/* PIDFD_THREAD of linux/pidfd.h, since Linux 6.9. */
enum { OF_THREAD = O_EXCL };

bool can_borrow_descriptors(void) { return syscall(SYS_pidfd_getfd, -1, -1, 0) >= 0 || errno == EBADF; }

int meet_caller(struct caller *caller, int listener, const struct seccomp_notif *call) {
  *caller = (struct caller){
      .listener = listener, .id = call->id, .number = call->data.nr, .thread = (pid_t)call->pid, .directory = -1, .process = -1};
  char path[32];
  snprintf(path, sizeof path, "/proc/%d", (int)caller->thread);
  caller->directory = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
  return caller->directory < 0 ? EACCES : 0;
}

void leave_caller(struct caller *caller) {
  if (caller->directory >= 0) close(caller->directory);
  if (caller->process >= 0) close(caller->process);
}

bool is_waiting(const struct caller *caller) {
  uint64_t id = caller->id;
  return ioctl(caller->listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &id) == 0;
}

/* A caller that may not be looked into, or has gone, gets the error of any other refusal. */
static int reason_of(int error) { return error == EPERM || error == ESRCH ? EACCES : error; }

int read_memory(const struct caller *caller, uint64_t address, void *buffer, size_t length) {
  struct iovec here = {.iov_base = buffer, .iov_len = length};
  struct iovec there = {.iov_base = (void *)(uintptr_t)address, .iov_len = length};
  ssize_t got = process_vm_readv(caller->thread, &here, 1, &there, 1, 0);
  if (got < 0) return reason_of(errno);
  return (size_t)got == length ? 0 : EFAULT;
}

int write_memory(const struct caller *caller, uint64_t address, const void *buffer, size_t length) {
  struct iovec here = {.iov_base = (void *)(uintptr_t)buffer, .iov_len = length};
  struct iovec there = {.iov_base = (void *)(uintptr_t)address, .iov_len = length};
  ssize_t put = process_vm_writev(caller->thread, &here, 1, &there, 1, 0);
  if (put < 0) return reason_of(errno);
  return (size_t)put == length ? 0 : EFAULT;
}

static pid_t leader_of(const struct caller *caller) {
  char *text = read_proc_text(caller->directory, "status");
  if (text == NULL) return -1;
  const char *field = find_field(text, "Tgid:");
  pid_t leader = field == NULL ? -1 : (pid_t)strtol(field, NULL, 10);
  free(text);
  return leader;
}

static void open_process(struct caller *caller) {
#ifndef TEST_OLD_MOUNTS
  caller->process = (int)syscall(SYS_pidfd_open, caller->thread, OF_THREAD);
  caller->is_of_thread = caller->process >= 0;
  if (caller->is_of_thread || errno != EINVAL) return;
#endif
  caller->process = (int)syscall(SYS_pidfd_open, leader_of(caller), 0);
}

/* A kernel without pidfds of threads gives what the first thread has open, which may be something else. */
static bool is_callers(const struct caller *caller, int number, int fd) {
  char path[32];
  snprintf(path, sizeof path, "fd/%d", number);
  struct stat there, here;
  return fstatat(caller->directory, path, &there, 0) == 0 && fstat(fd, &here) == 0 && there.st_dev == here.st_dev &&
         there.st_ino == here.st_ino;
}

int borrow_descriptor(struct caller *caller, int number, int *fd) {
  if (caller->process < 0) open_process(caller);
  if (caller->process < 0) return EACCES;
  *fd = (int)syscall(SYS_pidfd_getfd, caller->process, number, 0);
  if (*fd < 0) return reason_of(errno);
  if (caller->is_of_thread || is_callers(caller, number, *fd)) return 0;
  close(*fd);
  return EBADF;
}

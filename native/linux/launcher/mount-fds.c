#define _GNU_SOURCE
#include "mount-fds.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Numbers that are the same on every architecture but Alpha; an older libc lacks them. */
#ifndef SYS_open_tree
#define SYS_open_tree 428
#endif
#ifndef SYS_move_mount
#define SYS_move_mount 429
#endif
#ifndef SYS_openat2
#define SYS_openat2 437
#endif
#ifndef SYS_mount_setattr
#define SYS_mount_setattr 442
#endif

/* From linux/mount.h, linux/openat2.h and linux/fcntl.h. Those headers are younger than some kernels that cordon is
 * built on, and clash with the C library's. */
enum {
  TREE_CLONE = 1,
  EMPTY_PATH = 0x1000,
  RECURSIVE = 0x8000,
  MOVE_FROM_EMPTY_PATH = 0x4,
  MOVE_TO_EMPTY_PATH = 0x40,
  RESOLVE_AS_ROOT = 0x10,
};

struct attributes {
  uint64_t set, clear, propagation, user_namespace;
};

struct how_to_open {
  uint64_t flags, mode, resolve;
};

/* A rename somewhere on the way makes the kernel ask for another try when it meets ".." (openat2(2), EAGAIN). */
enum { TRIES = 128 };

bool kernel_has_mount_fds(void) {
#ifdef TEST_OLD_MOUNTS
  return false;
#else
  struct attributes none = {0};
  return syscall(SYS_mount_setattr, -1, "", EMPTY_PATH, &none, sizeof none) == 0 || (errno != ENOSYS && errno != EPERM);
#endif
}

int clone_mounts(int directory, const char *path) {
  unsigned flags = TREE_CLONE | RECURSIVE | O_CLOEXEC | (*path == '\0' ? EMPTY_PATH : 0);
  return (int)syscall(SYS_open_tree, directory, path, flags);
}

int set_mount_attributes(int mount, uint64_t attributes, bool is_recursive) {
  struct attributes wanted = {.set = attributes};
  unsigned flags = EMPTY_PATH | (is_recursive ? RECURSIVE : 0);
  return (int)syscall(SYS_mount_setattr, mount, "", flags, &wanted, sizeof wanted);
}

int attach_mount(int mount, int target) {
  return (int)syscall(SYS_move_mount, mount, "", target, "", MOVE_FROM_EMPTY_PATH | MOVE_TO_EMPTY_PATH);
}

int open_in_root(int root, const char *path, uint64_t flags) {
#ifdef TEST_OLD_MOUNTS
  (void)root, (void)path, (void)flags;
  errno = ENOSYS;
  return -1;
#else
  struct how_to_open how = {.flags = flags, .resolve = RESOLVE_AS_ROOT};
  int fd = -1;
  for (int i = 0; i < TRIES; i++) {
    fd = (int)syscall(SYS_openat2, root, path, &how, sizeof how);
    if (fd >= 0 || (errno != EAGAIN && errno != EINTR)) break;
  }
  return fd;
#endif
}

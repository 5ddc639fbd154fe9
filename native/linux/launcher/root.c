#define _GNU_SOURCE
#include "root.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "errors.h"
#include "mount-fds.h"
#include "sys.h"

static int open_directory(int directory, const char *path) {
  int fd = openat(directory, path, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) die_at(FAILED_ROOT, path);
  return fd;
}

static void make_mount(const char *type, const char *target, unsigned long flags, const char *options) {
  if (mount(type, target, type, flags, options) != 0) die_at(FAILED_MOUNT, type, target);
}

/* Private, not slave: a file system that the host mounts later would come without the limits of the mount it comes
 * upon. */
static void leave_propagation(void) {
  if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0) die_at(FAILED_ROOT, "make mounts private");
}

static void mount_base(void) {
  make_mount("tmpfs", "/", MS_NOSUID | MS_NODEV, "mode=0755");
  if (mount(NULL, "/..", NULL, MS_UNBINDABLE, NULL) != 0) die_at(FAILED_ROOT, "make its base unbindable");
}

struct root begin_root(bool shares_pids) {
  struct root root = {
      .proc = open_directory(AT_FDCWD, "/proc"),
      .scratch = -1,
      .has_mount_fds = kernel_has_mount_fds(),
      .shares_pids = shares_pids,
  };
  leave_propagation();
  mount_base();
  root.base = open_directory(AT_FDCWD, "/..");
  if (mkdirat(root.base, "root", 0755) != 0) die_at(FAILED_ROOT, "make a directory");
  make_mount("tmpfs", "/../root", MS_NOSUID | MS_NODEV, "mode=0755");
  root.top = open_directory(root.base, "root");
  return root;
}

void note_mount(struct root *root, int target) {
  if (!is_same_object(root->top, target)) return;
  if (close(root->top) != 0) die("close");
  root->top = open_directory(root->base, "root");
}

/* After pivot_root(".", ".") the host's root lies upon the new one, and upon it the base: two mounts to let go
 * (pivot_root(2)). */
void enter_root(struct root *root) {
  if (fchdir(root->top) != 0) die_at(FAILED_ROOT, "fchdir");
  if (syscall(SYS_pivot_root, ".", ".") != 0) die_at(FAILED_ROOT, "pivot_root");
  for (int layer = 0; layer < 2; layer++)
    if (umount2(".", MNT_DETACH) != 0) die_at(FAILED_ROOT, "umount2");
  if (chdir("/") != 0) die_at(FAILED_ROOT, "chdir");
  if (close(root->top) != 0 || close(root->base) != 0) die("close");
  if (root->scratch >= 0 && close(root->scratch) != 0) die("close");
}

struct root inside_root(void) {
  return (struct root){
      .base = -1,
      .top = open_directory(AT_FDCWD, "/"),
      .proc = -1,
      .scratch = -1,
      .has_mount_fds = kernel_has_mount_fds(),
  };
}

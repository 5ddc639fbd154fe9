#define _GNU_SOURCE
#include "proc.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "errors.h"
#include "inside.h"
#include "mounts.h"
#include "setup.h"
#include "sys.h"

/* Through these, what a process writes reaches the whole machine. */
static const char *const MACHINE_WIDE[] = {"sys", "sysrq-trigger", "irq", "bus"};

/* Settings of the kernel may be written by their owner, the host's root, whatever capabilities he has left
 * (proc(5)). For other users the mode bits are enough, and nothing is covered: where a part of /proc is covered, no
 * further sandbox can mount a /proc of its own (user_namespaces(7), about mounting proc). */
static bool may_be_written(int proc, const char *name) {
  struct stat status;
  if (fstatat(proc, name, &status, AT_SYMLINK_NOFOLLOW) != 0) return false;
  return status.st_uid == geteuid() || faccessat(proc, name, W_OK, 0) == 0;
}

static void cover(struct root *root, int proc, const char *name) {
  int target = openat(proc, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
  if (target < 0) die_at(FAILED_MOUNT, "proc", name);
  struct source source = open_source(root, proc, name, name);
  if (source.fd < 0) die_at(FAILED_MOUNT, "proc", name);
  bind_source(root, source, target, name, READ_ONLY);
  if (close(target) != 0) die("close");
}

static int open_target(const struct root *root, const char *target) {
  int fd = open_inside(root, target, O_DIRECTORY);
  if (fd < 0) die_at(FAILED_MOUNT, "proc", target);
  return fd;
}

/* Only who owns a pid namespace may mount a /proc for it (pid_namespaces(7)): the host's may not belong to us. */
static void mount_on_place(struct root *root, int place, const char *target) {
  if (!root->shares_pids) {
    mount_new(root, (struct file_system){"proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL}, place, target);
    return;
  }
  struct source source = open_source(root, AT_FDCWD, "/proc", "/proc");
  if (source.fd < 0) die_at(FAILED_MOUNT, "/proc", target);
  bind_source(root, source, place, target, 0);
}

void mount_proc(struct root *root, const char *target) {
  int place = open_target(root, target);
  mount_on_place(root, place, target);
  if (close(place) != 0) die("close");
  int proc = open_target(root, target);
  for (size_t i = 0; i < sizeof MACHINE_WIDE / sizeof *MACHINE_WIDE; i++)
    if (may_be_written(proc, MACHINE_WIDE[i])) cover(root, proc, MACHINE_WIDE[i]);
  if (close(proc) != 0) die("close");
}

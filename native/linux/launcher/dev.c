#define _GNU_SOURCE
#include "dev.h"

#include <errno.h>
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

static const char *const DEVICES[] = {"null", "zero", "full", "random", "urandom", "tty"};

static const struct {
  const char *name, *text;
} LINKS[] = {
    {"fd", "/proc/self/fd"},       {"stdin", "/proc/self/fd/0"}, {"stdout", "/proc/self/fd/1"},
    {"stderr", "/proc/self/fd/2"}, {"core", "/proc/kcore"},      {"ptmx", "pts/ptmx"},
};

static int open_target(const struct root *root, const char *target) {
  int fd = open_inside(root, target, O_DIRECTORY);
  if (fd < 0) die_at(FAILED_DIRECTORY, target);
  return fd;
}

/* A device cannot be made in a user namespace (mknod(2)); the host's is bound to an empty file. */
static void bind_device(struct root *root, int dev, struct source source, const char *name) {
  if (mknodat(dev, name, S_IFREG | 0444, 0) != 0) die_at(FAILED_FILE, name);
  int target = openat(dev, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
  if (target < 0) die_at(FAILED_FILE, name);
  bind_source(root, source, target, name, WITH_DEVICES);
  if (close(target) != 0) die("close");
}

static void bind_devices(struct root *root, int dev) {
  for (size_t i = 0; i < sizeof DEVICES / sizeof *DEVICES; i++) {
    char path[32];
    snprintf(path, sizeof path, "/dev/%s", DEVICES[i]);
    struct source source = open_source(root, AT_FDCWD, path, path);
    if (source.fd < 0) die_at(FAILED_MOUNT, path, DEVICES[i]);
    bind_device(root, dev, source, DEVICES[i]);
  }
}

static void make_links(int dev) {
  for (size_t i = 0; i < sizeof LINKS / sizeof *LINKS; i++)
    if (symlinkat(LINKS[i].text, dev, LINKS[i].name) != 0) die_at(FAILED_SYMLINK, LINKS[i].name);
}

/* Every mount of devpts is a new instance; on kernels before 4.7 only with `newinstance`. The ids of its files are the
 * mounter's, so that no root user has to be mapped (Documentation/filesystems/devpts.rst, since Linux 4.6). */
static void mount_terminals(struct root *root, int dev) {
  if (mkdirat(dev, "shm", 0755) != 0) die_at(FAILED_DIRECTORY, "shm");
  if (mkdirat(dev, "pts", 0755) != 0) die_at(FAILED_DIRECTORY, "pts");
  int pts = openat(dev, "pts", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (pts < 0) die_at(FAILED_DIRECTORY, "pts");
  struct file_system devpts = {"devpts", MS_NOSUID | MS_NOEXEC, "newinstance,ptmxmode=0666,mode=620"};
  mount_new(root, devpts, pts, "pts");
  if (close(pts) != 0) die("close");
}

/* The caller's terminal, which the command may use, has no name in the new devpts; this one is the usual
 * (console(4)). One that cannot be found by a name is left out. */
static void bind_console(struct root *root, int dev) {
  if (!isatty(STDOUT_FILENO)) return;
  struct source source = open_source_of(root, STDOUT_FILENO, "the terminal");
  if (source.fd >= 0) bind_device(root, dev, source, "console");
}

void mount_dev(struct root *root, const char *target) {
  int place = open_target(root, target);
  mount_new(root, (struct file_system){"tmpfs", MS_NOSUID | MS_NODEV, "mode=0755"}, place, target);
  if (close(place) != 0) die("close");
  int dev = open_target(root, target);
  bind_devices(root, dev);
  make_links(dev);
  mount_terminals(root, dev);
  bind_console(root, dev);
  if (close(dev) != 0) die("close");
}

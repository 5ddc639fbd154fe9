#define _GNU_SOURCE
#include "mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "errors.h"
#include "mount-fds.h"
#include "old-mounts.h"
#include "setup.h"
#include "sys.h"

struct descriptor_path path_of(int fd) {
  struct descriptor_path path;
  snprintf(path.text, sizeof path.text, "/proc/self/fd/%d", fd);
  return path;
}

struct source open_source(const struct root *root, int directory, const char *path, const char *name) {
  struct source source = {.name = name};
  if (root->has_mount_fds) source.fd = clone_mounts(directory, path);
  else if (*path == '\0') source.fd = fcntl(directory, F_DUPFD_CLOEXEC, 0);
  else source.fd = openat(directory, path, O_PATH | O_CLOEXEC);
  struct stat status;
  if (source.fd >= 0 && fstat(source.fd, &status) != 0) die_at(FAILED_MOUNT, name, "the new root");
  source.is_directory = source.fd >= 0 && S_ISDIR(status.st_mode);
  return source;
}

struct source open_source_of(const struct root *root, int fd, const char *name) {
  char path[PATH_MAX];
  ssize_t length = readlink(path_of(fd).text, path, sizeof path - 1);
  if (length < 0) return (struct source){.fd = -1};
  path[length] = '\0';
  struct source source = open_source(root, AT_FDCWD, path, name);
  if (source.fd < 0 || is_same_object(source.fd, fd)) return source;
  if (close(source.fd) != 0) die("close");
  errno = ESTALE;
  return (struct source){.fd = -1};
}

void bind_source(struct root *root, struct source source, int target, const char *target_name, unsigned flags) {
  uint64_t attributes = MOUNT_NO_SUID | ((flags & WITH_DEVICES) != 0 ? 0 : MOUNT_NO_DEVICES) |
                        ((flags & READ_ONLY) != 0 ? MOUNT_READ_ONLY : 0);
  bool is_bound = root->has_mount_fds ? set_mount_attributes(source.fd, attributes, true) == 0 &&
                                            attach_mount(source.fd, target) == 0
                                      : bind_by_path(source.fd, target, attributes);
  if (!is_bound) die_at(FAILED_MOUNT, source.name, target_name);
  note_mount(root, target);
  if (close(source.fd) != 0) die("close");
}

void mount_new(struct root *root, struct file_system new, int target, const char *target_name) {
  if (mount(new.type, path_of(target).text, new.type, new.flags, new.options) != 0)
    die_at(FAILED_MOUNT, new.type, target_name);
  note_mount(root, target);
}

/* Devices go as well, as with bubblewrap: through them one could write all the same. */
void make_read_only(const struct root *root, int target, const char *target_name) {
  uint64_t attributes = MOUNT_READ_ONLY | MOUNT_NO_SUID | MOUNT_NO_DEVICES;
  bool is_done = root->has_mount_fds ? set_mount_attributes(target, attributes, false) == 0
                                     : add_attributes(target, attributes);
  if (!is_done) die_at(FAILED_REMOUNT, target_name);
}

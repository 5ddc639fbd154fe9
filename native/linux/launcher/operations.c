#define _GNU_SOURCE
#include "operations.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/mount.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dev.h"
#include "mount-api.h"
#include "places.h"
#include "sys.h"

static void close_or_die(int fd) {
  if (close(fd) != 0) die("close");
}

static void die_mounting(const char *source, const char *destination) __attribute__((noreturn));
static void die_mounting(const char *source, const char *destination) {
  char what[2 * PATH_MAX + 64];
  snprintf(what, sizeof what, "mount %s on %s", source, destination);
  die(what);
}

/* Of the descriptor that was given, or of the path in the old root; -1 when it may be missing and is. */
static int open_source(const struct root *root, const struct operation *operation) {
  int fd = operation->fd >= 0 ? fcntl(operation->fd, F_DUPFD_CLOEXEC, 0)
                              : open_in_root(root->old, operation->source, O_PATH);
  if (fd < 0 && !(errno == ENOENT && (operation->flags & MAY_BE_MISSING) != 0))
    die_about("find", operation->source == NULL ? "the descriptor" : operation->source);
  return fd;
}

static int is_directory(int fd) {
  struct stat status;
  if (fstat(fd, &status) != 0) die("fstat");
  return S_ISDIR(status.st_mode);
}

static int target_for(const struct root *root, int source, const char *destination) {
  return is_directory(source) ? directory_at(root->new, destination, 0755) : file_at(root->new, destination);
}

static uint64_t attributes_of(unsigned flags) {
  return MOUNT_ATTR_NOSUID | (flags & READ_ONLY ? MOUNT_ATTR_RDONLY : 0) | (flags & DEVICES ? 0 : MOUNT_ATTR_NODEV);
}

static void bind(const struct root *root, const struct operation *operation) {
  int source = open_source(root, operation);
  if (source < 0) return;
  const char *name = operation->source == NULL ? "a descriptor" : operation->source;
  int mount = copy_tree(source, attributes_of(operation->flags));
  if (mount < 0) die_mounting(name, operation->destination);
  int target = target_for(root, source, operation->destination);
  if (attach(mount, target) != 0) die_mounting(name, operation->destination);
  close_or_die(target);
  close_or_die(source);
}

static void copy_content(int from, int to, const char *destination) {
  char buffer[64 << 10];
  size_t got;
  do {
    got = read_full(from, buffer, sizeof buffer);
    write_full(to, buffer, got);
  } while (got == sizeof buffer);
  if (close(from) != 0) die_about("read the content of", destination);
}

static int mode_or(const struct operation *operation, int otherwise) {
  return operation->mode >= 0 ? operation->mode : otherwise;
}

static void write_file(const struct root *root, const struct operation *operation) {
  const char *name;
  int above = parent_at(root->new, operation->destination, &name);
  int file = openat(above, name, O_CREAT | O_WRONLY | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (file < 0) die_about("make", operation->destination);
  copy_content(operation->fd, file, operation->destination);
  if (fchmod(file, (mode_t)mode_or(operation, 0666)) != 0) die_about("change the mode of", operation->destination);
  close_or_die(file);
  close_or_die(above);
}

/* The file has no name once it is mounted. */
static void bind_data(const struct root *root, const struct operation *operation) {
  static const char NAME[] = "data";
  int file = openat(root->base, NAME, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
  if (file < 0) die_about("make a file for", operation->destination);
  copy_content(operation->fd, file, operation->destination);
  if (fchmod(file, (mode_t)mode_or(operation, 0600)) != 0) die_about("change the mode of", operation->destination);
  close_or_die(file);
  int source = openat(root->base, NAME, O_PATH | O_CLOEXEC);
  if (source < 0) die_about("open a file for", operation->destination);
  int mount = copy_tree(source, attributes_of(operation->flags));
  if (mount < 0 || unlinkat(root->base, NAME, 0) != 0) die_mounting("data", operation->destination);
  int target = file_at(root->new, operation->destination);
  if (attach(mount, target) != 0) die_mounting("data", operation->destination);
  close_or_die(target);
  close_or_die(source);
}

static void mount_new(const struct root *root, const struct operation *operation, const char *type,
                      const char *const options[], uint64_t attributes) {
  int target = directory_at(root->new, operation->destination, 0755);
  int mount = new_file_system(type, options, attributes);
  if (mount < 0 || attach(mount, target) != 0) die_mounting(type, operation->destination);
  close_or_die(target);
}

static void mount_tmpfs(const struct root *root, const struct operation *operation) {
  char mode[16], size[24];
  snprintf(mode, sizeof mode, "%04o", (unsigned)mode_or(operation, 0755));
  snprintf(size, sizeof size, "%llu", (unsigned long long)operation->size);
  const char *const options[] = {"mode", mode, operation->size > 0 ? "size" : NULL, size, NULL};
  mount_new(root, operation, "tmpfs", options, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
}

/* A caller who is root may write these without any capability, and they change the running kernel. */
static void protect_settings(const struct root *root, const char *proc) {
  static const char *const SETTINGS[] = {"sys", "sysrq-trigger", "irq", "bus"};
  for (size_t i = 0; i < sizeof SETTINGS / sizeof *SETTINGS; i++) {
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", proc, SETTINGS[i]);
    int at = open_in_root(root->new, path, O_PATH);
    if (at < 0 && errno == ENOENT) continue;
    if (at < 0) die_about("open", path);
    int copy = copy_tree(at, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
    if (copy < 0 || attach(copy, at) != 0) die_mounting(path, path);
    close_or_die(at);
  }
}

static void mount_proc(const struct root *root, const struct operation *operation) {
  static const char *const NONE[] = {NULL};
  mount_new(root, operation, "proc", NONE, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
  protect_settings(root, operation->destination);
}

static void make_directory(const struct root *root, const struct operation *operation) {
  close_or_die(directory_at(root->new, operation->destination, (mode_t)mode_or(operation, 0755)));
}

static int is_same_link(int above, const char *name, const char *text) {
  char there[PATH_MAX];
  ssize_t length = readlinkat(above, name, there, sizeof there);
  return length >= 0 && (size_t)length == strlen(text) && memcmp(there, text, (size_t)length) == 0;
}

static void make_link(const struct root *root, const struct operation *operation) {
  const char *name;
  int above = parent_at(root->new, operation->destination, &name);
  if (symlinkat(operation->source, above, name) != 0 &&
      !(errno == EEXIST && is_same_link(above, name, operation->source))) {
    errno = EEXIST;
    die_about("make the link", operation->destination);
  }
  close_or_die(above);
}

static void change_mode(const struct root *root, const struct operation *operation) {
  int fd = open_in_root(root->new, operation->destination, O_RDONLY | O_NONBLOCK | O_NOCTTY);
  if (fd < 0 || fchmod(fd, (mode_t)operation->mode) != 0) die_about("change the mode of", operation->destination);
  close_or_die(fd);
}

static void remount_read_only(const struct root *root, const struct operation *operation) {
  int at = open_in_root(root->new, operation->destination, O_PATH);
  if (at < 0 || add_attributes(at, MOUNT_ATTR_RDONLY) != 0) die_about("make read-only", operation->destination);
  close_or_die(at);
}

void carry_out(const struct root *root, const struct operation *operation) {
  static const char *const NONE[] = {NULL};
  switch (operation->kind) {
    case BIND:
      bind(root, operation);
      return;
    case BIND_DATA:
      bind_data(root, operation);
      return;
    case WRITE_FILE:
      write_file(root, operation);
      return;
    case TMPFS:
      mount_tmpfs(root, operation);
      return;
    case PROC:
      mount_proc(root, operation);
      return;
    case DEV:
      mount_dev(root, operation->destination);
      return;
    case MQUEUE:
      mount_new(root, operation, "mqueue", NONE, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
      return;
    case DIRECTORY:
      make_directory(root, operation);
      return;
    case SYMLINK:
      make_link(root, operation);
      return;
    case CHANGE_MODE:
      change_mode(root, operation);
      return;
    case REMOUNT_READ_ONLY:
      remount_read_only(root, operation);
      return;
  }
}

#define _GNU_SOURCE
#include "operations.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "data.h"
#include "dev.h"
#include "errors.h"
#include "inside.h"
#include "mounts.h"
#include "proc.h"
#include "sys.h"

static int directory_for(const struct root *root, const struct operation *operation, mode_t permissions) {
  int fd = ensure_directory(root, operation->target, permissions, operation->parents);
  if (fd < 0) die_at(FAILED_DIRECTORY, operation->target);
  return fd;
}

/* Nobody writes the file that a mount covers. */
enum { COVERED_FILE = 0444 };

static int file_for(const struct root *root, const struct operation *operation, mode_t permissions) {
  int fd = ensure_file(root, operation->target, permissions, operation->parents);
  if (fd < 0) die_at(FAILED_FILE, operation->target);
  return fd;
}

static void close_checked(int fd) {
  if (close(fd) != 0) die("close");
}

static void bind_on_target(struct root *root, const struct operation *operation, struct source source) {
  int target = source.is_directory ? directory_for(root, operation, 0755) : file_for(root, operation, COVERED_FILE);
  bind_source(root, source, target, operation->target, operation->flags);
  close_checked(target);
}

static void bind_path(struct root *root, const struct operation *operation) {
  struct source source = open_source(root, AT_FDCWD, operation->source, operation->source);
  if (source.fd < 0 && errno == ENOENT && (operation->flags & IF_SOURCE_EXISTS) != 0) return;
  if (source.fd < 0) die_at(FAILED_MOUNT, operation->source, operation->target);
  bind_on_target(root, operation, source);
}

static void bind_descriptor(struct root *root, const struct operation *operation) {
  char name[32];
  snprintf(name, sizeof name, "descriptor %d", operation->fd);
  struct source source = open_source_of(root, operation->fd, name);
  if (source.fd < 0) die_at(FAILED_MOUNT, name, operation->target);
  bind_on_target(root, operation, source);
}

static void bind_data(struct root *root, const struct operation *operation) {
  int data = open_data_file(root, operation->fd, operation->permissions, operation->target);
  struct source source = open_source(root, data, "", "data");
  if (source.fd < 0) die_at(FAILED_MOUNT, "data", operation->target);
  bind_on_target(root, operation, source);
  close_checked(data);
}

static void mount_tmpfs(struct root *root, const struct operation *operation) {
  char options[64];
  int length = snprintf(options, sizeof options, "mode=%04o", (unsigned)operation->permissions);
  if (operation->size > 0)
    snprintf(options + length, sizeof options - (size_t)length, ",size=%llu", (unsigned long long)operation->size);
  int target = directory_for(root, operation, 0755);
  mount_new(root, (struct file_system){"tmpfs", MS_NOSUID | MS_NODEV, options}, target, operation->target);
  close_checked(target);
}

static void mount_mqueue(struct root *root, const struct operation *operation) {
  int target = directory_for(root, operation, 0755);
  mount_new(root, (struct file_system){"mqueue", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL}, target, operation->target);
  close_checked(target);
}

static void mount_proc_on_target(struct root *root, const struct operation *operation) {
  close_checked(directory_for(root, operation, 0755));
  mount_proc(root, operation->target);
}

static void mount_dev_on_target(struct root *root, const struct operation *operation) {
  close_checked(directory_for(root, operation, 0755));
  mount_dev(root, operation->target);
}

static void remount(struct root *root, const struct operation *operation) {
  int target = open_inside(root, operation->target, 0);
  if (target < 0) die_at(FAILED_REMOUNT, operation->target);
  make_read_only(root, target, operation->target);
  close_checked(target);
}

static void make_directory(struct root *root, const struct operation *operation) {
  close_checked(directory_for(root, operation, operation->permissions));
}

static void write_file(struct root *root, const struct operation *operation) {
  int target = file_for(root, operation, operation->permissions);
  copy_data(operation->fd, target, operation->target);
  close_checked(target);
}

static void make_symlink(struct root *root, const struct operation *operation) {
  if (ensure_symlink(root, operation->target, operation->source, operation->parents) != 0)
    die_at(FAILED_SYMLINK, operation->target);
}

/* The system calls that change permissions do not take O_PATH descriptors (open(2)). */
static void change_permissions(struct root *root, const struct operation *operation) {
  int target = open_inside(root, operation->target, 0);
  if (target < 0 || chmod(path_of(target).text, operation->permissions) != 0) die_at(FAILED_CHMOD, operation->target);
  close_checked(target);
}

static void (*const CARRY_OUT[])(struct root *, const struct operation *) = {
    [BIND] = bind_path,
    [BIND_FD] = bind_descriptor,
    [BIND_DATA] = bind_data,
    [TMPFS] = mount_tmpfs,
    [PROC] = mount_proc_on_target,
    [DEV] = mount_dev_on_target,
    [MQUEUE] = mount_mqueue,
    [REMOUNT_READ_ONLY] = remount,
    [DIRECTORY] = make_directory,
    [PLAIN_FILE] = write_file,
    [SYMLINK] = make_symlink,
    [CHMOD] = change_permissions,
};

void carry_out(struct root *root, const struct operation *operations, size_t count) {
  for (size_t i = 0; i < count; i++) CARRY_OUT[operations[i].kind](root, &operations[i]);
}

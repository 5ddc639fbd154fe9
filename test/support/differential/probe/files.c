#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "probe.h"

enum {
  MOST_DEPTH = 20,
  MOST_NAMES = 64,
  MOUNT_ROOT = 0x2000,
  PROC_FS = 0x9fa0,
  TMPFS = 0x01021994,
  MQUEUE_FS = 0x19800202,
  DEVPTS_FS = 0x1cd1,
};

/* The kernel's struct statx, of which only the attributes matter; older C libraries lack it. */
struct extended_status {
  uint32_t mask, block_size;
  uint64_t attributes;
  unsigned char rest[256 - 16];
};

static uint64_t hash_of(int fd) {
  uint64_t hash = 14695981039346656037ULL;
  unsigned char bytes[4096];
  ssize_t got;
  while ((got = read(fd, bytes, sizeof bytes)) > 0)
    for (ssize_t i = 0; i < got; i++) hash = (hash ^ bytes[i]) * 1099511628211ULL;
  return hash;
}

static void tell_mount(const char *path) {
  struct statvfs flags;
  struct statfs type;
  struct extended_status extended = {0};
  syscall(SYS_statx, AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, 0U, &extended);
  if (statvfs(path, &flags) != 0 || statfs(path, &type) != 0) {
    printf(" mount %s", strerror(errno));
    return;
  }
  bool is_tmpfs = type.f_type == TMPFS;
  printf(" %s%s%s%s%s type %lx blocks %llu", (extended.attributes & MOUNT_ROOT) != 0 ? "mount " : "",
         (flags.f_flag & ST_RDONLY) != 0 ? "ro " : "rw ", (flags.f_flag & ST_NOSUID) != 0 ? "nosuid " : "",
         (flags.f_flag & ST_NODEV) != 0 ? "nodev " : "", (flags.f_flag & ST_NOEXEC) != 0 ? "noexec " : "",
         (unsigned long)type.f_type, is_tmpfs ? (unsigned long long)type.f_blocks : 0);
}

static void tell_content(const char *path, const struct stat *status) {
  if (S_ISLNK(status->st_mode)) {
    char text[4096];
    ssize_t length = readlink(path, text, sizeof text - 1);
    text[length < 0 ? 0 : length] = '\0';
    printf(" -> ");
    tell_text(text);
    return;
  }
  int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
  printf(" read %s", outcome(fd));
  if (fd >= 0 && S_ISREG(status->st_mode)) printf(" %016llx", (unsigned long long)hash_of(fd));
  if (fd >= 0) close(fd);
}

struct names {
  char *names[MOST_NAMES];
  size_t count;
};

static struct names names_in(const char *path) {
  struct names found = {.count = 0};
  DIR *listing = opendir(path);
  if (listing == NULL) return found;
  for (struct dirent *entry; found.count < MOST_NAMES && (entry = readdir(listing)) != NULL;)
    if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
      found.names[found.count++] = strdup(entry->d_name);
  closedir(listing);
  qsort(found.names, found.count, sizeof *found.names, by_text);
  return found;
}

static char *below(const char *directory, const char *name) {
  char *path;
  if (asprintf(&path, "%s/%s", strcmp(directory, "/") == 0 ? "" : directory, name) < 0) abort();
  return path;
}

static void tell_attempt(const char *what, const char *path, int result) {
  const char *said = outcome(result);
  printf("%s ", what);
  tell_text(path);
  printf(" %s\n", said);
}

/* Never on a disk: a plan that goes astray must not reach anybody's files. */
static bool may_be_changed(const char *path) {
  struct statfs file_system;
  if (statfs(path, &file_system) != 0) return false;
  return file_system.f_type == TMPFS || file_system.f_type == MQUEUE_FS || file_system.f_type == DEVPTS_FS;
}

/* Leaves what was there as it was, but for a byte more in each file that can be written. */
static void try_to_change(const char *path, mode_t mode) {
  if (S_ISREG(mode) && !may_be_changed(path)) return;
  if (S_ISREG(mode)) {
    int fd = open(path, O_WRONLY | O_APPEND);
    tell_attempt("write", path, fd < 0 ? -1 : (int)write(fd, "x", 1));
    if (fd >= 0) close(fd);
  } else if (S_ISCHR(mode)) {
    int fd = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY);
    tell_attempt("write", path, fd);
    if (fd >= 0) close(fd);
  }
  if (!S_ISLNK(mode) && may_be_changed(path)) tell_attempt("chmod", path, chmod(path, mode & 07777));
  char *parent = strdup(path);
  strrchr(parent, '/')[1] = '\0';
  char *other = below(parent, ".moved");
  if (may_be_changed(parent)) {
    int moved = rename(path, other);
    tell_attempt("rename", path, moved);
    if (moved == 0) rename(other, path);
  }
  free(other);
  free(parent);
}

static void try_to_change_directory(const char *path) {
  if (!may_be_changed(path)) return;
  char *file = below(path, ".file"), *directory = below(path, ".directory"), *device = below(path, ".device");
  int fd = open(file, O_WRONLY | O_CREAT | O_EXCL, 0644);
  tell_attempt("create", path, fd);
  if (fd >= 0) close(fd);
  tell_attempt("unlink", path, unlink(file));
  tell_attempt("mkdir", path, mkdir(directory, 0755));
  tell_attempt("rmdir", path, rmdir(directory));
  tell_attempt("mknod", path, mknod(device, S_IFCHR | 0644, makedev(1, 3)));
  unlink(device);
  free(file);
  free(directory);
  free(device);
}

static bool is_own(const char *path) { return strcmp(path, "/.probe") == 0; }

static void look(const char *path, int depth);

static void look_into(const char *path, int depth) {
  struct names found = names_in(path);
  for (size_t i = 0; i < found.count; i++) {
    char *child = below(path, found.names[i]);
    look(child, depth + 1);
    free(child);
    free(found.names[i]);
  }
  try_to_change_directory(path);
}

/* A new one holds what differs from one moment to the next; what matters is which of it can be written. */
static void look_at_proc(const char *path) {
  static const char *const NAMES[] = {"", "sys", "sysrq-trigger", "irq", "bus", "1", "sys/kernel/hostname"};
  for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++) {
    char *file = below(path, NAMES[i]);
    struct stat status;
    printf("proc ");
    tell_text(file);
    printf(" %s", outcome(lstat(file, &status)));
    tell_mount(file);
    putchar('\n');
    if (S_ISREG(status.st_mode)) tell_attempt("open", file, open(file, O_WRONLY));
    free(file);
  }
}

static void look(const char *path, int depth) {
  struct stat status;
  if (lstat(path, &status) != 0) {
    tell_attempt("look", path, -1);
    return;
  }
  struct statfs file_system;
  bool is_proc = !S_ISLNK(status.st_mode) && statfs(path, &file_system) == 0 && file_system.f_type == PROC_FS;
  if (is_proc) {
    look_at_proc(path);
    return;
  }
  printf("entry ");
  tell_text(path);
  printf(" %06o %u:%u", status.st_mode, status.st_uid, status.st_gid);
  if (S_ISREG(status.st_mode)) printf(" size %lld", (long long)status.st_size);
  if (S_ISCHR(status.st_mode)) printf(" device %u:%u", major(status.st_rdev), minor(status.st_rdev));
  tell_content(path, &status);
  if (!S_ISLNK(status.st_mode)) tell_mount(path);
  putchar('\n');
  if (is_own(path)) return;
  if (S_ISDIR(status.st_mode) && depth < MOST_DEPTH) look_into(path, depth);
  if (depth > 0) try_to_change(path, status.st_mode);
}

void look_at(const char *path) { look(path, 0); }

#define _GNU_SOURCE
#include "inside.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mount-fds.h"
#include "old-paths.h"

int open_inside(const struct root *root, const char *path, int flags) {
  flags |= O_PATH | O_CLOEXEC;
  if (*path == '\0') path = "/";
  int fd = open_in_root(root->top, path, (uint64_t)flags);
  return fd < 0 && (errno == ENOSYS || errno == EPERM) ? walk_in_root(root->top, path, flags) : fd;
}

static void close_keeping_errno(int fd) {
  int saved = errno;
  close(fd);
  errno = saved;
}

/* Opens the directory that holds the last name of a path, and makes it when it is missing. `name` takes the last
 * name. */
static int open_parent(const struct root *root, const char *path, mode_t permissions, char name[NAME_MAX + 1]) {
  size_t end = strlen(path);
  while (end > 0 && path[end - 1] == '/') end--;
  size_t start = end;
  while (start > 0 && path[start - 1] != '/') start--;
  if (end - start > NAME_MAX) {
    errno = ENAMETOOLONG;
    return -1;
  }
  memcpy(name, path + start, end - start);
  name[end - start] = '\0';
  char *parent = strndup(path, start);
  if (parent == NULL) return -1;
  int fd = ensure_directory(root, parent, permissions, permissions);
  free(parent);
  return fd;
}

/* mkdir(2) leaves the set-id bits out. */
static int make_directory(int parent, const char *name, mode_t permissions) {
  if (mkdirat(parent, name, permissions) != 0) return -1;
  return (permissions & (S_ISUID | S_ISGID)) == 0 ? 0 : fchmodat(parent, name, permissions, 0);
}

static int make_file(int parent, const char *name, mode_t permissions) {
  int fd = openat(parent, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, permissions);
  return fd < 0 ? -1 : close(fd);
}

/* Somebody else may make the same thing meanwhile. A link that leads nowhere is not followed to make something
 * elsewhere. */
static int make_inside(const struct root *root, const char *path, mode_t permissions, mode_t parents,
                       int (*make)(int, const char *, mode_t)) {
  char name[NAME_MAX + 1];
  int parent = open_parent(root, path, parents, name);
  if (parent < 0) return -1;
  int fd = -1;
  if (make(parent, name, permissions) == 0 || errno == EEXIST)
    fd = openat(parent, name, O_PATH | O_NOFOLLOW | O_CLOEXEC | (make == make_directory ? O_DIRECTORY : 0));
  close_keeping_errno(parent);
  return fd;
}

int ensure_directory(const struct root *root, const char *path, mode_t permissions, mode_t parents) {
  int fd = open_inside(root, path, O_DIRECTORY);
  return fd >= 0 || errno != ENOENT ? fd : make_inside(root, path, permissions, parents, make_directory);
}

/* Only a directory has such a name (path_resolution(7)). */
static bool ends_with_slash(const char *path) { return *path != '\0' && path[strlen(path) - 1] == '/'; }

int ensure_file(const struct root *root, const char *path, mode_t permissions, mode_t parents) {
  int fd = open_inside(root, path, 0);
  if (fd >= 0 || errno != ENOENT) return fd;
  errno = EISDIR;
  return ends_with_slash(path) ? -1 : make_inside(root, path, permissions, parents, make_file);
}

static int is_same_link(int parent, const char *name, const char *text) {
  char found[PATH_MAX];
  ssize_t length = readlinkat(parent, name, found, sizeof found);
  return length == (ssize_t)strlen(text) && memcmp(found, text, (size_t)length) == 0;
}

int ensure_symlink(const struct root *root, const char *path, const char *text, mode_t parents) {
  char name[NAME_MAX + 1];
  errno = EISDIR;
  int parent = ends_with_slash(path) ? -1 : open_parent(root, path, parents, name);
  if (parent < 0) return -1;
  int result = symlinkat(text, parent, name);
  if (result != 0 && errno == EEXIST) {
    result = is_same_link(parent, name, text) ? 0 : -1;
    errno = EEXIST;
  }
  close_keeping_errno(parent);
  return result;
}

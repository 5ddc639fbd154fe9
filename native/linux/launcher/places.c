#define _GNU_SOURCE
#include "places.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mount-api.h"
#include "sys.h"

void die_about(const char *action, const char *path) {
  char what[2 * PATH_MAX + 64];
  snprintf(what, sizeof what, "%s %s", action, path);
  die(what);
}

/* The length of a path without its last part, and without slashes at its end. */
static size_t parent_length(const char *path, size_t length) {
  while (length > 0 && path[length - 1] != '/') length--;
  while (length > 0 && path[length - 1] == '/') length--;
  return length;
}

static size_t trimmed_length(const char *path) {
  size_t length = strlen(path);
  while (length > 0 && path[length - 1] == '/') length--;
  return length;
}

static int make_directory(int root, const char *path, size_t length, mode_t mode) {
  char text[PATH_MAX];
  if (length >= sizeof text) {
    errno = ENAMETOOLONG;
    die_about("make", path);
  }
  memcpy(text, path, length);
  text[length] = '\0';
  int fd = open_in_root(root, length == 0 ? "." : text, O_PATH | O_DIRECTORY);
  if (fd >= 0) return fd;
  if (errno != ENOENT || length == 0) die_about("open", text);
  size_t parent = parent_length(text, length);
  int above = make_directory(root, path, parent, 0755);
  const char *name = text + parent + strspn(text + parent, "/");
  if (mkdirat(above, name, mode) != 0 && errno != EEXIST) die_about("make", text);
  if (close(above) != 0) die("close");
  fd = open_in_root(root, text, O_PATH | O_DIRECTORY);
  if (fd < 0) die_about("open", text);
  return fd;
}

int directory_at(int root, const char *path, mode_t mode) {
  return make_directory(root, path, trimmed_length(path), mode);
}

int parent_at(int root, const char *path, const char **name) {
  size_t parent = parent_length(path, trimmed_length(path));
  *name = path + parent + strspn(path + parent, "/");
  return make_directory(root, path, parent, 0755);
}

int file_at(int root, const char *path) {
  int fd = open_in_root(root, path, O_PATH);
  if (fd >= 0) return fd;
  if (errno != ENOENT) die_about("open", path);
  const char *name;
  int above = parent_at(root, path, &name);
  int made = openat(above, name, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0444);
  if (made < 0) die_about("make", path);
  if (close(made) != 0 || close(above) != 0) die("close");
  fd = open_in_root(root, path, O_PATH);
  if (fd < 0) die_about("open", path);
  return fd;
}

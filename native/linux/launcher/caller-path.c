/* Looking a path up as the caller would (path_resolution(7)): from its root and working directory, one name after the
 * other, each in what the last one led to. What is found is held by a descriptor, so that nobody can put something else
 * there; a path that changes meanwhile leads to one thing or the other.
 *
 * The kernel cannot do it at once: openat2(2) takes one directory for both root and beginning, and follows neither
 * /proc/self nor the links to open files in /proc. */
#define _GNU_SOURCE
#include "caller.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "proc-text.h"

/* As many links as the kernel follows, and the inode of the top of /proc. */
enum { MAX_LINKS = 40, PROC_TOP = 1 };

struct walk {
  const struct caller *caller;
  int at;
  int links;
  char rest[PATH_MAX]; /* what is still to go; begins with a slash when something was before it */
};

static bool fail(int reason) {
  errno = reason;
  return false;
}

/* `next` may be the failure to open something. */
static bool go_to(struct walk *walk, int next) {
  if (next < 0) return false;
  if (walk->at >= 0) close(walk->at);
  walk->at = next;
  return true;
}

static bool go_to_callers(struct walk *walk, const char *link) {
  return go_to(walk, openat(walk->caller->directory, link, O_PATH | O_DIRECTORY | O_CLOEXEC));
}

static bool has_inode(int fd, ino_t inode) {
  struct stat status;
  return fstat(fd, &status) == 0 && status.st_ino == inode;
}

static bool is_in_proc(int fd) {
  struct statfs status;
  return fstatfs(fd, &status) == 0 && status.f_type == PROC_SUPER_MAGIC;
}

/* The caller's ids in its own process namespace, which the sandbox's /proc is of: the last ones of the line. */
static long own_id(const struct caller *caller, const char *name) {
  char *text = read_proc_text(caller->directory, "status");
  if (text == NULL) return -1;
  long id = -1;
  char *at = (char *)find_field(text, name);
  while (at != NULL && *at == '\t') id = strtol(at + 1, &at, 10);
  free(text);
  return id;
}

/* /proc/self is the caller, not who looks. */
static bool read_link(const struct walk *walk, int link, const char *name, char text[PATH_MAX]) {
  bool is_of_proc = is_in_proc(link);
  if (is_of_proc && strcmp(name, "self") == 0) {
    snprintf(text, PATH_MAX, "%ld", own_id(walk->caller, "NStgid:"));
    return true;
  }
  if (is_of_proc && strcmp(name, "thread-self") == 0) {
    snprintf(text, PATH_MAX, "%ld/task/%ld", own_id(walk->caller, "NStgid:"), own_id(walk->caller, "NSpid:"));
    return true;
  }
  ssize_t length = readlinkat(link, "", text, PATH_MAX - 1);
  if (length < 0) return false;
  text[length] = '\0';
  return true;
}

/* Links below the top of /proc lead to open files, whatever their text says. */
static bool is_jump(const struct walk *walk, int link) { return is_in_proc(link) && !has_inode(walk->at, PROC_TOP); }

static bool follow(struct walk *walk, int link, const char *name) {
  if (++walk->links > MAX_LINKS) return fail(ELOOP);
  if (is_jump(walk, link)) return go_to(walk, openat(walk->at, name, O_PATH | O_CLOEXEC));
  char text[PATH_MAX], longer[PATH_MAX];
  if (!read_link(walk, link, name, text)) return false;
  if (*text == '\0') return fail(ENOENT);
  if ((size_t)snprintf(longer, sizeof longer, "%s%s", text, walk->rest) >= sizeof longer) return fail(ENAMETOOLONG);
  strcpy(walk->rest, longer);
  return *text != '/' || go_to_callers(walk, "root");
}

static bool enter(struct walk *walk, const char *name) {
  int next = openat(walk->at, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
  struct stat status;
  if (next < 0) return false;
  bool is_good = fstat(next, &status) == 0;
  if (is_good && !S_ISLNK(status.st_mode)) {
    if (*walk->rest == '\0' || S_ISDIR(status.st_mode)) return go_to(walk, next);
    close(next);
    return fail(ENOTDIR);
  }
  is_good = is_good && follow(walk, next, name);
  int saved = errno;
  close(next);
  errno = saved;
  return is_good;
}

/* One name. */
static bool step(struct walk *walk) {
  char name[NAME_MAX + 1];
  const char *from = walk->rest + strspn(walk->rest, "/");
  size_t length = strcspn(from, "/");
  if (length > NAME_MAX) return fail(ENAMETOOLONG);
  memcpy(name, from, length);
  name[length] = '\0';
  memmove(walk->rest, from + length, strlen(from + length) + 1);
  return *name == '\0' || enter(walk, name);
}

int open_as_caller(const struct caller *caller, const char *path, int *fd) {
  struct walk walk = {.caller = caller, .at = -1};
  if (*path == '\0') return ENOENT;
  if (strlen(path) >= sizeof walk.rest) return ENAMETOOLONG;
  strcpy(walk.rest, path);
  bool is_good = go_to_callers(&walk, *path == '/' ? "root" : "cwd");
  while (is_good && *walk.rest != '\0') is_good = step(&walk);
  int reason = errno;
  *fd = is_good ? walk.at : -1;
  if (!is_good && walk.at >= 0) close(walk.at);
  return is_good ? 0 : reason;
}

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
  bool follows; /* a link at the end */
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

static bool go_to_callers(struct walk *walk, const char *link, int flags) {
  return go_to(walk, openat(walk->caller->directory, link, O_PATH | O_CLOEXEC | flags));
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
  return *text != '/' || go_to_callers(walk, "root", O_DIRECTORY);
}

static bool enter(struct walk *walk, const char *name) {
  int next = openat(walk->at, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
  struct stat status;
  if (next < 0) return false;
  bool is_good = fstat(next, &status) == 0;
  bool is_last = *walk->rest == '\0';
  if (is_good && (!S_ISLNK(status.st_mode) || (is_last && !walk->follows))) {
    if (is_last || S_ISDIR(status.st_mode)) return go_to(walk, next);
    close(next);
    return fail(ENOTDIR);
  }
  is_good = is_good && follow(walk, next, name);
  int saved = errno;
  close(next);
  errno = saved;
  return is_good;
}

/* One name. When it fails, the name stays in `rest`. */
static bool step(struct walk *walk) {
  char name[NAME_MAX + 2], rest[PATH_MAX];
  const char *from = walk->rest + strspn(walk->rest, "/");
  size_t length = strcspn(from, "/");
  if (length > NAME_MAX) return fail(ENAMETOOLONG);
  memcpy(name, from, length);
  name[length] = '\0';
  strcpy(rest, from);
  memmove(walk->rest, from + length, strlen(from + length) + 1);
  if (*name == '\0' || enter(walk, name)) return true;
  int saved = errno;
  strcpy(walk->rest, rest);
  errno = saved;
  return false;
}

static bool begin(struct walk *walk, int directory) {
  char link[32];
  if (*walk->rest == '/') return go_to_callers(walk, "root", O_DIRECTORY);
  if (directory == AT_FDCWD) return go_to_callers(walk, "cwd", O_DIRECTORY);
  snprintf(link, sizeof link, "fd/%d", directory);
  return go_to_callers(walk, link, *walk->rest == '\0' ? 0 : O_DIRECTORY);
}

/* Where the walk has come to, and what it has not gone. */
static void describe(const struct walk *walk, char *text, size_t room) {
  *text = '\0';
  if (walk->at < 0) return;
  char link[32], done[PATH_MAX];
  snprintf(link, sizeof link, "/proc/self/fd/%d", walk->at);
  ssize_t length = readlink(link, done, sizeof done - 1);
  if (length <= 0) return;
  done[length] = '\0';
  bool needs_slash = *walk->rest != '\0' && done[length - 1] != '/';
  if ((size_t)snprintf(text, room, "%s%s%s", done, needs_slash ? "/" : "", walk->rest) >= room) *text = '\0';
}

void find_place(const struct caller *caller, const struct named *named, struct place *place) {
  struct walk walk = {.caller = caller, .at = -1, .follows = named->follows};
  *place = (struct place){.fd = -1, .parent = -1, .error = ENAMETOOLONG};
  if (strlen(named->path) >= sizeof walk.rest) return;
  strcpy(walk.rest, named->path);
  bool is_good = begin(&walk, named->directory);
  while (is_good && *walk.rest != '\0') is_good = step(&walk);
  place->error = is_good ? 0 : errno;
  for (size_t end = strlen(walk.rest); end > 0 && walk.rest[end - 1] == '/'; end--) walk.rest[end - 1] = '\0';
  bool lacks_last = place->error == ENOENT && walk.at >= 0 && strchr(walk.rest, '/') == NULL;
  describe(&walk, place->text, sizeof place->text);
  if (is_good) place->fd = walk.at;
  else if (lacks_last) place->parent = walk.at;
  else if (walk.at >= 0) close(walk.at);
}

void close_place(struct place *place) {
  if (place->fd >= 0) close(place->fd);
  if (place->parent >= 0) close(place->parent);
  place->fd = place->parent = -1;
}

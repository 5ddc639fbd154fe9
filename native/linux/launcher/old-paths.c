#define _GNU_SOURCE
#include "old-paths.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* As many links as the kernel follows (path_resolution(7)). */
enum { MAX_LINKS = 40 };

struct walk {
  int root;
  char done[PATH_MAX]; /* names that were gone through, none of them a link, each with a slash before it */
  char rest[PATH_MAX]; /* what is still to go */
  int links;
};

static bool fail(int reason) {
  errno = reason;
  return false;
}

/* The way down is gone again from the root each time: a descriptor's own ".." may lead out after a rename. */
static int open_done(const struct walk *walk, int flags) {
  int at = fcntl(walk->root, F_DUPFD_CLOEXEC, 0);
  char name[NAME_MAX + 1];
  for (const char *from = walk->done; at >= 0 && *from != '\0';) {
    size_t length = strcspn(++from, "/");
    memcpy(name, from, length);
    name[length] = '\0';
    from += length;
    int next = openat(at, name, O_PATH | O_NOFOLLOW | O_CLOEXEC | (*from == '\0' ? flags : 0));
    int saved = errno;
    close(at);
    errno = saved;
    at = next;
  }
  return at;
}

static void step_back(struct walk *walk) {
  char *last = strrchr(walk->done, '/');
  if (last != NULL) *last = '\0';
}

/* Puts the text of a link before what is still to go. */
static bool follow(struct walk *walk, const char *text) {
  char longer[PATH_MAX];
  if (++walk->links > MAX_LINKS) return fail(ELOOP);
  if (*text == '\0') return fail(ENOENT);
  if ((size_t)snprintf(longer, sizeof longer, "%s/%s", text, walk->rest) >= sizeof longer) return fail(ENAMETOOLONG);
  strcpy(walk->rest, longer);
  step_back(walk);
  if (*text == '/') walk->done[0] = '\0';
  return true;
}

/* The last name in `done` may be a link: follows it then. */
static bool look(struct walk *walk) {
  int fd = open_done(walk, 0);
  if (fd < 0) return false;
  struct stat status;
  char text[PATH_MAX];
  bool is_good = fstat(fd, &status) == 0;
  ssize_t length = is_good && S_ISLNK(status.st_mode) ? readlinkat(fd, "", text, sizeof text - 1) : -1;
  close(fd);
  if (!is_good || !S_ISLNK(status.st_mode)) return is_good;
  if (length < 0) return false;
  text[length] = '\0';
  return follow(walk, text);
}

static bool step(struct walk *walk, size_t length) {
  char name[NAME_MAX + 1];
  if (length > NAME_MAX) return fail(ENAMETOOLONG);
  memcpy(name, walk->rest, length);
  name[length] = '\0';
  memmove(walk->rest, walk->rest + length, strlen(walk->rest + length) + 1);
  if (strcmp(name, ".") == 0) return true;
  if (strcmp(name, "..") == 0) {
    step_back(walk);
    return true;
  }
  size_t before = strlen(walk->done);
  if (before + 1 + length >= sizeof walk->done) return fail(ENAMETOOLONG);
  walk->done[before] = '/';
  memcpy(walk->done + before + 1, name, length + 1);
  return look(walk);
}

int walk_in_root(int root, const char *path, int flags) {
  struct walk walk = {.root = root};
  if (strlen(path) >= sizeof walk.rest) {
    errno = ENAMETOOLONG;
    return -1;
  }
  strcpy(walk.rest, path);
  for (;;) {
    size_t slashes = strspn(walk.rest, "/");
    memmove(walk.rest, walk.rest + slashes, strlen(walk.rest + slashes) + 1);
    size_t length = strcspn(walk.rest, "/");
    if (length == 0) return open_done(&walk, flags);
    if (!step(&walk, length)) return -1;
  }
}

#define _GNU_SOURCE
#include "sys.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static void (*last_action)(void);

void before_dying(void (*action)(void)) { last_action = action; }

static void leave(const char *what, const char *why) __attribute__((noreturn));
static void leave(const char *what, const char *why) {
  void (*action)(void) = last_action;
  last_action = NULL; /* it may die too */
  if (action != NULL) action();
  fprintf(stderr, "%s: %s: %s\n", program_invocation_short_name, what, why);
  _exit(EXIT_FAILED);
}

void die(const char *what) {
  const char *why = strerror(errno);
  leave(what, why);
}

void refuse(const char *what, const char *where) { leave(where, what); }

size_t read_full(int fd, void *buffer, size_t length) {
  size_t done = 0;
  while (done < length) {
    ssize_t got = read(fd, (char *)buffer + done, length - done);
    if (got == 0) break;
    if (got > 0)
      done += (size_t)got;
    else if (errno != EINTR)
      die("read");
  }
  return done;
}

void write_full(int fd, const void *buffer, size_t length) {
  size_t done = 0;
  while (done < length) {
    ssize_t put = write(fd, (const char *)buffer + done, length - done);
    if (put >= 0)
      done += (size_t)put;
    else if (errno != EINTR)
      die("write");
  }
}

void place_descriptor(int fd, int target) {
  if (fd == target) {
    int flags = fcntl(fd, F_GETFD);
    if (flags < 0 || fcntl(fd, F_SETFD, flags & ~FD_CLOEXEC) < 0) die("fcntl");
    return;
  }
  while (dup2(fd, target) < 0)
    if (errno != EINTR && errno != EBUSY) die("dup2");
}

/* Before Linux 5.9 there is no close_range. */
static void close_listed_from(int first) {
  DIR *listing = opendir("/proc/self/fd");
  if (listing == NULL) die("open /proc/self/fd");
  int own = dirfd(listing);
  for (struct dirent *entry = readdir(listing); entry != NULL; entry = readdir(listing)) {
    char *end = NULL;
    long number = strtol(entry->d_name, &end, 10);
    if (*end != '\0' || number < first || number == own) continue;
    if (close((int)number) != 0 && errno != EINTR) die("close");
  }
  if (closedir(listing) != 0) die("closedir");
}

void close_from(int first) {
#ifdef SYS_close_range
  if (syscall(SYS_close_range, (unsigned)first, ~0U, 0U) == 0) return;
  if (errno != ENOSYS && errno != EPERM) die("close_range");
#endif
  close_listed_from(first);
}

void *allocate(size_t length) {
  void *memory = malloc(length == 0 ? 1 : length);
  if (memory == NULL) die("malloc");
  return memory;
}

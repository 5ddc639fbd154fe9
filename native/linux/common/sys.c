#define _GNU_SOURCE
#include "sys.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static void (*last_action)(void);

void before_dying(void (*action)(void)) { last_action = action; }

static const char *program_name;
static int failure_status = EXIT_FAILED;

void identify_program(const char *name, int status) {
  program_name = name;
  failure_status = status;
}

void die(const char *what) { die_at("%s", what); }

void die_at(const char *step, ...) {
  int saved = errno;
  void (*action)(void) = last_action;
  last_action = NULL; /* it may die too */
  if (action != NULL) action();
  char words[8192];
  va_list arguments;
  va_start(arguments, step);
  vsnprintf(words, sizeof words, step, arguments);
  va_end(arguments);
  const char *program = program_name == NULL ? program_invocation_short_name : program_name;
  char line[sizeof words + 256];
  snprintf(line, sizeof line, "%s: %s: %s\n", program, words, strerror(saved));
  /* At once, so that nobody else's words stand in between. Nothing can be done when it fails. */
  if (write(STDERR_FILENO, line, strlen(line)) < 0) _exit(failure_status);
  _exit(failure_status);
}

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
static void close_listed(int first, int last) {
  DIR *listing = opendir("/proc/self/fd");
  if (listing == NULL) die("open /proc/self/fd");
  int own = dirfd(listing);
  for (struct dirent *entry = readdir(listing); entry != NULL; entry = readdir(listing)) {
    char *end = NULL;
    long number = strtol(entry->d_name, &end, 10);
    if (*end != '\0' || number < first || number > last || number == own) continue;
    if (close((int)number) != 0 && errno != EINTR) die("close");
  }
  if (closedir(listing) != 0) die("closedir");
}

static void close_between(int first, int last) {
  if (first > last) return;
#ifdef SYS_close_range
  if (syscall(SYS_close_range, (unsigned)first, (unsigned)last, 0U) == 0) return;
  if (errno != ENOSYS && errno != EPERM) die("close_range");
#endif
  close_listed(first, last);
}

void close_from(int first) { close_between(first, INT_MAX); }

static int by_number(const void *left, const void *right) {
  int a = *(const int *)left, b = *(const int *)right;
  return (a > b) - (a < b);
}

void close_all_but(int *kept, size_t count) {
  qsort(kept, count, sizeof *kept, by_number);
  int next = STDERR_FILENO + 1;
  for (size_t i = 0; i < count; i++) {
    if (kept[i] < next) continue;
    close_between(next, kept[i] - 1);
    next = kept[i] + 1;
  }
  close_from(next);
}

bool is_same_object(int left, int right) {
  struct stat a, b;
  return fstat(left, &a) == 0 && fstat(right, &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

void *allocate(size_t length) {
  void *memory = malloc(length == 0 ? 1 : length);
  if (memory == NULL) die("malloc");
  return memory;
}

#define _GNU_SOURCE
#include "checks.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys.h"

enum { FIXED_PART = 8 + 8 + 1 };

static uint64_t little_endian_64(const char *at) {
  uint64_t value = 0;
  for (int i = 7; i >= 0; i--) value = value << 8 | (unsigned char)at[i];
  return value;
}

/* One step down, through no symbolic link. Closes `directory`. Returns -1 when the step is not there. */
static int step_into(int directory, const char *name, size_t length) {
  char segment[NAME_MAX + 1];
  if (length > NAME_MAX) {
    close(directory);
    errno = ENAMETOOLONG;
    return -1;
  }
  memcpy(segment, name, length);
  segment[length] = '\0';
  int next;
  do {
    next = openat(directory, segment, O_PATH | O_NOFOLLOW | O_CLOEXEC);
  } while (next < 0 && errno == EINTR);
  int saved = errno;
  close(directory);
  errno = saved;
  return next;
}

int open_without_links(int root, const char *path) {
  int at = fcntl(root, F_DUPFD_CLOEXEC, 0);
  while (at >= 0 && *path != '\0') {
    while (*path == '/') path++;
    size_t length = strcspn(path, "/");
    if (length == 0) break;
    at = step_into(at, path, length);
    path += length;
  }
  return at;
}

static int holds(int root_directory, const char *check) {
  int found = open_without_links(root_directory, check + FIXED_PART);
  if (found < 0) return 0;
  struct stat status;
  int same = fstat(found, &status) == 0 && (uint64_t)status.st_dev == little_endian_64(check) &&
             (uint64_t)status.st_ino == little_endian_64(check + 8);
  close(found);
  return same;
}

int run_checks(const char *checks, size_t length, int sandbox, int host) {
  int index = 0;
  for (size_t at = 0; at < length; index++) {
    if (length - at <= FIXED_PART) return index;
    size_t path_length = strnlen(checks + at + FIXED_PART, length - at - FIXED_PART);
    if (path_length == length - at - FIXED_PART) return index;
    if (!holds(checks[at + FIXED_PART - 1] == 's' ? sandbox : host, checks + at)) return index;
    at += FIXED_PART + path_length + 1;
  }
  return CHECKS_HOLD;
}

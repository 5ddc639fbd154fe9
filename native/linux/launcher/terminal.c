#define _GNU_SOURCE
#include "terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "errors.h"
#include "sys.h"

/* Another mount of devpts could hold somebody else's terminal under the path. */
static int open_terminal(const struct terminal *terminal) {
  int fd = open(terminal->path, O_RDWR | O_NOCTTY | O_CLOEXEC);
  struct stat status;
  if (fd < 0 || fstat(fd, &status) != 0) die_at(FAILED_TERMINAL, terminal->path);
  errno = ESTALE;
  if (status.st_dev != terminal->device || status.st_ino != terminal->inode) die_at(FAILED_TERMINAL, terminal->path);
  return fd;
}

void take_terminal(const struct terminal *terminal) {
  int fd = open_terminal(terminal);
  if (setsid() < 0) die("setsid");
  if (ioctl(fd, TIOCSCTTY, 0) != 0) die_at(FAILED_TERMINAL, terminal->path);
  for (int stream = STDIN_FILENO; stream <= STDERR_FILENO; stream++) place_descriptor(fd, stream);
  if (fd > STDERR_FILENO && close(fd) != 0) die("close");
}

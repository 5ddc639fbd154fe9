#include "status.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sys.h"

int read_status(struct status *status, int fd) {
  size_t room = sizeof status->text - 1 - status->length;
  if (room == 0) {
    errno = EMSGSIZE;
    die("bubblewrap's status is too long");
  }
  ssize_t got = read(fd, status->text + status->length, room);
  if (got < 0) {
    if (errno == EINTR || errno == EAGAIN) return 1;
    die("read bubblewrap's status");
  }
  status->length += (size_t)got;
  status->text[status->length] = '\0';
  return got > 0;
}

long status_number(const struct status *status, const char *key) {
  char quoted[64];
  snprintf(quoted, sizeof quoted, "\"%s\":", key);
  const char *found = strstr(status->text, quoted);
  if (found == NULL) return -1;
  const char *start = found + strlen(quoted);
  char *end = NULL;
  long number = strtol(start, &end, 10);
  /* A number at the very end of what was read may go on in the next piece. */
  return end == start || *end == '\0' ? -1 : number;
}

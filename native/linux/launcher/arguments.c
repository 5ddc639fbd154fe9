#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "options.h"
#include "sys.h"

/* More than any command line of a system; a stream without end must not fill the memory. */
enum { MAX_LENGTH = 64 << 20, FIRST_ROOM = 64 << 10 };

/* Returns the bytes read, or -1 with errno set. `text` is grown as needed. */
static ssize_t read_growing(int fd, char **text) {
  size_t room = 0, length = 0;
  for (;;) {
    if (length == room) {
      room = room == 0 ? FIRST_ROOM : room * 2;
      char *grown = room > MAX_LENGTH ? NULL : realloc(*text, room);
      if (grown == NULL) {
        errno = E2BIG;
        return -1;
      }
      *text = grown;
    }
    ssize_t got = read(fd, *text + length, room - length);
    if (got == 0) return (ssize_t)length;
    if (got < 0 && errno != EINTR) return -1;
    if (got > 0) length += (size_t)got;
  }
}

char *read_descriptor(struct setup *setup, int fd, size_t *length) {
  char *text = NULL;
  ssize_t got = read_growing(fd, &text);
  int saved = errno;
  char *owned = NULL;
  if (got >= 0 && close(fd) == 0) {
    *length = (size_t)got;
    owned = own(setup, *length + 1);
    memcpy(owned, text, *length);
    owned[*length] = '\0';
  }
  free(text);
  if (owned == NULL) errno = saved;
  return owned;
}

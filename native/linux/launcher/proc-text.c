#define _GNU_SOURCE
#include "proc-text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FIRST_ROOM = 4096, MAX_ROOM = 16 << 20 };

/* `text` has `room` bytes, and gets more as they are needed. Returns the length, or -1. */
static ssize_t read_all(int fd, char **text, size_t room) {
  size_t length = 0;
  for (;;) {
    if (length + 1 == room) {
      char *grown = room >= MAX_ROOM ? NULL : realloc(*text, room * 2);
      if (grown == NULL) return -1;
      *text = grown;
      room *= 2;
    }
    ssize_t got = read(fd, *text + length, room - length - 1);
    if (got == 0) return (ssize_t)length;
    if (got < 0 && errno != EINTR) return -1;
    if (got > 0) length += (size_t)got;
  }
}

char *read_proc_text(int directory, const char *path) {
  int fd = openat(directory, path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return NULL;
  char *text = malloc(FIRST_ROOM);
  ssize_t length = text == NULL ? -1 : read_all(fd, &text, FIRST_ROOM);
  close(fd);
  if (length >= 0) {
    text[length] = '\0';
    return text;
  }
  free(text);
  return NULL;
}

const char *find_field(const char *text, const char *name) {
  size_t length = strlen(name);
  for (const char *line = text; line != NULL && *line != '\0';) {
    if (strncmp(line, name, length) == 0) return line + length;
    line = strchr(line, '\n');
    if (line != NULL) line++;
  }
  return NULL;
}

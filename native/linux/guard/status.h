/* What bubblewrap tells on --json-status-fd: {"child-pid": N, …} early, {"exit-code": N} at the end, the latter only
 * when the command was started (bubblewrap's bwrap.xml and its monitor). */
#ifndef CORDON_STATUS_H
#define CORDON_STATUS_H

#include <stddef.h>

struct status {
  char text[4096];
  size_t length;
};

/* Adds what can be read from `fd`. Returns 0 at end of file, 1 otherwise. Dies on errors. */
int read_status(struct status *status, int fd);

/* The number behind `"key":`, or -1 while it is not there. */
long status_number(const struct status *status, const char *key);

#endif

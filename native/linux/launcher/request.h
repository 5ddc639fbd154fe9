/* The words of a zygote's request as a set-up.
 *
 * A sandbox that was prepared gets its command on a pipe of its own, and whatever belongs to it alone:
 *
 *   u32 options length | u32 command length | options | command
 *
 * Of the options those count that mount (on what is already there), and those for the environment, the directory and argv[0]. */
#ifndef CORDON_REQUEST_H
#define CORDON_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

#include "setup.h"

/* Strings, each ended by NUL. */
struct words {
  char *text;
  size_t length;
};

/* Parses options and a command, which may be none for what waits for it; `has_channel` as in parse_context. Returns whether they are right. The set-up points into both,
 * and into `line`, which is to be freed after it. */
bool parse_request(struct setup *setup, struct words options, struct words command, bool has_channel, char ***line);

/* Waits for the command of a prepared sandbox. Leaves with status 0 when its sender has gone or wants nothing. Dies on error. */
struct setup receive_command(int fd);

#endif

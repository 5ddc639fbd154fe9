/* The command itself. */
#ifndef CORDON_COMMAND_H
#define CORDON_COMMAND_H

#include <sys/types.h>

#include "seccomp.h"
#include "setup.h"

/* What the command's process needs besides the set-up. */
struct start {
  int report_fd;
  mode_t umask;
  const struct seccomp_program *programs; /* setup->seccomp_count of them */
  int wall; /* see wall.h */
  int wall_abi;
  int owner; /* see sandbox.h */
  bool ends_with_command; /* process 1 does, and all that the command has left running */
  bool has_process_1; /* above it, in the same pid namespace */
  pid_t parent;       /* which that is */
  int handover;       /* see handover.h; NONE where nothing is watched */
};

/* Changes to --chdir, or else to `caller_directory`, or else to $HOME, or else to "/", and notes it in PWD. Dies on
 * error. */
void change_directory(struct setup *setup, const char *caller_directory);

/* Becomes the command, or dies. */
void execute(const struct setup *setup, const struct start *start) __attribute__((noreturn));

#endif

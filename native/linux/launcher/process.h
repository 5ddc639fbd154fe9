/* The processes inside a sandbox: process 1, and the command. */
#ifndef CORDON_PROCESS_H
#define CORDON_PROCESS_H

#include <stdint.h>
#include <sys/types.h>

#include "setup.h"

enum report_kind {
  REPORT_NOTHING = 0,
  REPORT_RELEASED,     /* the command is being executed */
  REPORT_EXITED,       /* value: its exit status, 128+n for signal n */
  REPORT_NOT_EXECUTED, /* value: errno of execvp(3) */
  REPORT_MISMATCH,     /* value: index of the check that failed */
};

/* What process 1 tells, on a pipe that is closed at exec. */
struct report {
  uint32_t kind;
  int32_t value;
};

void send_report(int pipe, enum report_kind kind, int value);

/* seccomp programs, in the order in which they are loaded (seccomp(2)). */
struct filters {
  struct filter {
    const void *instructions;
    size_t length;
  } * list;
  size_t count;
};

/* What is to be executed. */
struct command {
  char **argv;
  const char *working_directory; /* the caller's, for a setup that names none */
  struct filters filters;
  int ends_the_rest; /* what the command has left running ends with it */
};

/* In the finished sandbox: makes environment and session, gives up privileges, executes the command, as process 1 or as a child of
 * this process, which then waits and reaps. `report` is a pipe or -1. Leaves with the command's status. */
void run_command(const struct setup *setup, const struct command *command, int report) __attribute__((noreturn));

#endif

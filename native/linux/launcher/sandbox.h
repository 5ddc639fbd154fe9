/* From inside new namespaces to the command. */
#ifndef CORDON_SANDBOX_H
#define CORDON_SANDBOX_H

#include <sys/types.h>

#include "channel.h"
#include "process.h"
#include "setup.h"

struct identity {
  uid_t uid;
  gid_t gid;
};

struct entrance {
  struct identity identity; /* the caller's, outside */
  int report;               /* a pipe for struct report, or -1 */
  const char *directory;    /* the caller's working directory, or NULL */
};

/* A pidfd of a process, closed at exec, or -1 where the kernel has none. */
int open_process(pid_t pid);

/* In a process that was forked into a setup's namespaces: maps ids, makes the root, waits where it is told to, and runs the
 * command. Whatever fails is printed to standard error and ends this process with EXIT_FAILED. */
void enter_sandbox(const struct setup *setup, char **argv, const struct entrance *entrance) __attribute__((noreturn));

/* The zygote's way: forks a process for a request, whose standard streams are `streams`. Returns its id, or -1 and errno. */
pid_t start_sandbox(const struct launch_request *request, const int streams[3], int report, int *process);

#endif

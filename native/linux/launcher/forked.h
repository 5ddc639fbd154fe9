/* A sandbox that a zygote forks. */
#ifndef CORDON_FORKED_H
#define CORDON_FORKED_H

#include <sys/types.h>

#include "channel.h"
#include "supervisor.h"

/* Its process 1, as the zygote knows it. */
struct forked {
  pid_t pid;
  int process;   /* a pidfd: readable when its whole pid namespace is gone (pidfd_open(2)) */
  int report_fd; /* see report.h; does not block */
  struct supervision supervision;
};

/* Forks one for a request, with `streams` as its standard streams and `evidence` for the reports of its supervisor, or NONE. Returns whether it did; else errno tells why not. A mistake in
 * the request is EINVAL. */
int fork_sandbox(const struct launch_request *request, const int streams[3], int evidence, struct forked *forked);

#endif

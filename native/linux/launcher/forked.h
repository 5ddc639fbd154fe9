/* A sandbox that a zygote forks. */
#ifndef CORDON_FORKED_H
#define CORDON_FORKED_H

#include <sys/types.h>

#include "channel.h"
#include "listener-hand-over.h"
#include "supervisor.h"

/* The sandbox's ends of its pipes: the standard streams, what its supervisor reports to, and what its command comes through; NONE
 * where there is none of the latter. */
enum { EVIDENCE_PIPE = 3, COMMAND_PIPE = 4, PIPES = 5 };

/* Its process 1, as the zygote knows it. */
struct forked {
  pid_t pid;
  int process;   /* a pidfd: readable when its whole pid namespace is gone (pidfd_open(2)) */
  int report_fd; /* see report.h; does not block */
  struct hand_over listeners; /* begun by the zygote, with its channel */
  struct supervision supervision;
};

/* Forks one for a request. Returns whether it did; else errno tells why not. A mistake in
 * the request is EINVAL. */
int fork_sandbox(const struct launch_request *request, const int pipes[PIPES], struct forked *forked);

#endif

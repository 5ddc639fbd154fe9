/* The sandbox's side of a launch, from the moment it is in its namespaces. */
#ifndef CORDON_SANDBOX_H
#define CORDON_SANDBOX_H

#include "seccomp.h"
#include "setup.h"
#include "user-namespace.h"

/* What a request to a zygote holds, and the command line has not. */
struct handed {
  const struct seccomp_program *program;
  int command_fd; /* where the command comes from, or NONE: it is known */
  const char *checks; /* see checks.h */
  size_t checks_length;
};

/* What the process that starts a sandbox hands on. */
struct launch {
  unsigned made; /* namespaces, CLONE_NEW… */
  int report_fd;
  int handover; /* see handover.h; NONE where nothing is watched */
  struct identity caller;
  uint64_t held; /* capabilities of the caller */
  int owner; /* a pidfd of the process whose death ends a sandbox without namespaces, or NONE */
  const struct handed *handed; /* by a zygote; else NULL */
};

/* Sets everything up, in the first process of the sandbox, and becomes the command or process 1. */
void run_sandbox(struct setup *setup, const struct launch *launch) __attribute__((noreturn));

#endif

/* A process outside of a sandbox that is told of calls of the command and carries them out for it (seccomp_unotify(2)).
 *
 * It decides about what it has copied and holds itself, never about what the command could still change. A command whose supervisor
 * has ended gets ENOSYS for these calls. It has no descriptors but its own sandbox's, and no capabilities: only those that the kernel
 * gives the owner of the sandbox's user namespace over it (user_namespaces(7)). */
#ifndef CORDON_SUPERVISOR_H
#define CORDON_SUPERVISOR_H

#include "setup.h"

/* Of a sandbox, as its starter knows it. */
struct supervision {
  pid_t supervisor; /* NONE where nothing is watched */
  int handover;     /* for the sandbox (handover.h); the starter closes it when that has been forked. NONE as well */
};

/* Forks a supervisor, if one is wanted, before the sandbox is. It ends when it is handed nothing, when the last process that it
 * supervises has ended, and with its starter where the sandbox does. False with errno set. */
bool start_supervision(struct supervision *supervision, const struct setup *setup);

/* When all of the sandbox has ended: nothing of it waits any more. */
void end_supervision(const struct supervision *supervision);

#endif

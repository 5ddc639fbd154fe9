/* The process that the caller started: it starts the sandbox, stays outside of it, and passes on how the command
 * ended. */
#ifndef CORDON_MONITOR_H
#define CORDON_MONITOR_H

#include "setup.h"

/* Runs a sandbox for `caller`, the parent that this process began with. Returns the exit status for it. */
int launch_and_wait(struct setup *setup, pid_t caller);

#endif

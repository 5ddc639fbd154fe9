/* The sandbox's part in having its calls watched (supervisor.h): what it hands over, and the program that it loads. */
#ifndef CORDON_WATCHED_H
#define CORDON_WATCHED_H

#include "setup.h"

/* Inside of the sandbox, when its namespaces and mounts are made: hands over the list of its sockets and the allowed sockets
 * of the host. Nothing where `handover` is NONE. Dies on error. */
void hand_over_sockets(const struct setup *setup, int handover);

/* Loads the program and hands its listener over, as the last thing before the command is executed. Returns 0, or -1 with errno
 * set. */
int become_watched(const struct setup *setup, int handover);

#endif

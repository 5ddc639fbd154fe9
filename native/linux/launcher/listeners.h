/* Listening sockets in the sandbox's own network namespace (network_namespaces(7)): whoever holds one answers at a port of
 * the sandbox's loopback, wherever they are themselves. */
#ifndef CORDON_LISTENERS_H
#define CORDON_LISTENERS_H

#include <stdint.h>

#include "setup.h"

/* Begins to listen at 127.0.0.1 and ::1. `port` may be 0, and becomes the one that it is. -1 with errno set. */
int open_listener(uint16_t *port);

/* Opens all listeners of a set-up and gives them to the starter, before anything of the command's runs: nobody can have
 * taken a port, and none of the sockets stays here. Dies on error. */
void open_listeners(const struct setup *setup, int report_fd);

#endif

/* Process 1 of the sandbox's pid namespace, or what holds locks and descriptors for a command without one. */
#ifndef CORDON_PROCESS_1_H
#define CORDON_PROCESS_1_H

#include "command.h"
#include "setup.h"

/* Starts the command as a child, reports its end, reaps until nobody is left, and leaves with the command's exit
 * status. */
void serve_as_process_1(const struct setup *setup, struct start *start) __attribute__((noreturn));

#endif

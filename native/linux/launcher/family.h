/* What stands in for process 1 of a pid namespace where there is none: it reaps, and ends the whole family at once. */
#ifndef CORDON_LAUNCHER_FAMILY_H
#define CORDON_LAUNCHER_FAMILY_H

#include "command.h"

/* Enters a domain for signals, in which the command will be and out of which it cannot signal; holds all signals back. */
void begin_family(void);

/* Waits for the command, or for the end of start->owner; ends all that is left, and reports. */
void serve_family(const struct start *start, pid_t command) __attribute__((noreturn));

#endif

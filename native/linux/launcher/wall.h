/* A Landlock domain around the command: a second wall behind the mounts, or with --no-namespaces the only one (landlock.h). */
#ifndef CORDON_WALL_H
#define CORDON_WALL_H

#include "setup.h"

/* The version by which a set-up's wall is made: 0 when it asks for none, or the kernel has none that can be used. */
int wall_abi(const struct setup *setup);

/* Makes the set of rules, from paths as they are seen now. Returns its descriptor, or NONE. Dies on error. */
int build_wall(const struct setup *setup);

/* Enters the domain for good; no wall is no error. Returns 0 or -1 with errno set. Needs no_new_privs. */
int enter_wall(int wall);

#endif

/* Dying with the process that stands above (prctl(2), PR_SET_PDEATHSIG). The kernel forgets the wish when
 * credentials change and in a new child, and says nothing of a death before it: so it is told again and again, and
 * looked each time. */
#ifndef CORDON_LIFELINE_H
#define CORDON_LIFELINE_H

#include <sys/types.h>

/* `expected_parent` is what getppid(2) returned, or is to return, while the parent lives. Leaves when it does not. */
void die_with_process(pid_t expected_parent);

/* For a parent outside of the pid namespace, whose id is 0 here: leaves when the other end of the socket is closed. */
void die_with_holder_of(int socket);

#endif

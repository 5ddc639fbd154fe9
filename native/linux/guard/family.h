/* The guard's processes: bubblewrap, and as a subreaper (prctl(2), PR_SET_CHILD_SUBREAPER) everything that bubblewrap leaves. */
#ifndef CORDON_FAMILY_H
#define CORDON_FAMILY_H

#include <sys/types.h>

/* Enters a domain for signals before there is a child: then all of them are killed in one step, and none can fork past it. */
void enter_domain_of_family(void);

/* SIGKILLs every child of this process and all that become its children thereby, and reaps them. Process ids are safe to
 * use here: a child's id cannot be given to another process before it has been reaped. */
void end_all_children(void);

/* Whether a process has a child in a process group; on kernels without CONFIG_PROC_CHILDREN it is taken to have. */
int has_child_in_group(pid_t parent, pid_t group);

#endif

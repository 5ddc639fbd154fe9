/* Entering namespaces (namespaces(7)). */
#ifndef CORDON_NAMESPACES_H
#define CORDON_NAMESPACES_H

#include <sys/types.h>

#include "setup.h"

/* Joins namespaces that are there (--userns, --pidns): the second only counts for children. */
void join_namespaces(const struct setup *setup);

/* Forks into the namespaces of a setup, a mount namespace always among them. Returns as fork(2), errno set; in the parent
 * `*process` is a pidfd. What is only wanted if possible is left out of `setup` where it is not. */
pid_t fork_into_namespaces(struct setup *setup, int *process);

/* In the new user namespace: maps the caller's ids, and those alone (user_namespaces(7)). */
void map_ids(const struct setup *setup, uid_t uid, gid_t gid);

/* Whoever made this process is gone or goes: so does this process. `parent` is a pidfd of it, or -1. A process that was forked
 * into new namespaces cannot see its parent's id. */
void die_with(int parent);

/* Brings lo up in a new network namespace; it then has its addresses. */
void raise_loopback(void);

/* No more user namespaces below this one, by its limit (namespaces(7), /proc/sys/user). `proc` is an open /proc. */
void forbid_user_namespaces(int proc);

#endif

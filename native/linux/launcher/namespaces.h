/* Entering namespaces (namespaces(7), user_namespaces(7)). */
#ifndef CORDON_NAMESPACES_H
#define CORDON_NAMESPACES_H

#include "setup.h"

/* Joins the existing user and pid namespaces that were named; the latter takes effect for children (setns(2)). Dies
 * on error. */
void join_namespaces(const struct namespaces *namespaces);

/* fork(2) into the new namespaces; in both processes `made` becomes what was made (CLONE_NEW…). Dies on error. */
pid_t fork_into_namespaces(const struct namespaces *namespaces, unsigned *made);

/* The same; -1 with errno set instead of death. */
pid_t try_to_fork_into_namespaces(const struct namespaces *namespaces, unsigned *made);

#endif

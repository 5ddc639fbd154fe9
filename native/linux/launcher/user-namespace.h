/* The ids of a user namespace, and keeping further ones from being made (user_namespaces(7)). */
#ifndef CORDON_USER_NAMESPACE_H
#define CORDON_USER_NAMESPACE_H

#include "setup.h"

/* Who this process is to the host. */
struct identity {
  uid_t uid;
  gid_t gid;
};

struct identity current_identity(void);

/* In a new user namespace: makes the ids of the set-up those of `caller`, or waits until somebody outside has mapped
 * ids. */
void settle_in_user_namespace(const struct setup *setup, struct identity caller);

/* What has to wait until all mounts are made: a nested namespace that cannot have another below it, and --userns2.
 * `proc` is a directory, the host's /proc. */
void finish_user_namespaces(const struct setup *setup, int proc);

/* Dies unless the kernel refuses another user namespace. */
void assert_user_namespaces_disabled(void);

#endif

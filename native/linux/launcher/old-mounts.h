/* Binding by mount(2) alone, for kernels before 5.12. Each mount below a bound one has to be found in a list and
 * limited by itself, which costs time that grows with the square of their number. */
#ifndef CORDON_OLD_MOUNTS_H
#define CORDON_OLD_MOUNTS_H

#include <stdbool.h>
#include <stdint.h>

/* Binds with all mounts below and gives each of them the attributes (mount-fds.h). False with errno set. */
bool bind_by_path(int source, int target, uint64_t attributes);

/* Adds attributes to the mount whose root directory is open; those that it has stay, since a less privileged
 * namespace may not clear them (mount_namespaces(7)). False with errno set. */
bool add_attributes(int mount, uint64_t attributes);

#endif

/* The mount system calls that work on descriptors (open_tree(2), move_mount(2), mount_setattr(2), fsopen(2); Linux 5.2 to 5.12). */
#ifndef CORDON_MOUNT_API_H
#define CORDON_MOUNT_API_H

#include <stddef.h>
#include <stdint.h>

/* A copy of what is mounted at an O_PATH descriptor and below it, attached nowhere, with more flags: `attributes` are
 * MOUNT_ATTR_*. Returns a descriptor, or -1 and errno. */
int copy_tree(int source, uint64_t attributes);

/* Adds flags to one mount, whose root an O_PATH descriptor is of. Returns 0, or -1 and errno. */
int add_attributes(int mount, uint64_t attributes);

/* A new file system of a type, attached nowhere; `options` are pairs of name and value that end with NULL, "" standing for a
 * flag. Returns a descriptor, or -1 and errno. */
int new_file_system(const char *type, const char *const options[], uint64_t attributes);

/* Puts a mount on an O_PATH descriptor, and closes the mount's. Returns 0, or -1 and errno. */
int attach(int mount, int target);

/* Opens a path as if `root` were the root directory, following links within it (openat2(2), RESOLVE_IN_ROOT). */
int open_in_root(int root, const char *path, uint64_t flags);

#endif

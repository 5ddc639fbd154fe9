/* open_tree(2), mount_setattr(2), move_mount(2) and openat2(2), which older C libraries do not know. */
#ifndef CORDON_MOUNT_FDS_H
#define CORDON_MOUNT_FDS_H

#include <stdbool.h>
#include <stdint.h>

/* Attributes for set_mount_attributes, as in linux/mount.h. */
enum { MOUNT_READ_ONLY = 0x1, MOUNT_NO_SUID = 0x2, MOUNT_NO_DEVICES = 0x4 };

/* Linux 5.12, or 5.6 for openat2(2). A filter may have taken the calls away, so they are tried. */
bool kernel_has_mount_fds(void);

/* A detached copy of what is mounted at a path, with all mounts below it, or -1. With an empty path, of `directory`
 * itself. */
int clone_mounts(int directory, const char *path);

/* Adds attributes to a mount, and with `is_recursive` to all below it. Returns 0 or -1. */
int set_mount_attributes(int mount, uint64_t attributes, bool is_recursive);

/* Attaches a detached mount. Returns 0 or -1. */
int attach_mount(int mount, int target);

/* Opens a path as if `root` were the root directory: no "..", absolute or symbolic link leads out of it. Returns -1
 * on error; ENOSYS or EPERM mean that the kernel cannot. */
int open_in_root(int root, const char *path, uint64_t flags);

#endif

/* Are the mounts where they belong?
 *
 * bubblewrap mounts by path, some time after the owner looked at the disk. Another process that may write a directory on
 * such a path could swap a component for a symbolic link in between. So every object that matters is looked up again,
 * after the mounts are made and before the command starts, without following any link, and compared by device and inode.
 *
 * A check: u64 device | u64 inode | char side | path, ended by NUL. Side 'h' looks from the host, 's' from the sandbox. */
#ifndef CORDON_CHECKS_H
#define CORDON_CHECKS_H

#include <stddef.h>

enum { CHECKS_HOLD = -1 };

/* Runs all checks; `sandbox` and `host` are descriptors of the two root directories. Returns CHECKS_HOLD or the index of the
 * first check that fails; a malformed list fails at the malformed check. */
int run_checks(const char *checks, size_t length, int sandbox, int host);

/* Opens an absolute path below `root`. A symbolic link is opened itself, and nothing lies below it. Returns an O_PATH
 * descriptor, or -1 with errno set. */
int open_without_links(int root, const char *path);

#endif

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
#include <sys/types.h>

enum { CHECKS_HOLD = -1, SANDBOX_IS_GONE = -2 };

/* Runs all checks against the mount namespace of `sandbox_pid`. Returns CHECKS_HOLD, SANDBOX_IS_GONE when
 * that process has ended, or the index of the first check that fails; a malformed list fails at the malformed check. */
int run_checks(const char *checks, size_t length, pid_t sandbox_pid);

#endif

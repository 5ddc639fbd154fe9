/* How the launcher says that something failed. One line on standard error, and exit status 1:
 *
 *   cordon-launcher: STEP: errno text          for a system call; the steps are below
 *   cordon-launcher: usage: WHAT               for options that are wrong, see options.c
 *
 * Only FAILED_EXECUTE means that the sandbox was ready. Programs may rely on these forms. */
#ifndef CORDON_ERRORS_H
#define CORDON_ERRORS_H

#define USAGE_ERROR "usage: "

#define FAILED_NAMESPACES "create namespaces"
#define FAILED_JOIN "join the %s namespace of descriptor %d"
#define FAILED_USER_MAP "map ids in the new user namespace: write %s"
#define FAILED_DISABLE_USER "disable user namespaces: %s"
#define FAILED_USER_NOT_DISABLED "user namespaces are not disabled"
#define FAILED_LOOPBACK "bring up the loopback interface"
#define FAILED_LISTEN "listen on port %d"
#define FAILED_TERMINAL "take the terminal %s"
#define FAILED_HOSTNAME "set the host name %s"
#define FAILED_ROOT "change the root directory: %s"
#define FAILED_MOUNT "mount %s on %s"
#define FAILED_REMOUNT "make %s read-only"
#define FAILED_DIRECTORY "create directory %s"
#define FAILED_FILE "create file %s"
#define FAILED_DATA "copy data to %s"
#define FAILED_SYMLINK "create symbolic link %s"
#define FAILED_CHMOD "change permissions of %s"
#define FAILED_LOCK "lock file %s"
#define FAILED_WALL "make the Landlock domain: %s"
#define FAILED_CAPABILITIES "set capabilities: %s"
#define FAILED_IDS "change ids"
#define FAILED_SECCOMP "load the seccomp program of descriptor %d"
#define FAILED_WATCH "watch the command's calls: %s"
#define FAILED_DESCRIPTOR "use descriptor %d"
#define FAILED_CHDIR "change directory to %s"
#define FAILED_EXECUTE "execute %s"

#endif

/* The new root directory while it is put together.
 *
 * The process keeps its own root, the host's, until all is done: sources are plain paths meanwhile. The new root
 * grows in a tmpfs that is mounted over "/". Nothing is hidden by that, since a path begins at the root that the
 * process has, below the mount; only ".." at the root leads to what is mounted there (path_resolution(7)). The tmpfs
 * is unbindable, so that it is left out when "/" is bound with all below it (mount_namespaces(7)). */
#ifndef CORDON_ROOT_H
#define CORDON_ROOT_H

#include <stdbool.h>

struct root {
  int base;             /* the tmpfs; its directory "root" is where the new root grows */
  int top;              /* the uppermost mount on "root" */
  int proc;             /* the host's /proc, in case that it is needed when the host's root is gone */
  int scratch;          /* a tmpfs for data that is bound; -1 until it is needed */
  unsigned data_count;  /* files in it */
  bool has_mount_fds;   /* the kernel has mount_setattr(2) and what came before it */
  bool shares_pids;     /* with the host: its /proc is the one to show */
};

/* Takes the mount namespace off the host's propagation and mounts an empty root. Dies on error. */
struct root begin_root(bool shares_pids);

/* To be called when something was mounted on the directory `target`, which may be the root itself. */
void note_mount(struct root *root, int target);

/* Changes to the new root and lets go of the host's. The working directory becomes "/". Dies on error. */
void enter_root(struct root *root);

/* The same root once it has been entered, for mounting more in it. The caller closes `top`. Dies on error. */
struct root inside_root(void);

#endif

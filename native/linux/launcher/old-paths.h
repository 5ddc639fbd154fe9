/* What openat2(2) with RESOLVE_IN_ROOT does, for kernels before 5.6. */
#ifndef CORDON_OLD_PATHS_H
#define CORDON_OLD_PATHS_H

/* Opens a path below `root`, one name after another, and follows links itself. -1 with errno set. */
int walk_in_root(int root, const char *path, int flags);

#endif

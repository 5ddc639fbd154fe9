/* Paths inside of the new root, while it is not yet anybody's root. No symbolic link and no ".." leads out of it.
 * Relative paths begin at the new root as well (as with bubblewrap). */
#ifndef CORDON_INSIDE_H
#define CORDON_INSIDE_H

#include <sys/types.h>

#include "root.h"

/* An O_PATH descriptor of what is at a path, links followed; -1 with errno set. `flags` may be O_DIRECTORY. */
int open_inside(const struct root *root, const char *path, int flags);

/* What is at a path; a directory is made when there is nothing, and whatever is missing on the way. -1 with errno
 * set. */
int ensure_directory(const struct root *root, const char *path, mode_t permissions, mode_t parents);

/* The same for a file, which begins empty. */
int ensure_file(const struct root *root, const char *path, mode_t permissions, mode_t parents);

/* Makes a symbolic link; 0 or -1 with errno set. That the same one is there already is no error. */
int ensure_symlink(const struct root *root, const char *path, const char *text, mode_t parents);

#endif

/* Files whose content comes from a descriptor. */
#ifndef CORDON_DATA_H
#define CORDON_DATA_H

#include <sys/types.h>

#include "root.h"

/* Writes all that can be read from `fd` to the open file `target`, O_PATH or not, in place of what it holds. Dies on
 * error. */
void copy_data(int fd, int target, const char *target_name);

/* A new file with that content, in a tmpfs that only what is bound from it keeps. Returns an O_PATH descriptor. Dies
 * on error. */
int open_data_file(struct root *root, int fd, mode_t permissions, const char *target_name);

#endif

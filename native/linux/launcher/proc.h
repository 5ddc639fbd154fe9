/* --proc */
#ifndef CORDON_PROC_H
#define CORDON_PROC_H

#include "root.h"

/* Mounts a new proc(5) on a directory of the new root, or binds the host's when its processes are shared. Dies on
 * error. */
void mount_proc(struct root *root, const char *target);

#endif

/* --proc */
#ifndef CORDON_PROC_H
#define CORDON_PROC_H

#include "root.h"

/* Mounts a proc(5) of the process's pid namespace on a directory of the new root. Dies on error. */
void mount_proc(struct root *root, const char *target);

#endif

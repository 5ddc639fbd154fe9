/* A minimal /dev: the devices that hold nothing of the machine, pseudo-terminals of its own, and the usual links. */
#ifndef CORDON_DEV_H
#define CORDON_DEV_H

#include "root.h"

/* Mounts it at a path of the new root. Dies on errors. */
void mount_dev(const struct root *root, const char *destination);

#endif

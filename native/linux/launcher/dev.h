/* --dev */
#ifndef CORDON_DEV_H
#define CORDON_DEV_H

#include "root.h"

/* Makes a minimal /dev in a tmpfs on a directory of the new root: harmless devices of the host, and terminals of its
 * own (devpts). Dies on error. */
void mount_dev(struct root *root, const char *target);

#endif

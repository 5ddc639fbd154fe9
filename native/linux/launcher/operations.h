/* What the command line asks to be mounted or made in the new root, one by one. */
#ifndef CORDON_OPERATIONS_H
#define CORDON_OPERATIONS_H

#include "root.h"

/* Carries one operation out. Dies on errors with what it was about: "mount SOURCE on DESTINATION", "make DIRECTORY", … */
void carry_out(const struct root *root, const struct operation *operation);

#endif

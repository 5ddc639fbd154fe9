/* Carrying out the operations of a set-up, in their order, inside of the new root. */
#ifndef CORDON_OPERATIONS_H
#define CORDON_OPERATIONS_H

#include "root.h"
#include "setup.h"

/* Dies of the first that fails. */
void carry_out(struct root *root, const struct operation *operations, size_t count);

#endif

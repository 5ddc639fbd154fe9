/* The command's environment while it is put together. */
#ifndef CORDON_ENVIRONMENT_H
#define CORDON_ENVIRONMENT_H

#include "setup.h"

/* Begins with the caller's. */
void copy_environment(struct setup *setup, char *const *environment);

/* False when no variable can have such a name. */
bool set_variable(struct setup *setup, const char *name, const char *value);
bool unset_variable(struct setup *setup, const char *name);

/* Leaves PWD only (bwrap(1), --clearenv). */
void clear_environment(struct setup *setup);

#endif

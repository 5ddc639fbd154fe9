/* --terminal */
#ifndef CORDON_TERMINAL_H
#define CORDON_TERMINAL_H

#include "setup.h"

/* Begins a session, with a terminal of the host as its controlling one and as the standard streams (credentials(7)). Dies on error,
 * ESTALE when something else is at its path. */
void take_terminal(const struct terminal *terminal);

#endif

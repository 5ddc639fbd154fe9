/* What the sandbox keeps of the capabilities(7) that set it up. */
#ifndef CORDON_CAPABILITIES_H
#define CORDON_CAPABILITIES_H

#include "setup.h"

/* Whether this process may mount: it has CAP_SYS_ADMIN. */
bool has_capability_to_mount(void);

/* Drops from all sets what the set-up does not keep. Dies on error. */
void drop_capabilities(const struct setup *setup);

/* Drops all that this process could use. Dies on error. */
void drop_all_capabilities(void);

#endif

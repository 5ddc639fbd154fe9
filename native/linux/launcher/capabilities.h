/* What the sandbox keeps of the capabilities(7) that set it up. */
#ifndef CORDON_CAPABILITIES_H
#define CORDON_CAPABILITIES_H

#include "setup.h"

/* Whether this process may mount: it has CAP_SYS_ADMIN. */
bool has_capability_to_mount(void);

/* Those that this process may use. Dies on error. */
uint64_t effective_capabilities(void);

/* Drops from all sets what the set-up does not keep; of those that root has by himself, what is not in `held`, which he had before
 * a new user namespace gave him all (user_namespaces(7)). Dies on error. */
void drop_capabilities(const struct setup *setup, uint64_t held);

/* Drops all that this process could use. Dies on error. */
void drop_all_capabilities(void);

#endif

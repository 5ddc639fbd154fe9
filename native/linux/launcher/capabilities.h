/* Capabilities by name and by bit (capabilities(7)). */
#ifndef CORDON_CAPABILITIES_H
#define CORDON_CAPABILITIES_H

#include <stdint.h>

/* The bit of "CAP_NAME" in any case, all bits for "ALL", 0 for anything else. */
uint64_t capability_bits(const char *name);

/* Drops every capability but `kept` from this process and from what it can ever have. Dies on errors. */
void keep_capabilities(uint64_t kept);

#endif

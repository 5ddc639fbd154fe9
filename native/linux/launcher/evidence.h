/* What the command tried to change and what it tried to connect to, for the owner of the sandbox to judge by its policy.
 *
 * Told are only tries that the sandbox refuses, as far as can be seen before the kernel decides: of what lies on a mount that may
 * not be written, of what cannot be reached, and of sockets and networks that have been refused. The kernel carries the calls out, or
 * refuses them: nothing is decided here, so that it does not matter what the command changes after it was looked at.
 *
 * The stream is a pipe. Each report:
 *
 *   u16 length of what follows | u8 use | u8 is hidden | call, ended by NUL | path or address
 *
 * Little endian; `use` is of the enumeration below. */
#ifndef CORDON_EVIDENCE_H
#define CORDON_EVIDENCE_H

#include <stdbool.h>

#include "answer.h"
#include "caller.h"

enum use {
  WRITES = 1,
  REMOVES = 2,
  CONNECTS = 3, /* to a Unix socket that is refused */
  REACHES = 4,  /* an address of a network that is not there */
};

struct evidence {
  int stream; /* NONE: nothing is to be reported, or nobody listens any more */
};

struct address;
struct seccomp_notif;

/* Waits for room, as long as there is somebody who reads. */
void report_use(struct evidence *evidence, const struct caller *caller, enum use use, const char *subject);

/* An address that could not be reached, if the error says that. */
void report_unreachable(struct evidence *evidence, const struct caller *caller, const struct address *address, int error);

/* Looks at a call that may change something; the kernel carries it out. */
struct answer look_at_change(struct evidence *evidence, struct caller *caller, const struct seccomp_notif *call);

#endif

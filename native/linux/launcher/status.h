/* What --info-fd and --json-status-fd are told (bwrap(1)). */
#ifndef CORDON_STATUS_REPORT_H
#define CORDON_STATUS_REPORT_H

#include "setup.h"

/* Tells the sandbox's first process and the ids of the namespaces that were made for it, and the ABI of its wall if it asked for one. Closes --info-fd. */
void tell_start(const struct setup *setup, pid_t pid, unsigned made);

/* Tells the exit status of a command that was started. */
void tell_end(const struct setup *setup, int exit_status);

#endif

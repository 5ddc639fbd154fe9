/* The seccomp program that has calls notified (seccomp_unotify(2)). It is loaded behind the caller's own programs; of all
 * of them the strictest answer counts, and a refusal is stricter than a notification (seccomp(2)). */
#ifndef CORDON_WATCH_PROGRAM_H
#define CORDON_WATCH_PROGRAM_H

#include "seccomp.h"
#include "setup.h"

/* The program for what is to be watched. Its instructions are to be freed. */
struct seccomp_program make_watch_program(const struct watch *watch);

/* Whether the supervisor is told of sendmsg(2) too, so that who has loaded the program cannot send. */
bool watches_sending(const struct watch *watch);

#endif

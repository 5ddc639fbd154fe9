/* connect(2), carried out for the caller. */
#ifndef CORDON_CONNECT_FOR_H
#define CORDON_CONNECT_FOR_H

#include "answer.h"
#include "caller.h"
#include "socket-rules.h"
#include "workers.h"

struct seccomp_notif;

/* `rules` says where to report what cannot be reached. */
struct answer connect_for(struct caller *caller, const struct seccomp_notif *call, const struct socket_rules *rules,
                          struct workers *workers);

#endif

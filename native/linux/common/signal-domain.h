/* A domain by which the kernel can tell one's own descendants from everybody else, without a pid namespace: of the processes
 * inside, none can signal one outside (Landlock, since ABI 6). kill(2) with -1 then reaches the descendants alone, all of
 * them in one step that no fork(2) slips through. */
#ifndef CORDON_SIGNAL_DOMAIN_H
#define CORDON_SIGNAL_DOMAIN_H

enum { SIGNAL_DOMAIN_ABI = 6 };

/* Enters a new one, and makes the orphans in it children of this process. Dies unless it is proven to hold: whoever shall
 * signal all processes must not take the kernel's word for it. Needs no_new_privs, and a parent that could be signalled. */
void enter_signal_domain(void);

/* Kills all processes of the domain but this one, and reaps them. For who has entered one. */
void end_signal_domain(void);

#endif

/* A new network namespace has a loopback interface, which is down (network_namespaces(7)). */
#ifndef CORDON_NETWORK_H
#define CORDON_NETWORK_H

/* Brings it up; the kernel gives it 127.0.0.1 and ::1 by itself. Dies on error. */
void bring_loopback_up(void);

#endif

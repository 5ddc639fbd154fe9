/* What the sandbox tells the process that started it, on a socket of its own (seqpacket, one message each). The
 * starter's end is held by the starter alone, so that its death shows as a hang-up. */
#ifndef CORDON_REPORT_H
#define CORDON_REPORT_H

#include <stdbool.h>

#include "setup.h"

enum report_kind {
  REPORT_STARTING,     /* all is set up; only Landlock, seccomp and execve(2) are left. value: the wall's ABI (wall.h) */
  REPORT_NOT_EXECUTED, /* takes the former back */
  REPORT_ENDED,        /* value: exit status of the command, 128+n for signal n */
  REPORT_MISMATCH,     /* value: index of the check that failed (checks.h) */
  REPORT_PREPARED,     /* all is set up but for the command, which is waited for */
  REPORT_LISTENING,    /* value: a port; comes with the listening socket, in the order of the options */
};

struct report {
  enum report_kind kind;
  int value;
  int fd; /* that came with it, the receiver's to close; else NONE */
};

/* `ends[0]` is the starter's, `ends[1]` the sandbox's. Dies on error. */
void make_report_socket(int ends[2]);

/* The starter's word that the sandbox may go on, and waiting for it: false when the starter is gone. */
void let_go_on(int fd);
bool wait_to_go_on(int fd);

/* Sends. That nobody is there any more is no error. */
void send_report(int fd, enum report_kind kind, int value);

/* The same with a descriptor. Returns whether it was sent; else errno tells why not. */
bool send_descriptor(int fd, enum report_kind kind, int value, int descriptor);

/* Waits for a report, unless the socket does not block. False when there comes none any more, or none is there. Dies on
 * error. */
bool receive_report(int fd, struct report *report);

#endif

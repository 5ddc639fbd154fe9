/* What the sandbox tells the process that started it, on a socket of its own (seqpacket, one message each). The
 * starter's end is held by the starter alone, so that its death shows as a hang-up. */
#ifndef CORDON_REPORT_H
#define CORDON_REPORT_H

#include <stdbool.h>

enum report_kind {
  REPORT_STARTING,     /* all is set up; only Landlock, seccomp and execve(2) are left. value: the wall's ABI (wall.h) */
  REPORT_NOT_EXECUTED, /* takes the former back */
  REPORT_ENDED,        /* value: exit status of the command, 128+n for signal n */
  REPORT_MISMATCH,     /* value: index of the check that failed (checks.h) */
};

struct report {
  enum report_kind kind;
  int value;
};

/* `ends[0]` is the starter's, `ends[1]` the sandbox's. Dies on error. */
void make_report_socket(int ends[2]);

/* Sends. That nobody is there any more is no error. */
void send_report(int fd, enum report_kind kind, int value);

/* Waits for a report. False when there comes none any more. Dies on error. */
bool receive_report(int fd, struct report *report);

#endif

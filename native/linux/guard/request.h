/* The one message that the owner sends on the control socket, before anything is started.
 *
 *   u32 magic "CRD2" | u32 args length | u32 seccomp length | u32 checks length | u32 argv length | args | seccomp | checks | argv
 *
 * Little endian. args: bubblewrap's options, each ended by NUL. seccomp: struct sock_filter[]. checks: see checks.h. argv: for
 * a guard that was started without a command, bubblewrap's absolute path and what follows it, each ended by NUL; else empty. */
#ifndef CORDON_REQUEST_H
#define CORDON_REQUEST_H

#include <stddef.h>

struct request {
  char *args;
  size_t args_length;
  char *seccomp;
  size_t seccomp_length;
  char *checks;
  size_t checks_length;
  char **argv; /* NULL when it was empty */
};

/* Reads a whole request, with or without a command, or dies: one that is cut short must never start a sandbox with half its
 * options. */
struct request read_request(int control, int has_command);

#endif

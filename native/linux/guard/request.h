/* The one message that the owner sends on the control socket, before anything is started.
 *
 *   u32 magic "CRD1" | u32 args length | u32 seccomp length | u32 checks length | args | seccomp | checks
 *
 * Little endian. args: bubblewrap's options, each ended by NUL. seccomp: struct sock_filter[]. checks: see checks.h. */
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
};

/* Reads a whole request, or dies: a message cut short must never start a sandbox with half its options. */
struct request read_request(int control);

#endif

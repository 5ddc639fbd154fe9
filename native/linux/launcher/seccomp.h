/* Seccomp programs of the caller (seccomp(2)). */
#ifndef CORDON_SECCOMP_H
#define CORDON_SECCOMP_H

#include <stddef.h>

struct seccomp_program {
  int fd; /* it came from */
  size_t length; /* instructions */
  struct sock_filter *instructions;
};

/* Reads whole programs, or dies of one that is empty, cut short or too long. The descriptors stay open. */
struct seccomp_program *read_programs(const int *fds, size_t count);

/* Loads one for this process and all that come from it. Returns 0, or -1 with errno set. Needs no_new_privs. */
int load_program(const struct seccomp_program *program);

#endif

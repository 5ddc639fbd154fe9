/* The shell's way of telling how a process ended. */
#ifndef CORDON_WAIT_STATUS_H
#define CORDON_WAIT_STATUS_H

#include <sys/wait.h>

/* Of what waitpid(2) stored: the exit status, or 128+n for death by signal n. */
static inline int exit_status_of(int status) {
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

#endif

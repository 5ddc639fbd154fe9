/* Starting what the guard stands in front of. */
#ifndef CORDON_START_H
#define CORDON_START_H

#include <sys/types.h>

#include "request.h"

/* A child, and our ends of what connects us with bubblewrap; -1 where there is none. */
struct started {
  pid_t pid;
  int status_fd;  /* what bubblewrap reports */
  int block_fd;   /* becomes writable when the mounts are made */
  int seccomp_fd; /* takes the program, without which bubblewrap does not start the command */
};

/* What a launcher of ours gets besides. */
struct more_ends {
  int has_channel; /* of Node's (guard.c); it is closed here */
  int evidence;    /* a pipe, which is closed here; -1: there is none */
};

/* Executes argv[0] with the options of the request on descriptor 4, its status on 5, its block on 6, the program on 7, and where there
 * are such, the channel on 8 and the pipe for evidence on 9. */
struct started start_bubblewrap(const struct request *request, char **argv, struct more_ends more);

/* Executes argv[0], searched on PATH, without a sandbox. Returns a `pid` of -1 and the reason in errno when that fails. */
struct started start_plain(char **argv);

#endif

/* The guard's own command line; see guard.c for what it means. */
#ifndef CORDON_OPTIONS_H
#define CORDON_OPTIONS_H

struct options {
  int is_plain;
  int is_standby;
  int has_terminal;
  int is_merged;
  int has_channel; /* of Node's, for the launcher */
  int has_domain;
  int has_pipe[4]; /* see streams.h */
  char **command; /* NULL when it comes with the request */
};

/* Reads the command line, or dies of one that it does not understand. */
struct options read_options(int argc, char **argv);

#endif

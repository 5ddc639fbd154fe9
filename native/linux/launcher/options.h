/* The command line, which is bubblewrap's (bwrap(1)). Parsing changes nothing but the set-up, so that it can be
 * fuzzed. */
#ifndef CORDON_OPTIONS_H
#define CORDON_OPTIONS_H

#include "setup.h"

/* Why a command line was refused. */
struct complaint {
  char text[512];
};

/* What parsing needs to know of the caller. */
struct parse_context {
  char *const *environment;
  bool is_root;
  bool may_mount; /* without a user namespace of its own */
  bool has_channel; /* without --listener-fd */
  /* Reads all of a descriptor into memory of the set-up, adds a NUL and stores the length without it; NULL with
   * errno set. */
  char *(*read_all)(struct setup *setup, int fd, size_t *length);
};

/* Parses `words`, which end with NULL and begin behind the program's name. On false the complaint says why. In
 * either case free_setup is to be called. */
bool parse_setup(struct setup *setup, char **words, const struct parse_context *context, struct complaint *complaint);

/* The parse_context.read_all of a real command line. */
char *read_descriptor(struct setup *setup, int fd, size_t *length);

#endif

/* The calls that change something by a path, and where their arguments are (syscalls(2)). */
#ifndef CORDON_CHANGES_H
#define CORDON_CHANGES_H

#include <stddef.h>

/* What there must be at a place for a change to be refused because of where it is. */
enum need {
  NOTHING_THERE, /* what is there is EEXIST, on any mount */
  SOMETHING,     /* what is missing is ENOENT */
  ANYTHING,
  AS_OPENED, /* by the flags of open(2) */
};

enum { NO_ARGUMENT = -1, WORKING_DIRECTORY = -1 };

struct changed {
  int directory; /* an argument, or WORKING_DIRECTORY */
  int path;      /* an argument; NO_ARGUMENT: the descriptor itself */
  enum need need;
  int is_removed;
  int follows;  /* a link at the end */
  int at_flags; /* an argument with flags that say otherwise, or NO_ARGUMENT */
};

struct change {
  int number;
  const char *name;
  int flags;     /* argument of the flags of open(2), or NO_ARGUMENT */
  size_t count;
  struct changed places[2];
};

extern const struct change CHANGES[];
extern const size_t CHANGE_COUNT;

/* Bits of open(2)'s flags with which it changes something (asm-generic/fcntl.h): those of O_ACCMODE, to which some C libraries add
 * O_PATH; and that of O_TMPFILE which is not O_DIRECTORY. */
enum { WRITING = 03, WITHOUT_NAME = 020000000 };

/* NULL for other calls. */
const struct change *find_change(int number);

#endif

/* Calls that may take long: each is carried out by a process of its own, so that none holds up the others. */
#ifndef CORDON_WORKERS_H
#define CORDON_WORKERS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "answer.h"
#include "caller.h"

/* How often workers are looked after, while there are some. */
enum { TEND_MS = 100 };

struct worker {
  pid_t pid, thread;
  uint64_t call;
};

struct workers {
  int listener;
  struct worker *list;
  size_t count;
  int64_t tended_ms;
};

/* Carries a call out. */
typedef struct answer work(void *what);

/* Has a process do it and answer. Returns 0, or an error number when there can be none. */
int start_worker(struct workers *workers, const struct caller *caller, work *work, void *what);

/* Every TEND_MS: ends those whose callers wait no more, or have been interrupted, and forgets those that have ended. */
void tend_workers(struct workers *workers);

/* Ends all. */
void end_workers(struct workers *workers);

#endif

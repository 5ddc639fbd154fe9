/* What a waiting call is told (seccomp_unotify(2)). */
#ifndef CORDON_ANSWER_H
#define CORDON_ANSWER_H

#include <stdint.h>

struct answer {
  enum { RETURNS, GOES_ON, LATER } kind; /* GOES_ON: the kernel carries the call out; LATER: somebody else answers */
  int64_t value;
  int error; /* errno(3), or 0 */
};

/* That the call waits no more is no error. Dies on others. */
void send_answer(int listener, uint64_t call, const struct answer *answer);

#endif

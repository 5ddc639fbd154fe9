#define _GNU_SOURCE
#include "answer.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <sys/ioctl.h>

#include "sys.h"

void send_answer(int listener, uint64_t call, const struct answer *answer) {
  struct seccomp_notif_resp response = {.id = call};
  if (answer->kind == LATER) return;
  if (answer->kind == GOES_ON) {
    response.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
  } else {
    response.error = -answer->error;
    response.val = answer->error == 0 ? answer->value : 0;
  }
  while (ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &response) != 0) {
    if (errno == EINTR) continue;
    /* EINPROGRESS: it has been answered already, by a worker that was then taken for lost. */
    if (errno != ENOENT && errno != EINPROGRESS) die("answer a call");
    return;
  }
}

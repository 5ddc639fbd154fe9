#define _GNU_SOURCE
#include "relayed.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sys.h"

/* What a pipe takes at once; and how often one direction has its turn before others have theirs. */
enum { PIECE = 64 << 10, TURNS = 16 };

bool begin_relayed(struct relayed *relayed, int left, int right) {
  *relayed = (struct relayed){.flows = {{.from = left, .to = right}, {.from = right, .to = left}}};
  int first = pipe2(relayed->flows[0].pipe, O_CLOEXEC);
  if (first == 0 && pipe2(relayed->flows[1].pipe, O_CLOEXEC) == 0) return true;
  int reason = errno;
  if (first == 0 && (close(relayed->flows[0].pipe[0]) != 0 || close(relayed->flows[0].pipe[1]) != 0)) die("close");
  if (close(left) != 0 || close(right) != 0) die("close");
  errno = reason;
  return false;
}

static ssize_t splice_piece(int from, int to, size_t length) {
  return splice(from, NULL, to, NULL, length, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
}

/* Returns as splice(2). The end of one side's words is passed on, and the other side may go on speaking. */
static ssize_t read_piece(struct flow *flow) {
  ssize_t got = splice_piece(flow->from, flow->pipe[1], PIECE);
  if (got > 0) flow->held = (size_t)got;
  if (got != 0) return got;
  flow->has_ended = true;
  return shutdown(flow->to, SHUT_WR);
}

static ssize_t write_piece(struct flow *flow) {
  ssize_t put = splice_piece(flow->pipe[0], flow->to, flow->held);
  if (put > 0) flow->held -= (size_t)put;
  return put;
}

/* Returns false when it is broken. */
static bool move_flow(struct flow *flow) {
  for (int turn = 0; turn < TURNS && !flow->has_ended; turn++) {
    ssize_t moved = flow->held > 0 ? write_piece(flow) : read_piece(flow);
    if (moved < 0) return errno == EAGAIN || errno == EINTR;
  }
  return true;
}

bool move_bytes(struct relayed *relayed) {
  struct flow *flows = relayed->flows;
  if (!move_flow(&flows[0]) || !move_flow(&flows[1])) return false;
  return !flows[0].has_ended || !flows[1].has_ended;
}

short wanted_events(const struct relayed *relayed, int socket) {
  int events = 0;
  for (int i = 0; i < 2; i++) {
    const struct flow *flow = &relayed->flows[i];
    if (flow->has_ended) continue;
    if (flow->held > 0 && flow->to == socket) events |= POLLOUT;
    if (flow->held == 0 && flow->from == socket) events |= POLLIN;
  }
  return (short)events;
}

void end_relayed(struct relayed *relayed) {
  for (int i = 0; i < 2; i++) {
    const struct flow *flow = &relayed->flows[i];
    if (close(flow->from) != 0 || close(flow->pipe[0]) != 0 || close(flow->pipe[1]) != 0) die("close");
  }
}

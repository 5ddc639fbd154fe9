#define _GNU_SOURCE
#include "streams.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "events.h"
#include "sys.h"

static int make_pipe(int stream) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) die("pipe");
  int ours = stream == STDIN_FILENO ? ends[0] : ends[1];
  int owners = stream == STDIN_FILENO ? ends[1] : ends[0];
  place_descriptor(ours, stream);
  if (close(ours) != 0) die("close");
  send_event(EVENT_PIPE, owners * 4 + stream);
  return owners;
}

static void make_evidence_pipe(struct streams *streams) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) die("pipe");
  streams->owner_ends[EVIDENCE] = ends[0];
  streams->evidence = ends[1];
  send_event(EVENT_PIPE, ends[0] * 4 + EVIDENCE);
}

struct streams make_pipes(const int is_wanted[STREAM_COUNT]) {
  struct streams streams = {.owner_ends = {-1, -1, -1, -1}, .evidence = -1};
  for (int stream = 0; stream < EVIDENCE; stream++)
    if (is_wanted[stream]) streams.owner_ends[stream] = make_pipe(stream);
  if (is_wanted[EVIDENCE]) make_evidence_pipe(&streams);
  return streams;
}

void close_owner_ends(struct streams *streams) {
  for (int stream = 0; stream < STREAM_COUNT; stream++) {
    if (streams->owner_ends[stream] >= 0 && close(streams->owner_ends[stream]) != 0) die("close");
    streams->owner_ends[stream] = -1;
  }
}

void wait_for_owner(const struct streams *streams) {
  char byte;
  int is_open = 0;
  for (int stream = 0; stream < STREAM_COUNT; stream++) is_open |= streams->owner_ends[stream] >= 0;
  while (is_open && recv(CONTROL, &byte, 1, 0) < 0)
    if (errno != EINTR) break;
}

void close_streams(void) {
  for (int stream = 0; stream < 3; stream++)
    if (close(stream) != 0 && errno != EBADF) die("close");
}

#define _GNU_SOURCE
#include "listener-hand-over.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "node-channel.h"
#include "relay.h"
#include "sys.h"

void begin_hand_over(struct hand_over *hand_over, const struct setup *setup) {
  const struct listening *listening = &setup->listening;
  if (listening->channel_fd != NONE) hand_over->channel = listening->channel_fd;
  if (listening->directory == NULL) return;
  hand_over->directory = strdup(listening->directory);
  if (hand_over->directory == NULL) die("strdup");
}

static bool start_own_relay(struct hand_over *hand_over, pid_t sandbox, const struct relay_request *request) {
  pid_t pid = start_relay(sandbox, request);
  if (pid > 0) hand_over->relays[request->index] = pid;
  return pid > 0;
}

bool hand_listener_over(struct hand_over *hand_over, pid_t sandbox, const struct report *report) {
  unsigned index = hand_over->count++;
  struct announcement announcement = {.sandbox = hand_over->id, .index = index, .port = report->value};
  struct relay_request request = {
      .listener = report->fd, .directory = hand_over->directory, .index = index, .port = report->value};
  errno = EBADMSG;
  if (report->fd == NONE || index >= MAX_LISTENERS) return false;
  bool is_done = hand_over->directory == NULL ? send_to_node(hand_over->channel, &announcement, report->fd)
                                              : start_own_relay(hand_over, sandbox, &request);
  int reason = errno;
  if (close(report->fd) != 0) die("close");
  errno = reason;
  return is_done;
}

void end_hand_over(struct hand_over *hand_over) {
  for (unsigned i = 0; i < MAX_LISTENERS; i++) {
    if (hand_over->relays[i] == 0) continue;
    if (kill(hand_over->relays[i], SIGKILL) != 0) die("kill");
    while (waitpid(hand_over->relays[i], NULL, 0) < 0)
      if (errno != EINTR) die("waitpid");
    hand_over->relays[i] = 0;
  }
  free(hand_over->directory);
  hand_over->directory = NULL;
}

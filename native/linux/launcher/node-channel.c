#define _GNU_SOURCE
#include "node-channel.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "descriptor-message.h"
#include "listeners.h"
#include "sys.h"

bool send_to_node(int channel, const struct announcement *announcement, int listener) {
  char line[160];
  int length = snprintf(line, sizeof line,
                        "{\"cmd\":\"NODE_HANDLE\",\"type\":\"net.Native\","
                        "\"msg\":{\"sandbox\":%u,\"index\":%u,\"port\":%d}}\n",
                        (unsigned)announcement->sandbox, announcement->index, announcement->port);
  return send_with_descriptor(channel, line, (size_t)length, listener);
}

bool discard_answers(int channel) {
  char answers[4096];
  ssize_t got = recv(channel, answers, sizeof answers, MSG_DONTWAIT);
  if (got < 0 && errno != EAGAIN && errno != EINTR && errno != ECONNRESET) die("read from Node");
  return got > 0 || (got < 0 && errno != ECONNRESET);
}

void wait_for_answer(int channel) {
  char byte = 0;
  while (byte != '\n' && read_full(channel, &byte, sizeof byte) > 0) continue;
}

void probe_channel(int channel) {
  if (unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) die("unshare");
  struct announcement announcement = {0};
  uint16_t port = 0;
  int listener = open_listener(&port);
  announcement.port = port;
  if (listener < 0 || !send_to_node(channel, &announcement, listener)) die("give a listening socket to Node");
  wait_for_answer(channel);
}

#include "channel.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sys.h"

enum { HEAD = 4 + 4 + 1, LAUNCH_HEAD = 1 + 4 * 4, MIN_ROOM = 64 << 10, MAX_FILTER = 4096 * 8 };

static uint32_t little_endian(const unsigned char *at) {
  return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static void make_room(struct channel *channel) {
  if (channel->start > 0) {
    memmove(channel->bytes, channel->bytes + channel->start, channel->end - channel->start);
    channel->end -= channel->start;
    channel->start = 0;
  }
  if (channel->capacity - channel->end >= MIN_ROOM) return;
  size_t capacity = channel->capacity * 2 + MIN_ROOM;
  unsigned char *bytes = realloc(channel->bytes, capacity);
  if (bytes == NULL) die("realloc");
  channel->bytes = bytes;
  channel->capacity = capacity;
}

int channel_fill(struct channel *channel, int fd) {
  make_room(channel);
  ssize_t got = read(fd, channel->bytes + channel->end, channel->capacity - channel->end);
  if (got < 0) {
    if (errno == EINTR || errno == EAGAIN) return 1;
    if (errno == ECONNRESET) return 0;
    die("read requests");
  }
  channel->end += (size_t)got;
  return got > 0;
}

enum channel_state channel_next(struct channel *channel, struct frame *frame) {
  const unsigned char *at = channel->bytes + channel->start;
  size_t there = channel->end - channel->start;
  if (there < HEAD) return CHANNEL_EMPTY;
  size_t length = little_endian(at);
  if (length < HEAD - 4 || length > MAX_FRAME) return CHANNEL_BROKEN;
  if (there < 4 + length) return CHANNEL_EMPTY;
  *frame = (struct frame){
      .id = little_endian(at + 4),
      .kind = at[8],
      .payload = at + HEAD,
      .length = 4 + length - HEAD,
  };
  channel->start += 4 + length;
  return CHANNEL_FRAME;
}

static int is_strings(const char *text, size_t length) { return length == 0 || text[length - 1] == '\0'; }

int read_launch(const struct frame *frame, struct launch_request *request) {
  if (frame->length < LAUNCH_HEAD) return 0;
  const unsigned char *head = frame->payload;
  *request = (struct launch_request){
      .streams = head[0],
      .options_length = little_endian(head + 1),
      .filter_length = little_endian(head + 5),
      .checks_length = little_endian(head + 9),
      .command_length = little_endian(head + 13),
  };
  /* Each is below 4 GiB, so that the sum cannot overflow. */
  size_t sum = request->options_length + request->filter_length + request->checks_length + request->command_length;
  if (sum != frame->length - LAUNCH_HEAD) return 0;
  request->options = (char *)head + LAUNCH_HEAD;
  request->filter = request->options + request->options_length;
  request->checks = request->filter + request->filter_length;
  request->command = request->checks + request->checks_length;
  return request->streams <= STREAMS_ALL && request->filter_length > 0 && request->filter_length <= MAX_FILTER &&
         request->filter_length % 8 == 0 && (request->command_length > 0) == (frame->kind == FRAME_LAUNCH) &&
         is_strings(request->options, request->options_length) &&
         is_strings(request->checks, request->checks_length) &&
         is_strings(request->command, request->command_length);
}

char **split_strings(char *text, size_t length, size_t *count) {
  *count = 0;
  for (size_t at = 0; at < length; at++) *count += text[at] == '\0';
  char **strings = allocate((*count + 1) * sizeof *strings);
  for (size_t i = 0; i < *count; i++, text += strlen(text) + 1) strings[i] = text;
  strings[*count] = NULL;
  return strings;
}

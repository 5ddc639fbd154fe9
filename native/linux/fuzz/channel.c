/* libFuzzer for what a zygote reads on its control socket (channel.h).
 *
 * Input: the bytes of the socket. They come in pieces of random length, and once more all at once: both must give the same
 * frames. Each frame is given to every decoder, whatever its kind, as a copy of just its length, so that nobody reads behind it
 * unnoticed. A decoder that is new belongs into the table. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "channel.h"
#include "sys.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What came out of a stream of bytes. */
struct told {
  size_t frames;
  uint64_t hash;
  enum channel_state end;
};

static uint64_t mix(uint64_t hash, const void *bytes, size_t length) {
  const unsigned char *at = bytes;
  for (size_t i = 0; i < length; i++) hash = (hash ^ at[i]) * UINT64_C(1099511628211);
  return hash;
}

static void check_strings(const char *text, size_t length) {
  char *copy = allocate(length);
  if (length > 0) memcpy(copy, text, length);
  size_t count, total = 0;
  char **strings = split_strings(copy, length, &count);
  for (size_t i = 0; i < count; i++) total += strlen(strings[i]) + 1;
  if (total != length || strings[count] != NULL) abort();
  free(strings);
  free(copy);
}

static void decode_launch(const struct frame *frame) {
  struct launch_request request;
  if (!read_launch(frame, &request)) return;
  const char *start = (const char *)frame->payload, *end = start + frame->length;
  if (request.options < start || request.command + request.command_length != end) abort();
  if (request.streams > STREAMS_ALL || request.filter_length == 0 || request.filter_length % 8 != 0) abort();
  check_strings(request.options, request.options_length);
  check_strings(request.command, request.command_length);
}

static void (*const DECODERS[])(const struct frame *) = {decode_launch};

static void decode(const struct frame *frame) {
  unsigned char *copy = allocate(frame->length);
  if (frame->length > 0) memcpy(copy, frame->payload, frame->length);
  struct frame exact = *frame;
  exact.payload = copy;
  for (size_t i = 0; i < sizeof DECODERS / sizeof *DECODERS; i++) DECODERS[i](&exact);
  free(copy);
}

/* Takes what has come whole. */
static void take_frames(struct channel *channel, struct told *told) {
  struct frame frame;
  while (told->end == CHANNEL_EMPTY && (told->end = channel_next(channel, &frame)) == CHANNEL_FRAME) {
    if (frame.payload < channel->bytes || frame.payload + frame.length > channel->bytes + channel->end) abort();
    told->frames++;
    told->hash = mix(told->hash, &frame.id, sizeof frame.id);
    told->hash = mix(mix(told->hash, &frame.kind, sizeof frame.kind), frame.payload, frame.length);
    decode(&frame);
    told->end = CHANNEL_EMPTY;
  }
}

enum { PIPE_ROOM = 4096, FEWEST_PIECES = 8 };

static size_t length_of_piece(uint64_t *seed, size_t size, size_t left, int is_split) {
  *seed = *seed * UINT64_C(6364136223846793005) + 1;
  size_t most = is_split ? 1 + (*seed >> 33) % (size / FEWEST_PIECES + FEWEST_PIECES) : PIPE_ROOM;
  if (most > PIPE_ROOM) most = PIPE_ROOM;
  return left < most ? left : most;
}

/* One for all runs; each leaves it empty. */
static const int *pipe_ends(void) {
  static int ends[2];
  if (ends[1] == 0 && pipe2(ends, O_CLOEXEC) != 0) abort();
  return ends;
}

static struct told feed(const uint8_t *data, size_t size, int is_split) {
  const int *ends = pipe_ends();
  struct channel channel = {0};
  struct told told = {.end = CHANNEL_EMPTY};
  uint64_t seed = mix(0, data, size);
  for (size_t done = 0; done < size && told.end != CHANNEL_BROKEN;) {
    size_t length = length_of_piece(&seed, size, size - done, is_split);
    write_full(ends[1], data + done, length);
    if (channel_fill(&channel, ends[0]) != 1) abort();
    done += length;
    take_frames(&channel, &told);
  }
  free(channel.bytes);
  return told;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct told split = feed(data, size, 1), whole = feed(data, size, 0);
  if (split.frames != whole.frames || split.hash != whole.hash || split.end != whole.end) abort();
  return 0;
}

/* The zygote's requests, as they come in on its control socket (unix(7), SOCK_STREAM).
 *
 *   u32 length of what follows | u32 id | u8 kind | payload
 *
 * Little endian. `id` is the owner's number of a sandbox. Payloads:
 *
 *   FRAME_LAUNCH  u8 streams | u32 options length | u32 filter length | u32 checks length | u32 command length |
 *                 options | filter | checks | command
 *                 streams: bit 0 to 2, the standard streams that are to be pipes; bit 3, standard error is standard output;
 *                 bit 4, a pipe for what the supervisor reports (evidence.h).
 *                 options: those of the command line, each ended by NUL. filter: struct sock_filter[]. checks: see checks.h.
 *                 command: program and arguments, each ended by NUL.
 *   FRAME_PREPARE the same without a command: the sandbox is set up, and waits for its command on a pipe of its own (request.h)
 *   FRAME_OPENED  nothing: the owner has opened its ends of the sandbox's pipes
 *   FRAME_KILL    nothing
 */
#ifndef CORDON_CHANNEL_H
#define CORDON_CHANNEL_H

#include <stddef.h>
#include <stdint.h>

enum frame_kind { FRAME_LAUNCH = 1, FRAME_OPENED = 2, FRAME_KILL = 3, FRAME_PREPARE = 4 };

enum { STREAM_MERGED = 1 << 3, STREAM_EVIDENCE = 1 << 4, STREAMS_ALL = (1 << 5) - 1 };

/* Far above the system's own limit for a command line and the plan of the largest profile. */
enum { MAX_FRAME = 32 << 20 };

/* Bytes that have come in and are not used up. */
struct channel {
  unsigned char *bytes;
  size_t start, end, capacity;
};

/* One request; it points into the channel until that is read again. */
struct frame {
  uint32_t id;
  unsigned kind;
  const unsigned char *payload;
  size_t length;
};

/* What is to be launched; it points into the frame. */
struct launch_request {
  unsigned streams;
  char *options, *filter, *checks, *command;
  size_t options_length, filter_length, checks_length, command_length;
};

enum channel_state { CHANNEL_EMPTY = 0, CHANNEL_FRAME = 1, CHANNEL_BROKEN = -1 };

/* Reads what there is. Returns 0 at the end of the file, 1 otherwise. Dies on errors. */
int channel_fill(struct channel *channel, int fd);

/* Takes the next frame off. CHANNEL_EMPTY: it has not come whole. CHANNEL_BROKEN: its length cannot be true, and nothing behind it
 * can be made out. */
enum channel_state channel_next(struct channel *channel, struct frame *frame);

/* Takes a launch, or what is to be prepared, apart. Returns whether its parts fill it exactly and each is what it should be. */
int read_launch(const struct frame *frame, struct launch_request *request);

/* The strings of a part, each ended by NUL, as an array that ends with NULL. Free the array. */
char **split_strings(char *text, size_t length, size_t *count);

#endif

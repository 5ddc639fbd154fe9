#define _GNU_SOURCE
#include "request.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "capabilities.h"
#include "channel.h"
#include "errors.h"
#include "options.h"
#include "sys.h"

/* A request names no descriptors: there are none but the zygote's own. */
static char *read_nothing(struct setup *setup, int fd, size_t *length) {
  (void)setup, (void)fd, (void)length;
  errno = EINVAL;
  return NULL;
}

/* Options and command as one line of words, as they would stand on a command line. */
static char **join_words(struct words options, struct words command) {
  static char END[] = "--", UNKNOWN[] = "-";
  size_t option_count, command_count;
  char **option_words = split_strings(options.text, options.length, &option_count);
  char **command_words = split_strings(command.text, command.length, &command_count);
  char **words = allocate((option_count + command_count + 3) * sizeof *words);
  memcpy(words, option_words, option_count * sizeof *words);
  words[option_count] = END;
  memcpy(words + option_count + 1, command_words, command_count * sizeof *words);
  if (command_count == 0) words[option_count + 1 + command_count++] = UNKNOWN;
  words[option_count + 1 + command_count] = NULL;
  free(option_words);
  free(command_words);
  return words;
}

bool parse_request(struct setup *setup, struct words options, struct words command, bool has_channel,
                   char ***line) {
  static char *const NO_VARIABLES[] = {NULL};
  bool is_root = getuid() == 0;
  struct parse_context context = {.environment = NO_VARIABLES,
                                  .is_root = is_root,
                                  .may_mount = is_root && has_capability_to_mount(),
                                  .has_channel = has_channel,
                                  .read_all = read_nothing};
  struct complaint complaint;
  *line = join_words(options, command);
  return parse_setup(setup, *line, &context, &complaint) && setup->purpose == RUN && setup->used_count == 0;
}

/* What comes short was sent by somebody who has ended. */
static void receive(int fd, void *buffer, size_t length) {
  if (read_full(fd, buffer, length) != length) _exit(0);
}

static void refuse_command(void) __attribute__((noreturn));
static void refuse_command(void) {
  errno = EPROTO;
  die("receive the command");
}

static bool ends_with_nul(struct words words) { return words.length == 0 || words.text[words.length - 1] == '\0'; }

/* What is allocated here is needed until the command is executed. */
struct setup receive_command(int fd) {
  uint32_t lengths[2];
  receive(fd, lengths, sizeof lengths);
  if (lengths[0] > MAX_FRAME || lengths[1] > MAX_FRAME || lengths[1] == 0) refuse_command();
  struct words options = {.text = allocate(lengths[0] + (size_t)lengths[1]), .length = lengths[0]};
  struct words command = {.text = options.text + lengths[0], .length = lengths[1]};
  receive(fd, options.text, lengths[0] + (size_t)lengths[1]);
  if (close(fd) != 0) die("close");
  struct setup late = empty_setup();
  char **line;
  if (!ends_with_nul(options) || !ends_with_nul(command) || !parse_request(&late, options, command, false, &line))
    refuse_command();
  return late;
}

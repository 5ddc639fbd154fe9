#include "options.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "sys.h"

static int *pipe_option(struct options *options, const char *text) {
  if (strncmp(text, "--pipe-", 7) != 0 || text[7] < '0' || text[7] > '3' || text[8] != '\0') return NULL;
  return &options->has_pipe[text[7] - '0'];
}

static int *flag_of(struct options *options, const char *text) {
  if (strcmp(text, "--plain") == 0) return &options->is_plain;
  if (strcmp(text, "--standby") == 0) return &options->is_standby;
  if (strcmp(text, "--tty") == 0) return &options->has_terminal;
  if (strcmp(text, "--merge") == 0) return &options->is_merged;
  if (strcmp(text, "--channel") == 0) return &options->has_channel;
  if (strcmp(text, "--domain") == 0) return &options->has_domain;
  return pipe_option(options, text);
}

static int is_complete(const struct options *options) {
  if (options->is_standby) return options->command == NULL && !options->is_plain && !options->has_terminal && !options->has_channel;
  if (options->command == NULL || options->command[0] == NULL) return 0;
  return options->is_plain ? !options->has_channel : options->command[0][0] == '/';
}

struct options read_options(int argc, char **argv) {
  struct options options = {0};
  int at = 1, is_known = 1;
  for (; at < argc && is_known && strcmp(argv[at], "--") != 0; at++) {
    int *flag = flag_of(&options, argv[at]);
    if (flag == NULL)
      is_known = 0;
    else
      *flag = 1;
  }
  if (is_known && at < argc) options.command = argv + at + 1;
  if (!is_known || !is_complete(&options)) {
    errno = EINVAL;
    die("usage: cordon-guard [--plain] [--tty] [--merge] [--channel] [--pipe-N]... -- /path/to/bwrap ARGUMENT...");
  }
  return options;
}

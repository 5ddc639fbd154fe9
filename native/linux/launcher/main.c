/* cordon-launcher: runs a command in a sandbox that is described by bubblewrap's options (bwrap(1)). For machines
 * without bubblewrap, or with one that is too old. See help.c for what differs; errors.h for what it says when
 * something fails.
 *
 * Exit status: the command's own, 128+n when signal n ended it; 1 when the sandbox could not be set up. */
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "capabilities.h"
#include "errors.h"
#include "help.h"
#include "landlock.h"
#include "monitor.h"
#include "node-channel.h"
#include "options.h"
#include "sys.h"
#include "zygote.h"

#define NAME "cordon-launcher"

enum { EXIT_NOT_SET_UP = 1, PROBED_CHANNEL = 3 };

extern char **environ;

static int refuse(const struct complaint *complaint) {
  char line[sizeof complaint->text + 64];
  snprintf(line, sizeof line, NAME ": " USAGE_ERROR "%s\n", complaint->text);
  write_full(STDERR_FILENO, line, strlen(line));
  return EXIT_NOT_SET_UP;
}

int main(int argc, char **argv) {
  pid_t caller = getppid(); /* before it can die unnoticed */
  identify_program(NAME, EXIT_NOT_SET_UP);
  if (argc == 2 && strcmp(argv[1], "--zygote") == 0) serve_zygote(NONE);
  if (argc == 3 && strcmp(argv[1], "--zygote") == 0 && strcmp(argv[2], "--channel") == 0) serve_zygote(ZYGOTE_CHANNEL);
  if (argc == 2 && strcmp(argv[1], "--probe-channel") == 0) {
    probe_channel(PROBED_CHANNEL);
    return 0;
  }
  bool is_root = getuid() == 0;
  struct parse_context context = {
      .environment = environ,
      .is_root = is_root,
      .may_mount = is_root && has_capability_to_mount(),
      .read_all = read_descriptor,
  };
  struct setup setup;
  struct complaint complaint;
  int exit_status;
  if (!parse_setup(&setup, argv + (argc > 0), &context, &complaint)) exit_status = refuse(&complaint);
  else if (setup.purpose == SHOW_HELP) exit_status = print_help(argv[0]);
  else if (setup.purpose == SHOW_VERSION) exit_status = print_version(NAME);
  else if (setup.purpose == SHOW_LANDLOCK) exit_status = print_number(landlock_abi());
  else exit_status = launch_and_wait(&setup, caller);
  free_setup(&setup);
  return exit_status;
}

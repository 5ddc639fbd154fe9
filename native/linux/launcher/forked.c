#define _GNU_SOURCE
#include "forked.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/keyctl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "capabilities.h"
#include "namespaces.h"
#include "options.h"
#include "report.h"
#include "sandbox.h"
#include "sys.h"

/* A request names no descriptors: there are none but the zygote's own. */
static char *read_nothing(struct setup *setup, int fd, size_t *length) {
  (void)setup, (void)fd, (void)length;
  errno = EINVAL;
  return NULL;
}

/* Options and command as one line of words, as they would stand on a command line. */
static char **join_words(const struct launch_request *request) {
  static char END[] = "--";
  size_t option_count, command_count;
  char **options = split_strings(request->options, request->options_length, &option_count);
  char **command = split_strings(request->command, request->command_length, &command_count);
  char **words = allocate((option_count + command_count + 2) * sizeof *words);
  memcpy(words, options, option_count * sizeof *words);
  words[option_count] = END;
  memcpy(words + option_count + 1, command, (command_count + 1) * sizeof *words);
  free(options);
  free(command);
  return words;
}

static bool parse_request(struct setup *setup, char **words) {
  static char *const NO_VARIABLES[] = {NULL};
  bool is_root = getuid() == 0;
  struct parse_context context = {.environment = NO_VARIABLES,
                                  .is_root = is_root,
                                  .may_mount = is_root && has_capability_to_mount(),
                                  .read_all = read_nothing};
  struct complaint complaint;
  return parse_setup(setup, words, &context, &complaint) && setup->purpose == RUN && setup->used_count == 0;
}

/* Without keys in the kernel (ENOSYS) or behind a filter that refuses the call (EPERM, EACCES), there is none to reach. */
static void join_new_session_keyring(void) {
  if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) < 0 && errno != ENOSYS && errno != EPERM &&
      errno != EACCES)
    die("join a new session keyring");
}

enum { REPORT = 3, FIRST_FREE = 4 };

/* Nothing of the zygote's or of other sandboxes stays open. */
static void keep_descriptors(const int streams[3], int report_fd) {
  int high[] = {streams[0], streams[1], streams[2], report_fd};
  for (int i = 0; i < 4; i++) {
    high[i] = fcntl(high[i], F_DUPFD_CLOEXEC, FIRST_FREE);
    if (high[i] < 0) die("F_DUPFD");
  }
  for (int i = 0; i < 4; i++) place_descriptor(high[i], i);
  if (fcntl(REPORT, F_SETFD, FD_CLOEXEC) != 0) die("fcntl");
  close_from(FIRST_FREE);
}

static void become_sandbox(struct setup *setup, struct launch *launch, const int streams[3])
    __attribute__((noreturn));
static void become_sandbox(struct setup *setup, struct launch *launch, const int streams[3]) {
  keep_descriptors(streams, launch->report_fd);
  launch->report_fd = REPORT;
  join_new_session_keyring();
  run_sandbox(setup, launch);
}

static bool fork_prepared(struct setup *setup, const struct launch_request *request, const int streams[3],
                          struct forked *forked) {
  struct seccomp_program program = {.fd = NONE,
                                    .length = request->filter_length / sizeof(struct sock_filter),
                                    .instructions = (struct sock_filter *)request->filter};
  struct handed handed = {
      .program = &program, .checks = request->checks, .checks_length = request->checks_length};
  struct launch launch = {.caller = current_identity(), .owner = NONE, .handed = &handed};
  int ends[2];
  make_report_socket(ends);
  launch.report_fd = ends[1];
  forked->pid = try_to_fork_into_namespaces(&setup->namespaces, &launch.made);
  if (forked->pid == 0) become_sandbox(setup, &launch, streams);
  int reason = errno;
  if (close(ends[1]) != 0 || (forked->pid < 0 && close(ends[0]) != 0)) die("close");
  errno = reason;
  if (forked->pid < 0) return false;
  forked->report_fd = ends[0];
  if (fcntl(ends[0], F_SETFL, O_NONBLOCK) != 0) die("fcntl");
  /* Its id cannot be another's: only the zygote reaps it. */
  forked->process = (int)syscall(SYS_pidfd_open, forked->pid, 0);
  if (forked->process < 0) die("pidfd_open");
  return true;
}

int fork_sandbox(const struct launch_request *request, const int streams[3], struct forked *forked) {
  struct setup setup = empty_setup();
  char **words = join_words(request);
  errno = EINVAL;
  bool is_forked = parse_request(&setup, words) && fork_prepared(&setup, request, streams, forked);
  int reason = errno;
  free_setup(&setup);
  free(words);
  errno = reason;
  return is_forked;
}

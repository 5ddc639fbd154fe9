#define _GNU_SOURCE
#include "command.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "environment.h"
#include "errors.h"
#include "lifeline.h"
#include "report.h"
#include "sys.h"
#include "wall.h"
#include "watched.h"

extern char **environ;

static const char *variable(const struct setup *setup, const char *name) {
  size_t length = strlen(name);
  for (char **at = setup->environment; *at != NULL; at++)
    if (strncmp(*at, name, length) == 0 && (*at)[length] == '=') return *at + length + 1;
  return NULL;
}

static void go_where_possible(const char *caller_directory, const char *home) {
  if (caller_directory != NULL && chdir(caller_directory) == 0) return;
  if (home != NULL && chdir(home) == 0) return;
  if (chdir("/") != 0) die_at(FAILED_CHDIR, "/");
}

void change_directory(struct setup *setup, const char *caller_directory) {
  if (setup->chdir == NULL) go_where_possible(caller_directory, variable(setup, "HOME"));
  else if (chdir(setup->chdir) != 0) die_at(FAILED_CHDIR, setup->chdir);
  char now[PATH_MAX];
  if (getcwd(now, sizeof now) != NULL) set_variable(setup, "PWD", now);
}

/* What the caller ignores or holds back is no concern of the command; SIGPIPE above all, which ends pipelines. */
static void reset_signals(void) {
  for (int number = 1; number < NSIG; number++)
    if (signal(number, SIG_DFL) == SIG_ERR && errno != EINVAL) die("signal");
  sigset_t none;
  sigemptyset(&none);
  if (sigprocmask(SIG_SETMASK, &none, NULL) != 0) die("sigprocmask");
}

/* Credentials have changed since the wish was told last. */
static void die_with_parent(const struct setup *setup, const struct start *start) {
  if (!setup->dies_with_parent) return;
  if (start->has_process_1) die_with_process(start->parent);
  else die_with_holder_of(start->report_fd);
}

static void close_in(const struct start *start) {
  if (enter_wall(start->wall) == 0) return;
  int saved = errno;
  send_report(start->report_fd, REPORT_NOT_EXECUTED, 0);
  errno = saved;
  die_at(FAILED_WALL, "enter it");
}

static void load_programs(const struct setup *setup, const struct start *start) {
  for (size_t i = 0; i < setup->seccomp_count; i++) {
    if (load_program(&start->programs[i]) == 0) continue;
    int saved = errno;
    send_report(start->report_fd, REPORT_NOT_EXECUTED, 0);
    errno = saved;
    die_at(FAILED_SECCOMP, start->programs[i].fd);
  }
}

static void load_watch(const struct setup *setup, const struct start *start) {
  if (become_watched(setup, start->handover) == 0) return;
  int saved = errno;
  send_report(start->report_fd, REPORT_NOT_EXECUTED, 0);
  errno = saved;
  die_at(FAILED_WATCH, "load the program");
}

void execute(const struct setup *setup, const struct start *start) {
  umask(start->umask);
  environ = setup->environment; /* where execvp(3) looks for PATH */
  char *program = setup->command[0];
  if (setup->argv0 != NULL) setup->command[0] = (char *)setup->argv0;
  reset_signals();
  die_with_parent(setup, start);
  send_report(start->report_fd, REPORT_STARTING, start->wall_abi);
  close_in(start);
  load_programs(setup, start);
  load_watch(setup, start);
  execvp(program, setup->command);
  int saved = errno;
  send_report(start->report_fd, REPORT_NOT_EXECUTED, 0);
  errno = saved;
  die_at(FAILED_EXECUTE, program);
}

#define _GNU_SOURCE
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "capabilities.h"
#include "places.h"
#include "sys.h"

void send_report(int pipe, enum report_kind kind, int value) {
  struct report report = {.kind = kind, .value = value};
  if (pipe >= 0 && write(pipe, &report, sizeof report) != (ssize_t)sizeof report && errno != EPIPE) die("report");
}

static void make_environment(const struct setup *setup) {
  for (size_t i = 0; i < setup->variable_count; i++) {
    const struct variable *variable = &setup->variables[i];
    int failed = 0;
    switch (variable->kind) {
      case SET_VARIABLE:
        failed = setenv(variable->name, variable->value, 1);
        break;
      case UNSET_VARIABLE:
        failed = unsetenv(variable->name);
        break;
      case CLEAR_VARIABLES:
        failed = clearenv();
        break;
    }
    if (failed != 0) die("make the environment");
  }
}

/* --chdir must succeed; else the caller's directory, the home directory, or the root, whichever is there. */
static void change_directory(const struct setup *setup, const char *working_directory) {
  if (setup->directory != NULL) {
    if (chdir(setup->directory) != 0) die_about("change to", setup->directory);
  } else {
    const char *home = getenv("HOME");
    int is_there = (working_directory != NULL && chdir(working_directory) == 0) || (home != NULL && chdir(home) == 0);
    if (!is_there && chdir("/") != 0) die_about("change to", "/");
  }
  char here[PATH_MAX];
  if (getcwd(here, sizeof here) == NULL || here[0] != '/') return;
  if (setenv("PWD", here, 1) != 0) die("set PWD");
}

/* What our caller has blocked or ignored is nothing to the command. */
static void reset_signals(void) {
  for (int number = 1; number < NSIG; number++)
    if (signal(number, SIG_DFL) == SIG_ERR && errno != EINVAL) die("signal");
  sigset_t none;
  if (sigemptyset(&none) != 0 || sigprocmask(SIG_SETMASK, &none, NULL) != 0) die("sigprocmask");
}

static void load_filters(const struct filters *filters) {
  for (size_t i = 0; i < filters->count; i++) {
    const struct filter *filter = &filters->list[i];
    const struct sock_fprog program = {.len = (unsigned short)(filter->length / sizeof(struct sock_filter)),
                                       .filter = (struct sock_filter *)filter->instructions};
    if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) != 0) die("load a seccomp program");
  }
}

static void execute(const struct setup *setup, const struct command *command, int failure) __attribute__((noreturn));
static void execute(const struct setup *setup, const struct command *command, int failure) {
  if (setup->second_user_fd >= 0 && setns(setup->second_user_fd, 0) != 0) die("join the second user namespace");
  reset_signals();
  if (setup->second_user_fd >= 0) keep_capabilities(setup->capabilities);
  load_filters(&command->filters);
  const char *program = command->argv[0];
  if (setup->argv0 != NULL) command->argv[0] = (char *)setup->argv0;
  execvp(program, command->argv);
  int reason = errno;
  if (failure >= 0 && write(failure, &reason, sizeof reason) != (ssize_t)sizeof reason) die("report");
  errno = reason;
  die_about("execute", program);
}

static void hold_locks(const struct setup *setup) {
  for (size_t i = 0; i < setup->lock_file_count; i++) {
    int fd = open(setup->lock_files[i], O_RDONLY | O_CLOEXEC);
    struct flock whole = {.l_type = F_RDLCK, .l_whence = SEEK_SET};
    if (fd < 0 || fcntl(fd, F_SETLK, &whole) != 0) die_about("lock", setup->lock_files[i]);
  }
}

static int shell_status(int wait_status) {
  return WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : 128 + WTERMSIG(wait_status);
}

/* Reaps whatever becomes a child of process 1 until the command has ended. Returns its status. */
static int reap_until(pid_t command) {
  for (;;) {
    int status;
    pid_t pid = waitpid(-1, &status, 0);
    if (pid == command) return shell_status(status);
    if (pid < 0 && errno != EINTR) die("waitpid");
  }
}

/* bubblewrap's process 1 stays until the last child has ended, if nobody ends it before (bwrap(1)). */
static void reap_the_rest(void) {
  while (waitpid(-1, NULL, 0) > 0 || errno == EINTR) continue;
}

static void close_streams(void) {
  for (int stream = 0; stream < 3; stream++)
    if (close(stream) != 0 && errno != EBADF) die("close");
}

struct watch {
  pid_t child;
  int failure; /* tells why the command could not be executed */
  int report;
  int ends_the_rest;
};

static void watch_over(const struct watch *watch) __attribute__((noreturn));
static void watch_over(const struct watch *watch) {
  /* The command must not reach this process's memory or descriptors (ptrace(2), PR_SET_DUMPABLE). */
  if (prctl(PR_SET_DUMPABLE, 0) != 0) die("PR_SET_DUMPABLE");
  int reason;
  int has_failed = read_full(watch->failure, &reason, sizeof reason) == sizeof reason;
  if (close(watch->failure) != 0) die("close");
  if (has_failed) send_report(watch->report, REPORT_NOT_EXECUTED, reason);
  else send_report(watch->report, REPORT_RELEASED, 0);
  /* Whoever reads the command's output must not have to wait for this process. */
  close_streams();
  int status = reap_until(watch->child);
  if (!has_failed) send_report(watch->report, REPORT_EXITED, status);
  if (!watch->ends_the_rest) reap_the_rest();
  _exit(status);
}

void run_command(const struct setup *setup, const struct command *command, int report) {
  hold_locks(setup);
  make_environment(setup);
  change_directory(setup, command->working_directory);
  if (setup->is_new_session && setsid() < 0 && errno != EPERM) die("setsid");
  if (setup->second_user_fd < 0) keep_capabilities(setup->capabilities);
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) die("PR_SET_NO_NEW_PRIVS");
  if (setup->is_process_1) execute(setup, command, -1);
  int failure[2];
  if (pipe2(failure, O_CLOEXEC) != 0) die("pipe");
  pid_t child = fork();
  if (child < 0) die("fork");
  if (child == 0) execute(setup, command, failure[1]);
  if (close(failure[1]) != 0) die("close");
  watch_over(&(struct watch){child, failure[0], report, command->ends_the_rest});
}

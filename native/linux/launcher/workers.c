#define _GNU_SOURCE
#include "workers.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lifeline.h"
#include "proc-text.h"
#include "sys.h"

/* More threads of one sandbox than wait at once; beyond it a call fails, since the processes count as the user's. */
enum { MAX_WORKERS = 1024 };

static int64_t now_ms(void) {
  struct timespec now;
  if (clock_gettime(CLOCK_MONOTONIC_COARSE, &now) != 0) die("clock_gettime");
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int start_worker(struct workers *workers, const struct caller *caller, work *work, void *what) {
  if (workers->list == NULL) workers->list = allocate(MAX_WORKERS * sizeof *workers->list);
  if (workers->count == MAX_WORKERS) return EAGAIN;
  pid_t supervisor = getpid();
  pid_t pid = fork();
  if (pid < 0) return EAGAIN;
  if (pid == 0) {
    die_with_process(supervisor);
    struct answer answer = work(what);
    send_answer(workers->listener, caller->id, &answer);
    _exit(0);
  }
  if (workers->count == 0) workers->tended_ms = now_ms();
  workers->list[workers->count++] = (struct worker){.pid = pid, .thread = caller->thread, .call = caller->id};
  return 0;
}

static unsigned long long signals_in(const char *text, const char *name) {
  const char *field = find_field(text, name);
  return field == NULL ? 0 : strtoull(field, NULL, 16);
}

/* Whether a signal waits that the caller has a handler for. It is not delivered while somebody carries the call out
 * (SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV), unless it is deadly. */
static bool is_interrupted(pid_t thread) {
  char path[32];
  snprintf(path, sizeof path, "/proc/%d/status", (int)thread);
  char *text = read_proc_text(AT_FDCWD, path);
  if (text == NULL) return false;
  unsigned long long pending = signals_in(text, "SigPnd:") | signals_in(text, "ShdPnd:");
  bool has_handler = (pending & ~signals_in(text, "SigBlk:") & signals_in(text, "SigCgt:")) != 0;
  free(text);
  return has_handler;
}

static void end_worker(const struct worker *worker) {
  if (kill(worker->pid, SIGKILL) != 0 && errno != ESRCH) die("kill");
  while (waitpid(worker->pid, NULL, 0) < 0)
    if (errno != EINTR) die("waitpid");
}

/* Returns whether it is still needed. */
static bool tend(const struct workers *workers, const struct worker *worker) {
  if (waitpid(worker->pid, NULL, WNOHANG) == worker->pid) return false;
  uint64_t call = worker->call;
  bool is_waiting = ioctl(workers->listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &call) == 0;
  if (is_waiting && !is_interrupted(worker->thread)) return true;
  end_worker(worker);
  if (is_waiting) send_answer(workers->listener, worker->call, &(struct answer){.kind = RETURNS, .error = EINTR});
  return false;
}

void tend_workers(struct workers *workers) {
  if (workers->count == 0 || now_ms() - workers->tended_ms < TEND_MS) return;
  size_t kept = 0;
  for (size_t i = 0; i < workers->count; i++)
    if (tend(workers, &workers->list[i])) workers->list[kept++] = workers->list[i];
  workers->count = kept;
  workers->tended_ms = now_ms();
}

void end_workers(struct workers *workers) {
  for (size_t i = 0; i < workers->count; i++) end_worker(&workers->list[i]);
  workers->count = 0;
}

#define _GNU_SOURCE
#include "user-namespace.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "errors.h"
#include "sys.h"

struct identity current_identity(void) { return (struct identity){.uid = geteuid(), .gid = getegid()}; }

/* Returns false with errno set. One write(2) takes all, or nothing. */
static bool write_setting(int proc, const char *path, const char *text) {
  int fd = openat(proc, path, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return false;
  ssize_t put = write(fd, text, strlen(text));
  int saved = errno;
  close(fd);
  errno = saved;
  return put >= 0;
}

static void write_map(int proc, const char *path, int64_t inside, unsigned outside) {
  char line[64];
  snprintf(line, sizeof line, "%lld %u 1\n", (long long)inside, outside);
  if (!write_setting(proc, path, line)) die_at(FAILED_USER_MAP, path);
}

/* Without setgroups(2) denied first, nobody without privileges outside may map a group: it could leave one by which
 * it is kept out of something (user_namespaces(7)). The file is missing before Linux 3.19. */
static void write_maps(int proc, struct identity inside, struct identity outside) {
  write_map(proc, "self/uid_map", inside.uid, outside.uid);
  if (!write_setting(proc, "self/setgroups", "deny") && errno != ENOENT) die_at(FAILED_USER_MAP, "self/setgroups");
  write_map(proc, "self/gid_map", inside.gid, outside.gid);
}

static void wait_until_readable(int fd) {
  char byte;
  read_full(fd, &byte, sizeof byte);
  if (close(fd) != 0) die("close");
}

static int open_proc(void) {
  int proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (proc < 0) die("open /proc");
  return proc;
}

void settle_in_user_namespace(const struct setup *setup, struct identity caller) {
  if (setup->user_block_fd != NONE) {
    wait_until_readable(setup->user_block_fd);
    return;
  }
  struct identity inside = {
      .uid = setup->uid == NONE ? caller.uid : (uid_t)setup->uid,
      .gid = setup->gid == NONE ? caller.gid : (gid_t)setup->gid,
  };
  int proc = open_proc();
  write_maps(proc, inside, caller);
  if (close(proc) != 0) die("close");
}

/* The limit holds for the namespace that sets it and all below; who is in the nested one cannot raise it any more
 * (namespaces(7), /proc/sys/user). */
static void enter_last_user_namespace(int proc) {
  struct identity self = current_identity();
  if (!write_setting(proc, "sys/user/max_user_namespaces", "1")) die_at(FAILED_DISABLE_USER, "max_user_namespaces");
  if (unshare(CLONE_NEWUSER) != 0) die_at(FAILED_DISABLE_USER, "unshare");
  write_maps(proc, self, self);
}

void finish_user_namespaces(const struct setup *setup, int proc) {
  const struct namespaces *namespaces = &setup->namespaces;
  if (namespaces->disables_user) enter_last_user_namespace(proc);
  int second = namespaces->second_user_fd;
  if (second != NONE && setns(second, CLONE_NEWUSER) != 0) die_at(FAILED_JOIN, "user", second);
  if (namespaces->asserts_user_disabled || namespaces->disables_user) assert_user_namespaces_disabled();
}

/* Tried by a child, since trying changes who tries. */
void assert_user_namespaces_disabled(void) {
  pid_t pid = fork();
  if (pid < 0) die("fork");
  if (pid == 0) _exit(unshare(CLONE_NEWUSER) == 0 ? 0 : errno);
  int status;
  while (waitpid(pid, &status, 0) < 0)
    if (errno != EINTR) die("waitpid");
  bool is_refused = WIFEXITED(status) && WEXITSTATUS(status) != 0;
  errno = EEXIST;
  if (!is_refused) die(FAILED_USER_NOT_DISABLED);
}

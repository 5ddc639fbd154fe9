#define _GNU_SOURCE
#include "family.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "signal-domain.h"
#include "sys.h"

static void kill_child(pid_t pid) {
  if (kill(pid, SIGKILL) != 0 && errno != ESRCH) die("kill");
}

/* The quick way; needs CONFIG_PROC_CHILDREN. Returns 0 when the kernel lacks it. */
static int kill_listed_children(void) {
  char path[64];
  snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)getpid());
  FILE *listing = fopen(path, "re");
  if (listing == NULL) return 0;
  int pid;
  while (fscanf(listing, "%d", &pid) == 1) kill_child((pid_t)pid);
  fclose(listing);
  return 1;
}

static pid_t parent_of(const char *pid) {
  char path[300], line[512];
  snprintf(path, sizeof path, "/proc/%s/stat", pid);
  FILE *file = fopen(path, "re");
  if (file == NULL) return -1;
  char *read = fgets(line, sizeof line, file);
  fclose(file);
  /* "pid (name, which may hold anything) state parent …" */
  char *after_name = read == NULL ? NULL : strrchr(line, ')');
  int parent;
  return after_name != NULL && sscanf(after_name + 1, " %*c %d", &parent) == 1 ? parent : -1;
}

static void kill_scanned_children(void) {
  DIR *listing = opendir("/proc");
  if (listing == NULL) die("open /proc");
  for (struct dirent *entry = readdir(listing); entry != NULL; entry = readdir(listing))
    if (isdigit((unsigned char)entry->d_name[0]) && parent_of(entry->d_name) == getpid())
      kill_child((pid_t)atoi(entry->d_name));
  closedir(listing);
}

static int has_domain;

void enter_domain_of_family(void) {
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) die("PR_SET_NO_NEW_PRIVS");
  enter_signal_domain();
  has_domain = 1;
}

void end_all_children(void) {
  if (has_domain) end_signal_domain();
  for (;;) {
    pid_t reaped;
    while ((reaped = waitpid(-1, NULL, WNOHANG)) > 0) continue;
    if (reaped < 0 && errno == ECHILD) return;
    if (reaped < 0 && errno != EINTR) die("waitpid");
    if (!kill_listed_children()) kill_scanned_children();
    /* Whatever was killed ends now; a new orphan may have come meanwhile, so look again. */
    if (waitpid(-1, NULL, 0) < 0 && errno != ECHILD && errno != EINTR) die("waitpid");
  }
}

int has_child_in_group(pid_t parent, pid_t group) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)parent, (int)parent);
  FILE *listing = fopen(path, "re");
  if (listing == NULL) return 1;
  int pid, found = 0;
  while (!found && fscanf(listing, "%d", &pid) == 1) found = getpgid(pid) == group;
  fclose(listing);
  return found;
}

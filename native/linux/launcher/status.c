#define _GNU_SOURCE
#include "status.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys.h"
#include "wall.h"

static const struct {
  const char *file, *key;
  unsigned flag;
} NAMESPACES[] = {
    {"cgroup", "cgroup-namespace", CLONE_NEWCGROUP}, {"ipc", "ipc-namespace", CLONE_NEWIPC},
    {"mnt", "mnt-namespace", CLONE_NEWNS},           {"net", "net-namespace", CLONE_NEWNET},
    {"pid", "pid-namespace", CLONE_NEWPID},          {"uts", "uts-namespace", CLONE_NEWUTS},
};

struct text {
  char bytes[1024];
  size_t length;
};

static void add(struct text *text, const char *between, const char *key, unsigned long long number) {
  size_t room = sizeof text->bytes - text->length;
  text->length += (size_t)snprintf(text->bytes + text->length, room, "%s\"%s\": %llu", between, key, number);
}

/* The inode of its file is a namespace's id (namespaces(7)). Who has ended already has none. */
static unsigned long long namespace_id(pid_t pid, const char *file) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/ns/%s", (int)pid, file);
  struct stat status;
  return stat(path, &status) == 0 ? status.st_ino : 0;
}

struct told {
  pid_t pid;
  unsigned made;
};

/* The wall comes first: who has read the process id has read it, too. */
static struct text describe(const struct setup *setup, struct told told, const char *first, const char *between) {
  struct text text = {0};
  if (setup->wall_rule_count > 0) {
    add(&text, first, "landlock-abi", (unsigned long long)wall_abi(setup));
    first = between;
  }
  add(&text, first, "child-pid", (unsigned long long)told.pid);
  for (size_t i = 0; i < sizeof NAMESPACES / sizeof *NAMESPACES; i++) {
    unsigned long long id = (told.made & NAMESPACES[i].flag) == 0 ? 0 : namespace_id(told.pid, NAMESPACES[i].file);
    if (id != 0) add(&text, between, NAMESPACES[i].key, id);
  }
  return text;
}

/* A reader that went away is its own affair. */
static void tell(int fd, const struct text *text, const char *last) {
  char whole[sizeof text->bytes + 8];
  int length = snprintf(whole, sizeof whole, "%s%s", text->bytes, last);
  for (int done = 0; done < length;) {
    ssize_t put = write(fd, whole + done, (size_t)(length - done));
    if (put < 0 && errno == EPIPE) return;
    if (put < 0 && errno != EINTR) die("write status");
    if (put > 0) done += (int)put;
  }
}

void tell_start(const struct setup *setup, pid_t pid, unsigned made) {
  struct told told = {.pid = pid, .made = made};
  if (setup->info_fd != NONE) {
    struct text text = describe(setup, told, "{\n    ", ",\n    ");
    tell(setup->info_fd, &text, "\n}\n");
    if (close(setup->info_fd) != 0) die("close");
  }
  if (setup->status_fd != NONE) {
    struct text text = describe(setup, told, "{ ", ", ");
    tell(setup->status_fd, &text, " }\n");
  }
}

void tell_end(const struct setup *setup, int exit_status) {
  if (setup->status_fd == NONE) return;
  struct text text = {0};
  add(&text, "{ ", "exit-code", (unsigned long long)exit_status);
  tell(setup->status_fd, &text, " }\n");
}

#define _GNU_SOURCE
#include "root.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "mount-api.h"
#include "operations.h"
#include "sys.h"

#ifndef MOUNT_ATTR_NOSUID /* Before glibc 2.36. */
#define MOUNT_ATTR_NOSUID 2
#define MOUNT_ATTR_NODEV 4
#endif

/* A directory to put the base on for a moment: pivot_root(2) takes it off again. */
static int open_place(void) {
  static const char *const PLACES[] = {"/tmp", "/run", "/var", "/usr", "/etc"};
  for (size_t i = 0; i < sizeof PLACES / sizeof *PLACES; i++) {
    int fd = open(PLACES[i], O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) return fd;
  }
  die("find a directory to mount on: /tmp, /run, /var, /usr, /etc");
}

static int open_directory(int at, const char *name) {
  int fd = openat(at, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) die(name);
  return fd;
}

struct root make_root(void) {
  if (mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) != 0) die("make the mounts slaves");
  static const char *const OPTIONS[] = {"mode", "0755", NULL};
  int base = new_file_system("tmpfs", OPTIONS, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
  if (base < 0) die("make a tmpfs for the root");
  int place = open_place();
  int attached = dup(base);
  if (attached < 0 || attach(attached, place) != 0) die("mount a tmpfs for the root");
  if (close(place) != 0) die("close");
  if (fchdir(base) != 0 || mkdir("old", 0755) != 0 || mkdir("new", 0755) != 0) die("make the root's directories");
  if (syscall(SYS_pivot_root, ".", "old") != 0) die("pivot_root");
  if (chdir("/") != 0) die("chdir /");
  struct root root = {.base = base, .old = open_directory(base, "old")};
  /* A mount, so that it can become the root. */
  int empty = open_directory(base, "new");
  int copy = copy_tree(empty, 0);
  if (copy < 0 || attach(copy, empty) != 0) die("mount the new root");
  if (close(empty) != 0) die("close");
  root.new = open_directory(base, "new");
  return root;
}

void fill_root(struct root *root, const struct setup *setup) {
  for (size_t i = 0; i < setup->operation_count; i++) {
    const struct operation *operation = &setup->operations[i];
    carry_out(root, operation);
    if (strcmp(operation->destination, "/") != 0) continue;
    /* What was mounted on the root is the root from now on. */
    if (close(root->new) != 0) die("close");
    root->new = open_directory(root->base, "new");
  }
}

void enter_root(struct root *root) {
  if (umount2("old", MNT_DETACH) != 0) die("let go of the old root");
  if (fchdir(root->new) != 0) die("enter the new root");
  /* The old root, which is the base, then lies on the new one, at the same place (pivot_root(2)). */
  if (syscall(SYS_pivot_root, ".", ".") != 0) die("pivot_root to the new root");
  if (umount2(".", MNT_DETACH) != 0) die("let go of the base");
  if (chdir("/") != 0) die("chdir /");
  if (close(root->old) != 0 || close(root->new) != 0 || close(root->base) != 0) die("close");
}

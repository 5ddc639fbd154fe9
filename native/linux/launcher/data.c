#define _GNU_SOURCE
#include "data.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "errors.h"
#include "mounts.h"
#include "sys.h"

void copy_data(int fd, int target, const char *target_name) {
  int out = open(path_of(target).text, O_WRONLY | O_TRUNC | O_CLOEXEC);
  if (out < 0) die_at(FAILED_DATA, target_name);
  char piece[1 << 14];
  size_t got;
  while ((got = read_full(fd, piece, sizeof piece)) > 0) write_full(out, piece, got);
  if (close(out) != 0) die_at(FAILED_DATA, target_name);
}

static void mount_scratch(struct root *root) {
  if (mkdirat(root->base, "scratch", 0700) != 0) die_at(FAILED_DIRECTORY, "scratch");
  if (mount("tmpfs", "/../scratch", "tmpfs", MS_NOSUID | MS_NODEV, "mode=0700") != 0)
    die_at(FAILED_MOUNT, "tmpfs", "scratch");
  root->scratch = openat(root->base, "scratch", O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (root->scratch < 0) die_at(FAILED_DIRECTORY, "scratch");
}

int open_data_file(struct root *root, int fd, mode_t permissions, const char *target_name) {
  if (root->scratch < 0) mount_scratch(root);
  char name[16];
  snprintf(name, sizeof name, "%u", root->data_count++);
  int created = openat(root->scratch, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (created < 0) die_at(FAILED_DATA, target_name);
  copy_data(fd, created, target_name);
  if (fchmod(created, permissions) != 0 || close(created) != 0) die_at(FAILED_DATA, target_name);
  int file = openat(root->scratch, name, O_PATH | O_CLOEXEC);
  if (file < 0) die_at(FAILED_DATA, target_name);
  return file;
}

#define _GNU_SOURCE
#include "socket-table.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "proc-text.h"

/* stat(2) is not what the kernel compares: Btrfs and overlay file systems show it numbers of their own. proc(5) has the
 * others: "ino:" of an open file (since Linux 5.14), and the device of its mount. */

/* The kernel's own form of a device number (linux/kdev_t.h). */
static uint32_t kernel_device(unsigned long major, unsigned long minor) { return (uint32_t)(major << 20 | minor); }

/* Returns the mount's id, or -1. */
static long read_open_file(int fd, struct socket_file *file) {
  char path[64];
  snprintf(path, sizeof path, "/proc/self/fdinfo/%d", fd);
  char *text = read_proc_text(AT_FDCWD, path);
  if (text == NULL) return -1;
  const char *inode = find_field(text, "ino:"), *mount = find_field(text, "mnt_id:");
  if (inode != NULL) file->inode = (uint32_t)strtoull(inode, NULL, 10);
  long id = mount == NULL ? -1 : strtol(mount, NULL, 10);
  free(text);
  return id;
}

/* A line begins with the mount's id, its parent's, and MAJOR:MINOR. */
static void read_device_of_mount(int process, long mount, struct socket_file *file) {
  char start[32];
  snprintf(start, sizeof start, "%ld ", mount);
  char *text = read_proc_text(process, "mountinfo");
  if (text == NULL) return;
  const char *line = find_field(text, start);
  char *at = line == NULL ? NULL : strchr(line, ' ');
  if (at != NULL) {
    unsigned long major = strtoul(at, &at, 10);
    if (*at == ':') file->device = kernel_device(major, strtoul(at + 1, NULL, 10));
  }
  free(text);
}

bool identify_socket_file(int fd, int process, struct socket_file *file) {
  struct stat status;
  if (fstat(fd, &status) != 0) return false;
  file->inode = (uint32_t)status.st_ino;
  file->device = kernel_device(major(status.st_dev), minor(status.st_dev));
  read_device_of_mount(process, read_open_file(fd, file), file);
  return true;
}

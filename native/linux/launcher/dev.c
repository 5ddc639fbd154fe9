#define _GNU_SOURCE
#include "dev.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/mount.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mount-api.h"
#include "places.h"
#include "sys.h"

/* A file of `directory` that what is at `source` is mounted on. */
static void bind_device(int directory, const char *name, int source) {
  int file = openat(directory, name, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0444);
  if (file < 0 || close(file) != 0) die_about("make", name);
  int target = openat(directory, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
  int copy = copy_tree(source, MOUNT_ATTR_NOSUID);
  if (target < 0 || copy < 0 || attach(copy, target) != 0) die_about("mount the device", name);
  if (close(target) != 0 || close(source) != 0) die("close");
}

static void bind_devices(const struct root *root, int directory) {
  static const char *const NAMES[] = {"null", "zero", "full", "random", "urandom", "tty"};
  for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++) {
    char path[32];
    snprintf(path, sizeof path, "dev/%s", NAMES[i]);
    int source = openat(root->old, path, O_PATH | O_CLOEXEC);
    if (source < 0) die_about("find the device", NAMES[i]);
    bind_device(directory, NAMES[i], source);
  }
}

static void make_links(int directory) {
  static const char *const LINKS[][2] = {{"/proc/self/fd", "fd"},      {"/proc/self/fd/0", "stdin"},
                                         {"/proc/self/fd/1", "stdout"}, {"/proc/self/fd/2", "stderr"},
                                         {"/proc/kcore", "core"},      {"pts/ptmx", "ptmx"}};
  for (size_t i = 0; i < sizeof LINKS / sizeof *LINKS; i++)
    if (symlinkat(LINKS[i][0], directory, LINKS[i][1]) != 0) die_about("make the link", LINKS[i][1]);
}

/* An instance of its own (kernel documentation, filesystems/devpts). */
static void mount_terminals(int directory) {
  static const char *const OPTIONS[] = {"newinstance", "", "ptmxmode", "0666", "mode", "0620", NULL};
  int target = openat(directory, "pts", O_PATH | O_DIRECTORY | O_CLOEXEC);
  int mount = new_file_system("devpts", OPTIONS, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC);
  if (target < 0 || mount < 0 || attach(mount, target) != 0) die("mount devpts");
  if (close(target) != 0) die("close");
}

/* The terminal at standard output, by the name that programs ask for. It lies in the caller's devpts. */
static void bind_console(const struct root *root, int directory) {
  char name[64], path[96];
  if (isatty(STDOUT_FILENO) == 0 || ttyname_r(STDOUT_FILENO, name, sizeof name) != 0) return;
  snprintf(path, sizeof path, ".%s", name);
  int source = openat(root->old, path, O_PATH | O_CLOEXEC);
  if (source >= 0) bind_device(directory, "console", source);
}

void mount_dev(const struct root *root, const char *destination) {
  static const char *const OPTIONS[] = {"mode", "0755", NULL};
  int target = directory_at(root->new, destination, 0755);
  int mount = new_file_system("tmpfs", OPTIONS, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
  if (mount < 0 || attach(mount, target) != 0) die_about("mount a tmpfs on", destination);
  if (close(target) != 0) die("close");
  int directory = directory_at(root->new, destination, 0755);
  if (mkdirat(directory, "shm", 0755) != 0 || mkdirat(directory, "pts", 0755) != 0) die_about("make the directories of", destination);
  bind_devices(root, directory);
  make_links(directory);
  mount_terminals(directory);
  bind_console(root, directory);
  if (close(directory) != 0) die("close");
}

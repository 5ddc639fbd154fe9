#define _GNU_SOURCE
#include "old-mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "mount-fds.h"
#include "mounts.h"
#include "sys.h"

/* One line of /proc/self/mountinfo (proc(5)). */
struct listed_mount {
  int id, parent;
  char *point;
  bool is_below; /* the mount that was just made */
};

struct mount_list {
  struct listed_mount *mounts;
  size_t count;
};

static unsigned long flags_of(uint64_t attributes) {
  return ((attributes & MOUNT_READ_ONLY) != 0 ? MS_RDONLY : 0) | ((attributes & MOUNT_NO_SUID) != 0 ? MS_NOSUID : 0) |
         ((attributes & MOUNT_NO_DEVICES) != 0 ? MS_NODEV : 0);
}

static unsigned long flags_in_force(unsigned long stated) {
  static const struct {
    unsigned long stated, flag;
  } TABLE[] = {{ST_RDONLY, MS_RDONLY},   {ST_NOSUID, MS_NOSUID},         {ST_NODEV, MS_NODEV},
               {ST_NOEXEC, MS_NOEXEC},   {ST_NOATIME, MS_NOATIME},       {ST_NODIRATIME, MS_NODIRATIME},
               {ST_RELATIME, MS_RELATIME}};
  unsigned long flags = 0;
  for (size_t i = 0; i < sizeof TABLE / sizeof *TABLE; i++)
    if ((stated & TABLE[i].stated) != 0) flags |= TABLE[i].flag;
  /* Neither means that every access is noted, which mount(2) must be told. */
  return (flags & (MS_NOATIME | MS_RELATIME)) == 0 ? flags | MS_STRICTATIME : flags;
}

bool add_attributes(int mount_fd, uint64_t attributes) {
  struct statvfs status;
  if (fstatvfs(mount_fd, &status) != 0) return false;
  unsigned long wanted = flags_in_force(status.f_flag) | flags_of(attributes);
  return mount(NULL, path_of(mount_fd).text, NULL, MS_REMOUNT | MS_BIND | wanted, NULL) == 0;
}

/* The id of the mount that a descriptor is on (proc(5), /proc/PID/fdinfo). */
static int mount_id(int fd) {
  char path[64];
  snprintf(path, sizeof path, "/proc/self/fdinfo/%d", fd);
  FILE *file = fopen(path, "re");
  if (file == NULL) die("open /proc/self/fdinfo");
  char line[256];
  int id = -1;
  while (fgets(line, sizeof line, file) != NULL && sscanf(line, "mnt_id: %d", &id) != 1) continue;
  fclose(file);
  return id;
}

/* Space, tab, newline and backslash are written as three octal digits. */
static void unescape(char *text) {
  char *to = text;
  for (char *from = text; *from != '\0'; to++) {
    unsigned code;
    if (*from == '\\' && sscanf(from + 1, "%3o", &code) == 1) {
      *to = (char)code;
      from += 4;
    } else {
      *to = *from++;
    }
  }
  *to = '\0';
}

static struct mount_list read_mounts(void) {
  struct mount_list list = {0};
  FILE *file = fopen("/proc/self/mountinfo", "re");
  if (file == NULL) die("open /proc/self/mountinfo");
  char *line = NULL;
  size_t room = 0;
  while (getline(&line, &room, file) >= 0) {
    struct listed_mount mount = {0};
    int start = 0, end = 0;
    if (sscanf(line, "%d %d %*s %*s %n%*s%n", &mount.id, &mount.parent, &start, &end) != 2 || end == 0) continue;
    mount.point = strndup(line + start, (size_t)(end - start));
    list.mounts = reallocarray(list.mounts, list.count + 1, sizeof *list.mounts);
    if (mount.point == NULL || list.mounts == NULL) die("malloc");
    unescape(mount.point);
    list.mounts[list.count++] = mount;
  }
  free(line);
  fclose(file);
  return list;
}

static void free_mounts(struct mount_list *list) {
  for (size_t i = 0; i < list->count; i++) free(list->mounts[i].point);
  free(list->mounts);
}

static struct listed_mount *find_mount(const struct mount_list *list, int id) {
  for (size_t i = 0; i < list->count; i++)
    if (list->mounts[i].id == id) return &list->mounts[i];
  return NULL;
}

/* Limits one mount below the top. One that is covered by another cannot be reached, neither here nor by the command. */
static bool limit_below(int top, const char *relative, int id, uint64_t attributes) {
  while (*relative == '/') relative++;
  int fd = *relative == '\0' ? -1 : openat(top, relative, O_PATH | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0) return *relative == '\0' || errno == ENOENT || errno == EACCES || errno == ENOTDIR;
  bool is_done = mount_id(fd) != id || add_attributes(fd, attributes);
  int saved = errno;
  close(fd);
  errno = saved;
  return is_done;
}

static bool limit_all_below(int top, uint64_t attributes) {
  struct mount_list list = read_mounts();
  struct listed_mount *first = find_mount(&list, mount_id(top));
  bool is_done = first != NULL;
  if (first != NULL) first->is_below = true;
  /* A mount is listed behind its parent. */
  for (size_t i = 0; first != NULL && is_done && i < list.count; i++) {
    struct listed_mount *mount = &list.mounts[i];
    const struct listed_mount *parent = find_mount(&list, mount->parent);
    if (mount == first || parent == NULL || !parent->is_below) continue;
    mount->is_below = true;
    size_t length = strcmp(first->point, "/") == 0 ? 0 : strlen(first->point);
    is_done = limit_below(top, mount->point + length, mount->id, attributes);
  }
  free_mounts(&list);
  return is_done;
}

/* The mount of `source` that was just made at an open place, whose descriptor stays below it. There is only its path
 * to go by, through ".." as in root.h; a directory on it may have been renamed meanwhile, so what is found there is
 * compared. */
static int open_new_mount(int source, int place) {
  char name[PATH_MAX];
  ssize_t length = readlinkat(AT_FDCWD, path_of(place).text, name, sizeof name - 1);
  if (length < 0) return -1;
  name[length] = '\0';
  char path[PATH_MAX + 4];
  snprintf(path, sizeof path, "/..%s", name);
  int fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0 || (is_same_object(fd, source) && mount_id(fd) != mount_id(place))) return fd;
  close(fd);
  errno = EAGAIN;
  return -1;
}

bool bind_by_path(int source, int target, uint64_t attributes) {
  if (mount(path_of(source).text, path_of(target).text, NULL, MS_BIND | MS_REC | MS_SILENT, NULL) != 0) return false;
  int top = open_new_mount(source, target);
  if (top < 0) return false;
  bool is_done = add_attributes(top, attributes) && limit_all_below(top, attributes);
  int saved = errno;
  close(top);
  errno = saved;
  return is_done;
}

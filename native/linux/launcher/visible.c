#define _GNU_SOURCE
#include "visible.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "checks.h"
#include "errors.h"
#include "sys.h"

struct walk {
  const struct setup *setup;
  enum wall_access access;
  visit_object *visit;
  void *context;
};

/* "/" holds everything, and is written with the slash that others have not. */
static bool is_beneath(const char *path, const char *directory) {
  size_t length = strcmp(directory, "/") == 0 ? 0 : strlen(directory);
  return strncmp(path, directory, length) == 0 && path[length] == '/' && path[length + 1] != '\0';
}

static bool is_hidden(const struct walk *walk, const char *path) {
  for (size_t i = 0; i < walk->setup->hidden_count; i++)
    if (strcmp(walk->setup->hidden[i], path) == 0) return true;
  return false;
}

static bool holds_hidden(const struct walk *walk, const char *path) {
  for (size_t i = 0; i < walk->setup->hidden_count; i++)
    if (is_beneath(walk->setup->hidden[i], path)) return true;
  return false;
}

static void visit(const struct walk *walk, int object, const char *path);

static void visit_entry(const struct walk *walk, int directory, const char *path, const char *name) {
  if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0) return;
  char *entry;
  if (asprintf(&entry, "%s/%s", strcmp(path, "/") == 0 ? "" : path, name) < 0) die("malloc");
  int object = openat(directory, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
  /* It may have gone meanwhile. */
  if (object < 0 && errno != ENOENT && errno != EACCES) die_at(FAILED_WALL, entry);
  if (object >= 0) visit(walk, object, entry);
  if (object >= 0 && close(object) != 0) die("close");
  free(entry);
}

/* What cannot be listed is not opened to the command either. */
static void visit_entries(const struct walk *walk, int object, const char *path) {
  int fd = openat(object, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0 && (errno == EACCES || errno == ENOTDIR)) return;
  DIR *listing = fd < 0 ? NULL : fdopendir(fd);
  if (listing == NULL) die_at(FAILED_WALL, path);
  for (struct dirent *entry = readdir(listing); entry != NULL; entry = readdir(listing))
    visit_entry(walk, fd, path, entry->d_name);
  if (closedir(listing) != 0) die("closedir");
}

static void visit(const struct walk *walk, int object, const char *path) {
  if (is_hidden(walk, path)) return;
  if (walk->access == WALL_READ && holds_hidden(walk, path)) visit_entries(walk, object, path);
  else walk->visit(walk->context, object, path, walk->access);
}

void visit_visible(const struct setup *setup, const struct wall_rule *rule, visit_object *visit_it, void *context) {
  struct walk walk = {.setup = setup, .access = rule->access, .visit = visit_it, .context = context};
  int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (root < 0) die("open /");
  int object = open_without_links(root, rule->path);
  if (object < 0) die_at(FAILED_WALL, rule->path);
  visit(&walk, object, rule->path);
  if (close(object) != 0 || close(root) != 0) die("close");
}

/* Mounting something inside of the new root. */
#ifndef CORDON_MOUNTS_H
#define CORDON_MOUNTS_H

#include <stdbool.h>
#include <sys/types.h>

#include "root.h"

/* What is to be bound: with mount descriptors a detached copy of all its mounts, else just the place; an O_PATH
 * descriptor. */
struct source {
  int fd;
  bool is_directory;
  const char *name; /* for messages */
};

/* Opens a path of the host below `directory`, or `directory` itself when the path is empty. The fd is -1, with errno
 * set, when it cannot be opened. */
struct source open_source(const struct root *root, int directory, const char *path, const char *name);

/* The same for what a descriptor of the caller's is open at, by its path: the kernel binds nothing that was opened
 * in another mount namespace. Fails with ESTALE when something else is at the path by now. */
struct source open_source_of(const struct root *root, int fd, const char *name);

/* Binds a source to an open place in the new root; `flags` are READ_ONLY and WITH_DEVICES. Closes the source. Dies
 * on error. */
void bind_source(struct root *root, struct source source, int target, const char *target_name, unsigned flags);

/* Mounts a new file system on an open place. Dies on error. */
struct file_system {
  const char *type;
  unsigned long flags; /* of mount(2) */
  const char *options;
};
void mount_new(struct root *root, struct file_system file_system, int target, const char *target_name);

/* Makes one mount read-only, without devices and set-id bits; those below it not. Dies on error. */
void make_read_only(const struct root *root, int target, const char *target_name);

/* The name by which a system call that takes paths is told of a descriptor. */
struct descriptor_path {
  char text[32];
};
struct descriptor_path path_of(int fd);

#endif

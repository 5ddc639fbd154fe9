/* What a sandbox is to be, as data: what the command line says (options.h), before anything is done. */
#ifndef CORDON_SETUP_H
#define CORDON_SETUP_H

#include <stddef.h>
#include <stdint.h>

enum operation_kind {
  BIND,       /* source -> destination, with what is mounted below */
  BIND_DATA,  /* the content of a descriptor as a file that is mounted */
  WRITE_FILE, /* the content of a descriptor as a file */
  TMPFS,
  PROC,
  DEV,
  MQUEUE,
  DIRECTORY,
  SYMLINK,
  CHANGE_MODE,
  REMOUNT_READ_ONLY,
};

enum operation_flag { READ_ONLY = 1, DEVICES = 2, MAY_BE_MISSING = 4 };

struct operation {
  enum operation_kind kind;
  unsigned flags;
  const char *source; /* of a bind; the text of a link */
  const char *destination;
  int fd;         /* where the source is a descriptor; else -1 */
  int mode;       /* --perms; -1 for the default */
  uint64_t size;  /* --size; 0 for the kernel's default */
};

enum variable_kind { SET_VARIABLE, UNSET_VARIABLE, CLEAR_VARIABLES };

struct variable {
  enum variable_kind kind;
  const char *name, *value;
};

/* A namespace is shared with the caller, made if possible, or made. */
enum unshare { SHARED = 0, IF_POSSIBLE = 1, UNSHARED = 2 };

struct setup {
  struct operation *operations;
  size_t operation_count;
  struct variable *variables;
  size_t variable_count;
  const char **lock_files;
  size_t lock_file_count;
  int *seccomp_fds;
  size_t seccomp_fd_count;
  int *sync_fds;
  size_t sync_fd_count;
  enum unshare user, ipc, pid, network, uts, cgroup;
  const char *directory; /* --chdir */
  const char *argv0, *hostname;
  long uid, gid;         /* inside; -1 for the caller's */
  uint64_t capabilities; /* bits that --cap-add keeps */
  int is_new_session, dies_with_parent, is_process_1, forbids_user_namespaces, user_namespaces_must_be_forbidden;
  int user_fd, second_user_fd, pid_fd;                            /* namespaces that are there; -1 */
  int info_fd, status_fd, block_fd, user_block_fd;                /* -1 */
};

#endif

/* What is to be done, as data: parse_setup (options.h) makes it, run_sandbox (sandbox.h) carries it out. Words that
 * it points to belong to the command line and environment it was parsed from, or to the set-up itself, until
 * free_setup. */
#ifndef CORDON_SETUP_H
#define CORDON_SETUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* For descriptors and ids that were not given. */
enum { NONE = -1 };

enum wish { NO, IF_POSSIBLE, YES };

struct namespaces {
  unsigned plain; /* CLONE_NEWIPC | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWUTS; the mount namespace is always new */
  enum wish user;
  enum wish cgroup;
  int user_fd;        /* joined instead of making one */
  int second_user_fd; /* joined when all is set up */
  int pid_fd;
  bool disables_user; /* nothing inside may make another user namespace */
  bool asserts_user_disabled;
};

enum operation_kind {
  BIND,      /* `source`, a path of the host */
  BIND_FD,   /* `fd`, an open file or directory */
  BIND_DATA, /* what can be read from `fd` */
  TMPFS,
  PROC,
  DEV,
  MQUEUE,
  REMOUNT_READ_ONLY,
  DIRECTORY,
  PLAIN_FILE, /* what can be read from `fd` */
  SYMLINK,    /* with the text `source` */
  CHMOD,
};

/* Of binds. */
enum { READ_ONLY = 1, WITH_DEVICES = 2, IF_SOURCE_EXISTS = 4 };

struct operation {
  enum operation_kind kind;
  unsigned flags;
  const char *source;
  const char *target;
  int fd;
  mode_t permissions;
  mode_t parents; /* permissions of directories that have to be made on the way to the target */
  uint64_t size;  /* of a tmpfs in bytes; 0 means the kernel's default */
};

/* Bits are capabilities of capabilities(7). The sandbox keeps what a caller who is root has, or nothing, less
 * `taken`, and `given`. */
struct capability_wish {
  uint64_t given;
  uint64_t taken;
};

/* Which calls of the command a supervisor is told of (supervisor.h). */
struct watch {
  bool sockets;   /* connect(2), which it carries out: Unix sockets of the host answer by rules */
  bool datagrams; /* Unix datagram sockets exist; what is sent by them is carried out as well */
  bool changes;   /* calls that change something are reported, see evidence.h */
  int report_fd;  /* to which */
  const char **allowed; /* sockets of the host, by path */
  size_t allowed_count;
};

struct setup {
  enum { RUN, SHOW_HELP, SHOW_VERSION } purpose;
  struct namespaces namespaces;
  struct operation *operations; /* in their order */
  size_t operation_count;
  char **environment; /* ends with NULL */
  char **command;     /* ends with NULL */
  const char *argv0;  /* NULL: as the command says */
  const char *chdir;  /* NULL: where the caller is */
  const char *hostname;
  int64_t uid, gid;
  struct capability_wish capabilities;
  bool caller_is_root;
  bool has_new_session, dies_with_parent, is_command_pid_1;
  const char **lock_files;
  size_t lock_file_count;
  struct watch watch;
  int *seccomp_fds; /* in the order in which they are loaded */
  size_t seccomp_count;
  int info_fd, status_fd, block_fd, user_block_fd;
  int *sync_fds; /* kept open by process 1 */
  size_t sync_count;
  int *used_fds; /* all that were named: none of them reaches the command */
  size_t used_count;
  struct owned *owned;
};

/* Memory that free_setup frees. */
void *own(struct setup *setup, size_t length);

/* Makes room for one more element of `size` bytes in the vector at `vector`, and returns where it belongs, zeroed. */
void *append(void *vector, size_t *count, size_t size);

struct setup empty_setup(void);
void free_setup(struct setup *setup);

/* Whether a process is needed beside the command, that reaps or holds something open. */
bool needs_process_1(const struct setup *setup);

#endif

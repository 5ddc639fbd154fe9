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
  bool none; /* not even a mount namespace: the wall alone holds */
};

/* What a sandbox may have of them, in a request of ordinary size. */
enum { MAX_LISTENERS = 16 };

/* Listening sockets on the loopback, and where they go (listener-hand-over.h). */
struct listening {
  uint16_t *ports; /* 0: any */
  size_t count;
  int channel_fd;        /* a channel of Node's, */
  const char *directory; /* or of Unix sockets */
};

/* Of the host, to be the standard streams. */
struct terminal {
  const char *path; /* NULL: none */
  uint64_t device, inode; /* which it must be */
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

/* Each holds the former. */
enum wall_access { WALL_LIST, WALL_READ, WALL_WRITE };

/* What the command may do at a path and below it; see wall.h. */
struct wall_rule {
  enum wall_access access;
  const char *path;
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
  enum { RUN, SHOW_HELP, SHOW_VERSION, SHOW_LANDLOCK } purpose;
  struct namespaces namespaces;
  struct operation *operations; /* in their order */
  size_t operation_count;
  char **environment; /* ends with NULL */
  char **command;     /* ends with NULL */
  const char *argv0;  /* NULL: as the command says */
  const char *chdir;  /* NULL: where the caller is */
  const char *hostname;
  int64_t uid, gid;
  struct listening listening;
  struct terminal terminal;
  struct capability_wish capabilities;
  bool caller_is_root;
  bool has_new_session, dies_with_parent, is_command_pid_1;
  struct wall_rule *wall_rules;
  size_t wall_rule_count;
  const char **hidden; /* left out of what rules let it read */
  size_t hidden_count;
  bool refuses_tcp;
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

/* Whether somebody is told of the sandbox's process and namespaces, which must be there then. */
bool is_told_of(const struct setup *setup);

/* Whether a process is needed beside the command, that reaps or holds something open. */
bool needs_process_1(const struct setup *setup);

#endif

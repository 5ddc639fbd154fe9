/* How options are taken, between options.c, which has the table of them, and take-*.c, which know what each one
 * means. */
#ifndef CORDON_PARSER_H
#define CORDON_PARSER_H

#include "options.h"

struct parser {
  struct setup *setup;
  const struct parse_context *context;
  struct complaint *complaint;
  /* What --perms and --size said, until the next option takes it. */
  bool has_permissions, has_size;
  mode_t permissions;
  uint64_t size;
  bool has_seccomp, has_added_seccomp;
};

struct option;

/* Notes an option with its values in the set-up; false after a complaint. */
typedef bool take_option(struct parser *parser, const struct option *option, char **values);

struct option {
  const char *name;
  int arity;
  take_option *take;
  int what; /* for `take` */
  unsigned flags;
};

/* Both return false. */
bool complain(struct parser *parser, const char *format, ...) __attribute__((format(printf, 2, 3)));
bool complain_of_value(struct parser *parser, const struct option *option, const char *value);

/* Parses a descriptor and notes that it is not for the command. */
bool take_descriptor(struct parser *parser, const struct option *option, const char *value, int *fd);

/* take-operations.c; option->what is an operation_kind, option->flags are its flags */
take_option take_bind;
take_option take_bind_fd;
take_option take_data;
take_option take_directory;
take_option take_tmpfs;
take_option take_target;
take_option take_chmod;
take_option take_permissions;
take_option take_size;

/* take-namespaces.c; option->what is a CLONE_NEW… flag or a wish */
take_option take_unshare;
take_option take_unshare_user;
take_option take_unshare_cgroup;
take_option take_unshare_all;
take_option take_share_net;

/* take-others.c; option->what is of the enumeration that stands here */
enum flag {
  DISABLE_USER,
  ASSERT_USER_DISABLED,
  NEW_SESSION,
  DIE_WITH_PARENT,
  AS_PID_1,
  LEVEL_PREFIX,
  CLEAR_ENVIRONMENT,
  NO_NAMESPACES,
  NO_TCP,
  NOTIFY_SOCKETS,
  NOTIFY_DATAGRAMS,
  NOTIFY_CHANGES,
};
enum descriptor { USER, SECOND_USER, PID, INFO, STATUS, BLOCK, USER_BLOCK, LISTENER_CHANNEL, NOTIFY };
enum word { CHDIR, ARGV0, HOSTNAME, LISTENER_DIRECTORY };
enum identity { UID, GID };
take_option take_flag;
take_option take_one_descriptor;
take_option take_sync;
take_option take_seccomp;
take_option take_word;
take_option take_lock_file;
take_option take_allowed_socket;
take_option take_id;
take_option take_setenv;
take_option take_unsetenv;
take_option take_listen;
take_option take_terminal_option;
take_option take_capability;
take_option take_wall_rule; /* option->what is a wall_access */
take_option take_hidden;
take_option refuse_label;
take_option take_purpose;

#endif

#define _GNU_SOURCE
#include "options.h"

#include <errno.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "environment.h"
#include "values.h"

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

struct option {
  const char *name;
  int arity;
  bool (*take)(struct parser *parser, const struct option *option, char **values);
  int what; /* for `take` */
  unsigned flags;
};

static bool complain(struct parser *parser, const char *format, ...) __attribute__((format(printf, 2, 3)));
static bool complain(struct parser *parser, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(parser->complaint->text, sizeof parser->complaint->text, format, arguments);
  va_end(arguments);
  return false;
}

static bool complain_of_value(struct parser *parser, const struct option *option, const char *value) {
  return complain(parser, "%s cannot take the value \"%s\"", option->name, value);
}

/* A descriptor that is named here is not for the command. */
static bool take_descriptor(struct parser *parser, const struct option *option, const char *value, int *fd) {
  if (!parse_descriptor(value, fd)) return complain_of_value(parser, option, value);
  int *used = append(&parser->setup->used_fds, &parser->setup->used_count, sizeof *used);
  *used = *fd;
  return true;
}

/* Makes an operation, which takes the permissions that stand before it. */
static struct operation *add(struct parser *parser, const struct option *option, const char *target) {
  struct setup *setup = parser->setup;
  struct operation *operation = append(&setup->operations, &setup->operation_count, sizeof *operation);
  *operation = (struct operation){
      .kind = (enum operation_kind)option->what,
      .flags = option->flags,
      .target = target,
      .fd = NONE,
      .parents = 0755,
  };
  return operation;
}

/* Who may not enter the last directory need not enter its parents (bwrap(1), --perms). */
static mode_t parents_of(mode_t permissions) {
  mode_t parents = 0755;
  if ((permissions & 0070) == 0) parents &= ~(mode_t)0050;
  if ((permissions & 0007) == 0) parents &= ~(mode_t)0005;
  return parents;
}

static struct operation *add_with_permissions(struct parser *parser, const struct option *option, const char *target,
                                              mode_t usual) {
  struct operation *operation = add(parser, option, target);
  operation->permissions = parser->has_permissions ? parser->permissions : usual;
  if (parser->has_permissions) operation->parents = parents_of(parser->permissions);
  parser->has_permissions = false;
  return operation;
}

/* For open_tree(2) an empty path would be the working directory. */
static bool take_bind(struct parser *parser, const struct option *option, char **values) {
  if (*values[0] == '\0') return complain_of_value(parser, option, values[0]);
  add(parser, option, values[1])->source = values[0];
  return true;
}

static bool take_bind_fd(struct parser *parser, const struct option *option, char **values) {
  int fd;
  if (!take_descriptor(parser, option, values[0], &fd)) return false;
  add(parser, option, values[1])->fd = fd;
  return true;
}

static bool take_data(struct parser *parser, const struct option *option, char **values) {
  int fd;
  if (!take_descriptor(parser, option, values[0], &fd)) return false;
  mode_t usual = option->what == PLAIN_FILE ? 0666 : 0600;
  add_with_permissions(parser, option, values[1], usual)->fd = fd;
  return true;
}

static bool take_directory(struct parser *parser, const struct option *option, char **values) {
  add_with_permissions(parser, option, values[0], 0755);
  return true;
}

static bool take_tmpfs(struct parser *parser, const struct option *option, char **values) {
  add_with_permissions(parser, option, values[0], 0755)->size = parser->has_size ? parser->size : 0;
  parser->has_size = false;
  return true;
}

static bool take_target(struct parser *parser, const struct option *option, char **values) {
  add(parser, option, values[0]);
  return true;
}

static bool take_chmod(struct parser *parser, const struct option *option, char **values) {
  mode_t permissions;
  if (!parse_permissions(values[0], &permissions)) return complain_of_value(parser, option, values[0]);
  add(parser, option, values[1])->permissions = permissions;
  return true;
}

static bool take_permissions(struct parser *parser, const struct option *option, char **values) {
  if (parser->has_permissions) return complain(parser, "%s was given twice for one option", option->name);
  if (!parse_permissions(values[0], &parser->permissions)) return complain_of_value(parser, option, values[0]);
  parser->has_permissions = true;
  return true;
}

static bool take_size(struct parser *parser, const struct option *option, char **values) {
  if (parser->has_size) return complain(parser, "%s was given twice for one option", option->name);
  if (!parse_size(values[0], &parser->size)) return complain_of_value(parser, option, values[0]);
  parser->has_size = true;
  return true;
}

static bool take_unshare(struct parser *parser, const struct option *option, char **values) {
  (void)values;
  parser->setup->namespaces.plain |= (unsigned)option->what;
  return true;
}

static bool take_unshare_user(struct parser *parser, const struct option *option, char **values) {
  (void)values;
  parser->setup->namespaces.user = (enum wish)option->what;
  return true;
}

static bool take_unshare_cgroup(struct parser *parser, const struct option *option, char **values) {
  (void)values;
  parser->setup->namespaces.cgroup = (enum wish)option->what;
  return true;
}

static bool take_unshare_all(struct parser *parser, const struct option *option, char **values) {
  (void)option, (void)values;
  struct namespaces *namespaces = &parser->setup->namespaces;
  namespaces->plain = CLONE_NEWIPC | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWUTS;
  namespaces->user = namespaces->cgroup = IF_POSSIBLE;
  return true;
}

static bool take_share_net(struct parser *parser, const struct option *option, char **values) {
  (void)option, (void)values;
  parser->setup->namespaces.plain &= ~(unsigned)CLONE_NEWNET;
  return true;
}

enum flag { DISABLE_USER, ASSERT_USER_DISABLED, NEW_SESSION, DIE_WITH_PARENT, AS_PID_1, LEVEL_PREFIX, CLEAR_ENVIRONMENT };

static bool take_flag(struct parser *parser, const struct option *option, char **values) {
  (void)values;
  struct setup *setup = parser->setup;
  switch ((enum flag)option->what) {
    case DISABLE_USER: setup->namespaces.disables_user = true; break;
    case ASSERT_USER_DISABLED: setup->namespaces.asserts_user_disabled = true; break;
    case NEW_SESSION: setup->has_new_session = true; break;
    case DIE_WITH_PARENT: setup->dies_with_parent = true; break;
    case AS_PID_1: setup->is_command_pid_1 = true; break;
    case CLEAR_ENVIRONMENT: clear_environment(setup); break;
    case LEVEL_PREFIX: break; /* levels of the system log are of use to services only */
  }
  return true;
}

enum descriptor { USER, SECOND_USER, PID, INFO, STATUS, BLOCK, USER_BLOCK };

static int *place_of(struct setup *setup, enum descriptor descriptor) {
  switch (descriptor) {
    case USER: return &setup->namespaces.user_fd;
    case SECOND_USER: return &setup->namespaces.second_user_fd;
    case PID: return &setup->namespaces.pid_fd;
    case INFO: return &setup->info_fd;
    case STATUS: return &setup->status_fd;
    case BLOCK: return &setup->block_fd;
    case USER_BLOCK: break;
  }
  return &setup->user_block_fd;
}

static bool take_one_descriptor(struct parser *parser, const struct option *option, char **values) {
  return take_descriptor(parser, option, values[0], place_of(parser->setup, (enum descriptor)option->what));
}

static bool take_sync(struct parser *parser, const struct option *option, char **values) {
  int fd;
  if (!take_descriptor(parser, option, values[0], &fd)) return false;
  int *place = append(&parser->setup->sync_fds, &parser->setup->sync_count, sizeof *place);
  *place = fd;
  return true;
}

/* The last --seccomp counts, every --add-seccomp-fd does. */
static bool take_seccomp(struct parser *parser, const struct option *option, char **values) {
  struct setup *setup = parser->setup;
  bool is_added = option->what;
  if (is_added ? parser->has_seccomp : parser->has_added_seccomp)
    return complain(parser, "--seccomp and --add-seccomp-fd exclude each other");
  int fd;
  if (!take_descriptor(parser, option, values[0], &fd)) return false;
  if (!is_added && parser->has_seccomp) {
    setup->seccomp_fds[0] = fd;
    return true;
  }
  int *place = append(&setup->seccomp_fds, &setup->seccomp_count, sizeof *place);
  *place = fd;
  parser->has_seccomp = !is_added;
  parser->has_added_seccomp = is_added;
  return true;
}

enum word { CHDIR, ARGV0, HOSTNAME };

static bool take_word(struct parser *parser, const struct option *option, char **values) {
  struct setup *setup = parser->setup;
  switch ((enum word)option->what) {
    case CHDIR: setup->chdir = values[0]; break;
    case ARGV0: setup->argv0 = values[0]; break;
    case HOSTNAME: setup->hostname = values[0]; break;
  }
  return true;
}

static bool take_lock_file(struct parser *parser, const struct option *option, char **values) {
  (void)option;
  const char **place = append(&parser->setup->lock_files, &parser->setup->lock_file_count, sizeof *place);
  *place = values[0];
  return true;
}

enum identity { UID, GID };

static bool take_id(struct parser *parser, const struct option *option, char **values) {
  int64_t *id = option->what == UID ? &parser->setup->uid : &parser->setup->gid;
  return parse_id(values[0], id) || complain_of_value(parser, option, values[0]);
}

static bool take_setenv(struct parser *parser, const struct option *option, char **values) {
  return set_variable(parser->setup, values[0], values[1]) || complain_of_value(parser, option, values[0]);
}

static bool take_unsetenv(struct parser *parser, const struct option *option, char **values) {
  return unset_variable(parser->setup, values[0]) || complain_of_value(parser, option, values[0]);
}

static bool take_capability(struct parser *parser, const struct option *option, char **values) {
  uint64_t bits;
  if (!parse_capability(values[0], &bits)) return complain_of_value(parser, option, values[0]);
  struct capability_wish *wish = &parser->setup->capabilities;
  bool is_given = option->what;
  wish->given = is_given ? wish->given | bits : wish->given & ~bits;
  wish->taken = is_given ? wish->taken & ~bits : wish->taken | bits;
  return true;
}

static bool refuse_label(struct parser *parser, const struct option *option, char **values) {
  (void)values;
  return complain(parser, "%s is not supported: this launcher sets no SELinux labels", option->name);
}

static bool take_purpose(struct parser *parser, const struct option *option, char **values) {
  (void)values;
  if (option->what == SHOW_HELP) parser->setup->purpose = SHOW_HELP;
  else parser->setup->purpose = SHOW_VERSION;
  return true;
}

static bool take_args(struct parser *parser, const struct option *option, char **values);

/* Sorted by name, for bsearch(3). */
static const struct option OPTIONS[] = {
    {"--add-seccomp-fd", 1, take_seccomp, true, 0},
    {"--args", 1, take_args, 0, 0},
    {"--argv0", 1, take_word, ARGV0, 0},
    {"--as-pid-1", 0, take_flag, AS_PID_1, 0},
    {"--assert-userns-disabled", 0, take_flag, ASSERT_USER_DISABLED, 0},
    {"--bind", 2, take_bind, BIND, 0},
    {"--bind-data", 2, take_data, BIND_DATA, 0},
    {"--bind-fd", 2, take_bind_fd, BIND_FD, 0},
    {"--bind-try", 2, take_bind, BIND, IF_SOURCE_EXISTS},
    {"--block-fd", 1, take_one_descriptor, BLOCK, 0},
    {"--cap-add", 1, take_capability, true, 0},
    {"--cap-drop", 1, take_capability, false, 0},
    {"--chdir", 1, take_word, CHDIR, 0},
    {"--chmod", 2, take_chmod, CHMOD, 0},
    {"--clearenv", 0, take_flag, CLEAR_ENVIRONMENT, 0},
    {"--dev", 1, take_target, DEV, 0},
    {"--dev-bind", 2, take_bind, BIND, WITH_DEVICES},
    {"--dev-bind-try", 2, take_bind, BIND, WITH_DEVICES | IF_SOURCE_EXISTS},
    {"--die-with-parent", 0, take_flag, DIE_WITH_PARENT, 0},
    {"--dir", 1, take_directory, DIRECTORY, 0},
    {"--disable-userns", 0, take_flag, DISABLE_USER, 0},
    {"--exec-label", 1, refuse_label, 0, 0},
    {"--file", 2, take_data, PLAIN_FILE, 0},
    {"--file-label", 1, refuse_label, 0, 0},
    {"--gid", 1, take_id, GID, 0},
    {"--help", 0, take_purpose, SHOW_HELP, 0},
    {"--hostname", 1, take_word, HOSTNAME, 0},
    {"--info-fd", 1, take_one_descriptor, INFO, 0},
    {"--json-status-fd", 1, take_one_descriptor, STATUS, 0},
    {"--level-prefix", 0, take_flag, LEVEL_PREFIX, 0},
    {"--lock-file", 1, take_lock_file, 0, 0},
    {"--mqueue", 1, take_target, MQUEUE, 0},
    {"--new-session", 0, take_flag, NEW_SESSION, 0},
    {"--perms", 1, take_permissions, 0, 0},
    {"--pidns", 1, take_one_descriptor, PID, 0},
    {"--proc", 1, take_target, PROC, 0},
    {"--remount-ro", 1, take_target, REMOUNT_READ_ONLY, 0},
    {"--ro-bind", 2, take_bind, BIND, READ_ONLY},
    {"--ro-bind-data", 2, take_data, BIND_DATA, READ_ONLY},
    {"--ro-bind-fd", 2, take_bind_fd, BIND_FD, READ_ONLY},
    {"--ro-bind-try", 2, take_bind, BIND, READ_ONLY | IF_SOURCE_EXISTS},
    {"--seccomp", 1, take_seccomp, false, 0},
    {"--setenv", 2, take_setenv, 0, 0},
    {"--share-net", 0, take_share_net, 0, 0},
    {"--size", 1, take_size, 0, 0},
    {"--symlink", 2, take_bind, SYMLINK, 0},
    {"--sync-fd", 1, take_sync, 0, 0},
    {"--tmpfs", 1, take_tmpfs, TMPFS, 0},
    {"--uid", 1, take_id, UID, 0},
    {"--unsetenv", 1, take_unsetenv, 0, 0},
    {"--unshare-all", 0, take_unshare_all, 0, 0},
    {"--unshare-cgroup", 0, take_unshare_cgroup, YES, 0},
    {"--unshare-cgroup-try", 0, take_unshare_cgroup, IF_POSSIBLE, 0},
    {"--unshare-ipc", 0, take_unshare, CLONE_NEWIPC, 0},
    {"--unshare-net", 0, take_unshare, CLONE_NEWNET, 0},
    {"--unshare-pid", 0, take_unshare, CLONE_NEWPID, 0},
    {"--unshare-user", 0, take_unshare_user, YES, 0},
    {"--unshare-user-try", 0, take_unshare_user, IF_POSSIBLE, 0},
    {"--unshare-uts", 0, take_unshare, CLONE_NEWUTS, 0},
    {"--userns", 1, take_one_descriptor, USER, 0},
    {"--userns-block-fd", 1, take_one_descriptor, USER_BLOCK, 0},
    {"--userns2", 1, take_one_descriptor, SECOND_USER, 0},
    {"--version", 0, take_purpose, SHOW_VERSION, 0},
};

static int by_name(const void *name, const void *option) { return strcmp(name, ((const struct option *)option)->name); }

static const struct option *find_option(const char *name) {
  return bsearch(name, OPTIONS, sizeof OPTIONS / sizeof *OPTIONS, sizeof *OPTIONS, by_name);
}

static bool has_values(char **words, int count) {
  for (int i = 0; i < count; i++)
    if (words[i] == NULL) return false;
  return true;
}

/* --perms and --size stand right before the option that they are about. */
static bool check_modifiers(struct parser *parser, const struct option *option) {
  bool is_modifier = option != NULL && (option->take == take_permissions || option->take == take_size);
  if (is_modifier) return true;
  if (parser->has_permissions) return complain(parser, "--perms must stand before an option that makes a file or directory");
  return !parser->has_size || complain(parser, "--size must stand before --tmpfs");
}

/* Takes options up to the first word that is none, and stores where that is. */
static bool take_options(struct parser *parser, char **words, char ***rest) {
  while (*words != NULL && **words == '-' && parser->setup->purpose == RUN) {
    if (strcmp(*words, "--") == 0) {
      words++;
      break;
    }
    const struct option *option = find_option(*words);
    if (option == NULL) return complain(parser, "unknown option %s", *words);
    words++;
    if (!has_values(words, option->arity)) return complain(parser, "%s needs %d values", option->name, option->arity);
    if (!option->take(parser, option, words) || !check_modifiers(parser, option)) return false;
    words += option->arity;
  }
  *rest = words;
  return check_modifiers(parser, NULL);
}

/* Splits text of `length` bytes at its NULs. */
static char **split(struct setup *setup, char *text, size_t length) {
  size_t count = 0;
  for (char *word = text; word < text + length; word += strlen(word) + 1) count++;
  char **words = own(setup, (count + 1) * sizeof *words);
  count = 0;
  for (char *word = text; word < text + length; word += strlen(word) + 1) words[count++] = word;
  words[count] = NULL;
  return words;
}

/* A descriptor is closed when it has been read, so that options cannot include themselves without end. */
static bool take_args(struct parser *parser, const struct option *option, char **values) {
  int fd;
  if (!parse_descriptor(values[0], &fd)) return complain_of_value(parser, option, values[0]);
  if (!check_modifiers(parser, NULL)) return false;
  size_t length;
  char *text = parser->context->read_all(parser->setup, fd, &length);
  if (text == NULL) return complain(parser, "the options of --args %d cannot be read: %s", fd, strerror(errno));
  char **rest;
  if (!take_options(parser, split(parser->setup, text, length), &rest)) return false;
  return *rest == NULL || complain(parser, "--args %d holds \"%s\", which is no option", fd, *rest);
}

struct rule {
  bool is_broken;
  const char *text;
};

static bool check_rules(struct parser *parser) {
  const struct setup *setup = parser->setup;
  const struct namespaces *namespaces = &setup->namespaces;
  bool has_own_user = namespaces->user != NO;
  bool has_any_user = has_own_user || namespaces->user_fd != NONE;
  const struct rule rules[] = {
      {namespaces->user == YES && namespaces->user_fd != NONE, "--userns and --unshare-user exclude each other"},
      {namespaces->disables_user && namespaces->user != YES, "--disable-userns needs --unshare-user"},
      {setup->user_block_fd != NONE && namespaces->user != YES, "--userns-block-fd needs --unshare-user"},
      {setup->uid != NONE && !has_any_user, "--uid needs --unshare-user or --userns"},
      {setup->gid != NONE && !has_any_user, "--gid needs --unshare-user or --userns"},
      {setup->hostname != NULL && !(namespaces->plain & CLONE_NEWUTS), "--hostname needs --unshare-uts"},
      {setup->is_command_pid_1 && !(namespaces->plain & CLONE_NEWPID), "--as-pid-1 needs --unshare-pid"},
      {setup->is_command_pid_1 && setup->lock_file_count > 0, "--as-pid-1 and --lock-file exclude each other"},
      {setup->is_command_pid_1 && setup->sync_count > 0, "--as-pid-1 and --sync-fd exclude each other"},
      {*setup->command == NULL, "no command was given"},
  };
  for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
    if (rules[i].is_broken) return complain(parser, "%s", rules[i].text);
  return true;
}

bool parse_setup(struct setup *setup, char **words, const struct parse_context *context, struct complaint *complaint) {
  struct parser parser = {.setup = setup, .context = context, .complaint = complaint};
  *setup = empty_setup();
  setup->caller_is_root = context->is_root;
  copy_environment(setup, context->environment);
  if (!take_options(&parser, words, &setup->command)) return false;
  if (setup->purpose != RUN) return true;
  if (setup->namespaces.user_fd != NONE && setup->namespaces.user == IF_POSSIBLE) setup->namespaces.user = NO;
  if (!context->may_mount && setup->namespaces.user_fd == NONE) setup->namespaces.user = YES;
  return check_rules(&parser);
}

#define _GNU_SOURCE
#include "options.h"

#include <errno.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "environment.h"
#include "parser.h"
#include "values.h"

bool complain(struct parser *parser, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(parser->complaint->text, sizeof parser->complaint->text, format, arguments);
  va_end(arguments);
  return false;
}

bool complain_of_value(struct parser *parser, const struct option *option, const char *value) {
  return complain(parser, "%s cannot take the value \"%s\"", option->name, value);
}

bool take_descriptor(struct parser *parser, const struct option *option, const char *value, int *fd) {
  if (!parse_descriptor(value, fd)) return complain_of_value(parser, option, value);
  int *used = append(&parser->setup->used_fds, &parser->setup->used_count, sizeof *used);
  *used = *fd;
  return true;
}

static take_option take_args;

/* Sorted by name, for bsearch(3). */
static const struct option OPTIONS[] = {
    {"--add-seccomp-fd", 1, take_seccomp, true, 0},
    {"--allow-socket", 1, take_allowed_socket, 0, 0},
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
    {"--landlock-abi", 0, take_purpose, SHOW_LANDLOCK, 0},
    {"--landlock-hide", 1, take_hidden, 0, 0},
    {"--landlock-list", 1, take_wall_rule, WALL_LIST, 0},
    {"--landlock-no-tcp", 0, take_flag, NO_TCP, 0},
    {"--landlock-read", 1, take_wall_rule, WALL_READ, 0},
    {"--landlock-write", 1, take_wall_rule, WALL_WRITE, 0},
    {"--level-prefix", 0, take_flag, LEVEL_PREFIX, 0},
    {"--listen", 1, take_listen, 0, 0},
    {"--listener-dir", 1, take_word, LISTENER_DIRECTORY, 0},
    {"--listener-fd", 1, take_one_descriptor, LISTENER_CHANNEL, 0},
    {"--lock-file", 1, take_lock_file, 0, 0},
    {"--mqueue", 1, take_target, MQUEUE, 0},
    {"--new-session", 0, take_flag, NEW_SESSION, 0},
    {"--no-namespaces", 0, take_flag, NO_NAMESPACES, 0},
    {"--notify-changes", 0, take_flag, NOTIFY_CHANGES, 0},
    {"--notify-datagrams", 0, take_flag, NOTIFY_DATAGRAMS, 0},
    {"--notify-fd", 1, take_one_descriptor, NOTIFY, 0},
    {"--notify-sockets", 0, take_flag, NOTIFY_SOCKETS, 0},
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
    {"--terminal", 3, take_terminal_option, 0, 0},
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
  if (parser->has_permissions)
    return complain(parser, "--perms must stand before an option that makes a file or directory");
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

static bool has_way_for_listeners(const struct parser *parser) {
  const struct listening *listening = &parser->setup->listening;
  return listening->directory != NULL || listening->channel_fd != NONE || parser->context->has_channel;
}

static bool has_namespaces(const struct setup *setup) {
  const struct namespaces *namespaces = &setup->namespaces;
  return namespaces->plain != 0 || namespaces->user != NO || namespaces->cgroup != NO || namespaces->user_fd != NONE ||
         namespaces->second_user_fd != NONE || namespaces->pid_fd != NONE || setup->operation_count > 0 ||
         namespaces->asserts_user_disabled;
}

static bool check_rules(struct parser *parser) {
  const struct setup *setup = parser->setup;
  bool listens = setup->listening.count > 0;
  const struct namespaces *namespaces = &setup->namespaces;
  bool has_own_user = namespaces->user != NO;
  bool has_any_user = has_own_user || namespaces->user_fd != NONE;
  bool has_wall = setup->wall_rule_count > 0;
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
      {listens && !(namespaces->plain & CLONE_NEWNET), "--listen needs --unshare-net"},
      {listens && !has_way_for_listeners(parser), "--listen needs --listener-fd or --listener-dir"},
      {setup->terminal.path != NULL && setup->has_new_session, "--terminal and --new-session exclude each other"},
      {namespaces->none && has_namespaces(setup), "--no-namespaces excludes mounts, namespaces and ids"},
      {namespaces->none && !has_wall, "--no-namespaces needs --landlock-read, -write or -list"},
      {setup->refuses_tcp && !has_wall, "--landlock-no-tcp needs --landlock-read, -write or -list"},
      {setup->watch.sockets && !(namespaces->plain & CLONE_NEWNET), "--notify-sockets needs --unshare-net"},
      {setup->watch.datagrams && !setup->watch.sockets, "--notify-datagrams needs --notify-sockets"},
      {setup->watch.report_fd != NONE && !setup->watch.changes, "--notify-fd needs --notify-changes"},
      {setup->watch.allowed_count > 0 && !setup->watch.sockets, "--allow-socket needs --notify-sockets"},
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
  bool needs_user = !context->may_mount && setup->namespaces.user_fd == NONE && !setup->namespaces.none;
  if (needs_user) setup->namespaces.user = YES;
  return check_rules(&parser);
}

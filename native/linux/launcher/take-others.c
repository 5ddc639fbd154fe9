#define _GNU_SOURCE
#include "parser.h"

#include <string.h>

#include "environment.h"
#include "values.h"

bool take_flag(struct parser *parser, const struct option *option, char **values) {
  (void)values;
  struct setup *setup = parser->setup;
  switch ((enum flag)option->what) {
    case DISABLE_USER: setup->namespaces.disables_user = true; break;
    case ASSERT_USER_DISABLED: setup->namespaces.asserts_user_disabled = true; break;
    case NEW_SESSION: setup->has_new_session = true; break;
    case DIE_WITH_PARENT: setup->dies_with_parent = true; break;
    case AS_PID_1: setup->is_command_pid_1 = true; break;
    case CLEAR_ENVIRONMENT: clear_environment(setup); break;
    case NO_NAMESPACES: setup->namespaces.none = true; break;
    case NO_TCP: setup->refuses_tcp = true; break;
    case NOTIFY_SOCKETS: setup->watch.sockets = true; break;
    case NOTIFY_DATAGRAMS: setup->watch.datagrams = true; break;
    case NOTIFY_CHANGES: setup->watch.changes = true; break;
    case LEVEL_PREFIX: break; /* levels of the system log are of use to services only */
  }
  return true;
}

static int *place_of(struct setup *setup, enum descriptor descriptor) {
  switch (descriptor) {
    case USER: return &setup->namespaces.user_fd;
    case SECOND_USER: return &setup->namespaces.second_user_fd;
    case PID: return &setup->namespaces.pid_fd;
    case INFO: return &setup->info_fd;
    case STATUS: return &setup->status_fd;
    case BLOCK: return &setup->block_fd;
    case LISTENER_CHANNEL: return &setup->listening.channel_fd;
    case NOTIFY: return &setup->watch.report_fd;
    case USER_BLOCK: break;
  }
  return &setup->user_block_fd;
}

bool take_one_descriptor(struct parser *parser, const struct option *option, char **values) {
  return take_descriptor(parser, option, values[0], place_of(parser->setup, (enum descriptor)option->what));
}

bool take_sync(struct parser *parser, const struct option *option, char **values) {
  int fd;
  if (!take_descriptor(parser, option, values[0], &fd)) return false;
  int *place = append(&parser->setup->sync_fds, &parser->setup->sync_count, sizeof *place);
  *place = fd;
  return true;
}

/* The last --seccomp counts, every --add-seccomp-fd does. */
bool take_seccomp(struct parser *parser, const struct option *option, char **values) {
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

bool take_word(struct parser *parser, const struct option *option, char **values) {
  struct setup *setup = parser->setup;
  switch ((enum word)option->what) {
    case CHDIR: setup->chdir = values[0]; break;
    case ARGV0: setup->argv0 = values[0]; break;
    case HOSTNAME: setup->hostname = values[0]; break;
    case LISTENER_DIRECTORY: setup->listening.directory = values[0]; break;
  }
  return true;
}

bool take_lock_file(struct parser *parser, const struct option *option, char **values) {
  (void)option;
  const char **place = append(&parser->setup->lock_files, &parser->setup->lock_file_count, sizeof *place);
  *place = values[0];
  return true;
}

/* As the command sees it, and in the form in which paths are compared. */
static bool is_plain_path(const char *text) {
  size_t length = strlen(text);
  return text[0] == '/' && strstr(text, "//") == NULL && (length == 1 || text[length - 1] != '/');
}

bool take_wall_rule(struct parser *parser, const struct option *option, char **values) {
  if (!is_plain_path(values[0])) return complain_of_value(parser, option, values[0]);
  struct wall_rule *rule = append(&parser->setup->wall_rules, &parser->setup->wall_rule_count, sizeof *rule);
  *rule = (struct wall_rule){.access = (enum wall_access)option->what, .path = values[0]};
  return true;
}

bool take_allowed_socket(struct parser *parser, const struct option *option, char **values) {
  if (*values[0] != '/') return complain_of_value(parser, option, values[0]);
  struct watch *watch = &parser->setup->watch;
  const char **place = append(&watch->allowed, &watch->allowed_count, sizeof *place);
  *place = values[0];
  return true;
}

bool take_hidden(struct parser *parser, const struct option *option, char **values) {
  if (!is_plain_path(values[0])) return complain_of_value(parser, option, values[0]);
  const char **place = append(&parser->setup->hidden, &parser->setup->hidden_count, sizeof *place);
  *place = values[0];
  return true;
}

bool take_id(struct parser *parser, const struct option *option, char **values) {
  int64_t *id = option->what == UID ? &parser->setup->uid : &parser->setup->gid;
  return parse_id(values[0], id) || complain_of_value(parser, option, values[0]);
}

bool take_setenv(struct parser *parser, const struct option *option, char **values) {
  return set_variable(parser->setup, values[0], values[1]) || complain_of_value(parser, option, values[0]);
}

bool take_unsetenv(struct parser *parser, const struct option *option, char **values) {
  return unset_variable(parser->setup, values[0]) || complain_of_value(parser, option, values[0]);
}

bool take_listen(struct parser *parser, const struct option *option, char **values) {
  struct listening *listening = &parser->setup->listening;
  uint16_t port;
  if (!parse_port(values[0], &port)) return complain_of_value(parser, option, values[0]);
  if (listening->count == MAX_LISTENERS) return complain(parser, "%s was given too often", option->name);
  uint16_t *place = append(&listening->ports, &listening->count, sizeof *place);
  *place = port;
  return true;
}

bool take_terminal_option(struct parser *parser, const struct option *option, char **values) {
  struct terminal *terminal = &parser->setup->terminal;
  if (!parse_file_number(values[1], &terminal->device)) return complain_of_value(parser, option, values[1]);
  if (!parse_file_number(values[2], &terminal->inode)) return complain_of_value(parser, option, values[2]);
  terminal->path = values[0];
  return true;
}

bool take_capability(struct parser *parser, const struct option *option, char **values) {
  uint64_t bits;
  if (!parse_capability(values[0], &bits)) return complain_of_value(parser, option, values[0]);
  struct capability_wish *wish = &parser->setup->capabilities;
  bool is_given = option->what;
  wish->given = is_given ? wish->given | bits : wish->given & ~bits;
  wish->taken = is_given ? wish->taken & ~bits : wish->taken | bits;
  return true;
}

bool refuse_label(struct parser *parser, const struct option *option, char **values) {
  (void)values;
  return complain(parser, "%s is not supported: this launcher sets no SELinux labels", option->name);
}

bool take_purpose(struct parser *parser, const struct option *option, char **values) {
  (void)values;
  if (option->what == SHOW_HELP) parser->setup->purpose = SHOW_HELP;
  else if (option->what == SHOW_LANDLOCK) parser->setup->purpose = SHOW_LANDLOCK;
  else parser->setup->purpose = SHOW_VERSION;
  return true;
}

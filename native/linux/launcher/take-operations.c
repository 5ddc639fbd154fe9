#define _GNU_SOURCE
#include "parser.h"

#include "values.h"

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
bool take_bind(struct parser *parser, const struct option *option, char **values) {
  if (*values[0] == '\0') return complain_of_value(parser, option, values[0]);
  add(parser, option, values[1])->source = values[0];
  return true;
}

bool take_bind_fd(struct parser *parser, const struct option *option, char **values) {
  int fd;
  if (!take_descriptor(parser, option, values[0], &fd)) return false;
  add(parser, option, values[1])->fd = fd;
  return true;
}

bool take_data(struct parser *parser, const struct option *option, char **values) {
  int fd;
  if (!take_descriptor(parser, option, values[0], &fd)) return false;
  mode_t usual = option->what == PLAIN_FILE ? 0666 : 0600;
  add_with_permissions(parser, option, values[1], usual)->fd = fd;
  return true;
}

bool take_directory(struct parser *parser, const struct option *option, char **values) {
  add_with_permissions(parser, option, values[0], 0755);
  return true;
}

bool take_tmpfs(struct parser *parser, const struct option *option, char **values) {
  add_with_permissions(parser, option, values[0], 0755)->size = parser->has_size ? parser->size : 0;
  parser->has_size = false;
  return true;
}

bool take_target(struct parser *parser, const struct option *option, char **values) {
  add(parser, option, values[0]);
  return true;
}

bool take_chmod(struct parser *parser, const struct option *option, char **values) {
  mode_t permissions;
  if (!parse_permissions(values[0], &permissions)) return complain_of_value(parser, option, values[0]);
  add(parser, option, values[1])->permissions = permissions;
  return true;
}

bool take_permissions(struct parser *parser, const struct option *option, char **values) {
  if (parser->has_permissions) return complain(parser, "%s was given twice for one option", option->name);
  if (!parse_permissions(values[0], &parser->permissions)) return complain_of_value(parser, option, values[0]);
  parser->has_permissions = true;
  return true;
}

bool take_size(struct parser *parser, const struct option *option, char **values) {
  if (parser->has_size) return complain(parser, "%s was given twice for one option", option->name);
  if (!parse_size(values[0], &parser->size)) return complain_of_value(parser, option, values[0]);
  parser->has_size = true;
  return true;
}

#define _GNU_SOURCE
#include "parser.h"

#include <sched.h>

bool take_unshare(struct parser *parser, const struct option *option, char **values) {
  (void)values;
  parser->setup->namespaces.plain |= (unsigned)option->what;
  return true;
}

/* "If possible" takes nothing back from a wish that must come true. */
static void wish_for(enum wish *wish, enum wish wanted) {
  if (wanted > *wish) *wish = wanted;
}

bool take_unshare_user(struct parser *parser, const struct option *option, char **values) {
  (void)values;
  wish_for(&parser->setup->namespaces.user, (enum wish)option->what);
  return true;
}

bool take_unshare_cgroup(struct parser *parser, const struct option *option, char **values) {
  (void)values;
  wish_for(&parser->setup->namespaces.cgroup, (enum wish)option->what);
  return true;
}

bool take_unshare_all(struct parser *parser, const struct option *option, char **values) {
  (void)option, (void)values;
  struct namespaces *namespaces = &parser->setup->namespaces;
  namespaces->plain = CLONE_NEWIPC | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWUTS;
  wish_for(&namespaces->user, IF_POSSIBLE);
  wish_for(&namespaces->cgroup, IF_POSSIBLE);
  return true;
}

bool take_share_net(struct parser *parser, const struct option *option, char **values) {
  (void)option, (void)values;
  parser->setup->namespaces.plain &= ~(unsigned)CLONE_NEWNET;
  return true;
}

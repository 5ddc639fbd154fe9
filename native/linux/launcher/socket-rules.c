#define _GNU_SOURCE
#include "socket-rules.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "socket-table.h"
#include "sys.h"

/* The very socket that was there when the sandbox was made, under the name that is allowed. The name alone would not do: a
 * command could move another socket of the host there, where it may write. */
static bool was_allowed(const struct socket_rules *rules, const struct place *place) {
  for (size_t i = 0; i < rules->count; i++)
    if (rules->pinned[i] >= 0 && is_same_object(rules->pinned[i], place->fd) &&
        strcmp(rules->allowed[i], place->text) == 0)
      return true;
  return false;
}

/* Who listens at an allowed path may be started anew, or late. Where the sandbox cannot write, only the host can have put
 * the socket there. The path is the one at which it was found, not one that leads there by links. */
static bool is_allowed_now(const struct socket_rules *rules, const struct place *place) {
  struct statvfs mount;
  if (fstatvfs(place->fd, &mount) != 0 || (mount.f_flag & ST_RDONLY) == 0) return false;
  for (size_t i = 0; i < rules->count; i++)
    if (strcmp(rules->allowed[i], place->text) == 0) return true;
  return false;
}

enum found { NOBODY, OWN, FOREIGN, UNKNOWN };

/* The lists tell 32 bits of an inode's number: where both have it, it may be the host's. */
static enum found find_owner(const struct socket_rules *rules, struct socket_file file) {
  int is_own = has_bound_socket(rules->own_table, file);
  int is_hosts = has_bound_socket(rules->host_table, file);
  if (is_own < 0 || is_hosts < 0) return UNKNOWN;
  if (is_hosts) return FOREIGN;
  return is_own ? OWN : NOBODY;
}

/* While sockets come and go, the kernel may leave one out of a list that does not fit into one answer. */
enum { LOOKS = 2 };

static int judge_unlisted(const struct socket_rules *rules, const struct caller *caller, int place) {
  struct socket_file file;
  if (!identify_socket_file(place, caller->directory, &file)) return EACCES;
  enum found found = NOBODY;
  for (int look = 0; look < LOOKS && found == NOBODY; look++) found = find_owner(rules, file);
  if (found == OWN) return 0;
  /* Left behind by somebody who has ended, as far as can be seen: programs look for this error and bind anew. */
  return found == NOBODY ? ECONNREFUSED : EACCES;
}

static int judge(const struct socket_rules *rules, const struct caller *caller, const struct place *place) {
  struct stat status;
  if (fstat(place->fd, &status) != 0) return EACCES;
  if (!S_ISSOCK(status.st_mode)) return 0; /* the kernel refuses it, and says why */
  if (was_allowed(rules, place) || is_allowed_now(rules, place)) return 0;
  return judge_unlisted(rules, caller, place->fd);
}

int judge_socket(const struct socket_rules *rules, const struct caller *caller, const struct place *place) {
  int error = judge(rules, caller, place);
  if (error == EACCES) report_use(rules->evidence, caller, CONNECTS, place->text);
  return error;
}

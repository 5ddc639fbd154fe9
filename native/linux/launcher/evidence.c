#define _GNU_SOURCE
#include "evidence.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "address.h"
#include "changes.h"
#include "setup.h"
#include "sys.h"

enum { HEAD = 2 + 1 + 1, MOST_NAME = 16 };

static const char *name_of(int number) {
  const struct change *change = find_change(number);
  if (change != NULL) return change->name;
  switch (number) {
    case SYS_connect: return "connect";
    case SYS_bind: return "bind";
    case SYS_sendto: return "sendto";
    case SYS_sendmsg: return "sendmsg";
    default: return "sendmmsg";
  }
}

/* In one piece where it fits (pipe(7), PIPE_BUF), so that workers may report as well. */
static void write_report(struct evidence *evidence, const char *report, size_t length) {
  for (size_t done = 0; done < length;) {
    ssize_t put = write(evidence->stream, report + done, length - done);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) { /* nobody reads any more */
      close(evidence->stream);
      evidence->stream = NONE;
      return;
    }
    done += (size_t)put;
  }
}

static void report(struct evidence *evidence, int number, enum use use, bool is_hidden, const char *subject) {
  char bytes[HEAD + MOST_NAME + sizeof((struct place *)NULL)->text];
  if (evidence->stream == NONE || *subject == '\0') return;
  const char *name = name_of(number);
  size_t name_length = strlen(name) + 1, subject_length = strlen(subject);
  size_t length = HEAD - 2 + name_length + subject_length;
  bytes[0] = (char)(length & 0xff);
  bytes[1] = (char)(length >> 8);
  bytes[2] = (char)use;
  bytes[3] = is_hidden;
  memcpy(bytes + HEAD, name, name_length);
  memcpy(bytes + HEAD + name_length, subject, subject_length);
  write_report(evidence, bytes, length + 2);
}

void report_use(struct evidence *evidence, const struct caller *caller, enum use use, const char *subject) {
  report(evidence, caller->number, use, false, subject);
}

void report_unreachable(struct evidence *evidence, const struct caller *caller, const struct address *address, int error) {
  char host[INET6_ADDRSTRLEN], text[sizeof host + 16];
  if (error != ENETUNREACH && error != EHOSTUNREACH && error != ENETDOWN) return;
  const struct sockaddr_in *four = (const struct sockaddr_in *)&address->storage;
  const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)&address->storage;
  bool is_six = address->any.sa_family == AF_INET6;
  const void *number = is_six ? (const void *)&six->sin6_addr : (const void *)&four->sin_addr;
  if (inet_ntop(address->any.sa_family, number, host, sizeof host) == NULL) return;
  snprintf(text, sizeof text, is_six ? "[%s]:%u" : "%s:%u", host, ntohs(is_six ? six->sin6_port : four->sin_port));
  report(evidence, caller->number, REACHES, false, text);
}

static bool is_read_only(int fd) {
  struct statvfs mount;
  return fstatvfs(fd, &mount) == 0 && (mount.f_flag & ST_RDONLY) != 0;
}

/* The kernel writes to devices, pipes and sockets wherever they are, and into directories only by a file without a name. */
static bool is_stored(int fd, unsigned flags) {
  struct stat status;
  if (fstat(fd, &status) != 0) return false;
  return S_ISREG(status.st_mode) || (S_ISDIR(status.st_mode) && (flags & WITHOUT_NAME) != 0);
}

static bool needs_writing(enum need need, unsigned flags, const struct place *place) {
  bool is_there = place->fd >= 0;
  switch (need) {
    case NOTHING_THERE: return !is_there;
    case SOMETHING: return is_there;
    case ANYTHING: return true;
    case AS_OPENED: break;
  }
  if ((flags & O_PATH) != 0) return false;
  if (!is_there) return (flags & O_CREAT) != 0;
  bool is_new = (flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL);
  return !is_new && (flags & (WRITING | O_TRUNC)) != 0 && is_stored(place->fd, flags);
}

/* Whether the sandbox refuses it: by a mount that is read-only, or, `is_hidden`, because it cannot be reached, which may have other
 * reasons. */
static bool is_refused(enum need need, unsigned flags, const struct place *place, bool *is_hidden) {
  int there = place->fd >= 0 ? place->fd : place->parent;
  *is_hidden = there < 0 && (place->error == EACCES || place->error == ENOENT);
  return *is_hidden || (there >= 0 && needs_writing(need, flags, place) && is_read_only(there));
}

static void look_at_place(struct evidence *evidence, const struct caller *caller, const struct named *named,
                          const struct changed *changed, unsigned flags) {
  struct place place;
  bool is_hidden;
  find_place(caller, named, &place);
  bool is_told = is_refused(changed->need, flags, &place, &is_hidden) && is_waiting(caller);
  close_place(&place);
  if (is_told) report(evidence, caller->number, changed->is_removed ? REMOVES : WRITES, is_hidden, place.text);
}

/* A path ends somewhere; what is behind it may not be readable. */
static int read_path(const struct caller *caller, uint64_t from, char path[PATH_MAX]) {
  enum { PAGE = 4096 };
  for (size_t length = 0; length < PATH_MAX;) {
    size_t part = PAGE - (from + length) % PAGE;
    if (part > PATH_MAX - length) part = PATH_MAX - length;
    int error = read_memory(caller, from + length, path + length, part);
    if (error != 0) return error;
    if (memchr(path + length, '\0', part) != NULL) return 0;
    length += part;
  }
  return ENAMETOOLONG;
}

static void look(struct evidence *evidence, const struct caller *caller, const struct changed *changed,
                 const uint64_t *arguments, unsigned open_flags) {
  char path[PATH_MAX] = "";
  unsigned at_flags = changed->at_flags == NO_ARGUMENT ? 0 : (unsigned)arguments[changed->at_flags];
  struct named named = {
      .directory = changed->directory == WORKING_DIRECTORY ? AT_FDCWD : (int)arguments[changed->directory],
      .path = path,
      .follows = changed->follows && (at_flags & AT_SYMLINK_NOFOLLOW) == 0 && (open_flags & O_NOFOLLOW) == 0,
  };
  bool has_path = changed->path != NO_ARGUMENT && arguments[changed->path] != 0;
  if (has_path && read_path(caller, arguments[changed->path], path) != 0) return;
  /* Without a path it is the descriptor itself; an empty one without the flag for it fails. */
  if (*path == '\0' && has_path && (at_flags & AT_EMPTY_PATH) == 0) return;
  if (*path == '\0' && named.directory == AT_FDCWD) return;
  look_at_place(evidence, caller, &named, changed, open_flags);
}

static unsigned flags_of(const struct change *change, const uint64_t *arguments) {
  if (change->flags != NO_ARGUMENT) return (unsigned)arguments[change->flags];
  return change->places[0].need == AS_OPENED ? O_CREAT | O_WRONLY | O_TRUNC : 0; /* creat(2) */
}

/* Where connections are not carried out, all that refuses one is a mask, an empty file in the place of a socket. */
static void look_at_connection(struct evidence *evidence, const struct caller *caller, const struct named *named) {
  struct place place;
  struct stat status;
  find_place(caller, named, &place);
  bool is_masked = place.fd >= 0 && fstat(place.fd, &status) == 0 && S_ISREG(status.st_mode) && is_read_only(place.fd);
  close_place(&place);
  if (is_masked && is_waiting(caller)) report(evidence, caller->number, CONNECTS, false, place.text);
}

static void look_at_address(struct evidence *evidence, const struct caller *caller, const uint64_t *arguments) {
  struct address address;
  char path[sizeof address.storage + 1] = "";
  size_t head = offsetof(struct sockaddr_un, sun_path);
  if (read_address(caller, arguments[1], arguments[2], &address) != 0 || address.any.sa_family != AF_UNIX) return;
  if (address.length <= head) return;
  memcpy(path, (const char *)&address.storage + head, address.length - head);
  bool is_bind = caller->number == SYS_bind;
  const struct named named = {.directory = AT_FDCWD, .path = path, .follows = !is_bind};
  static const struct changed BOUND = {.need = NOTHING_THERE};
  if (*path == '\0') return;
  if (is_bind) look_at_place(evidence, caller, &named, &BOUND, 0);
  else look_at_connection(evidence, caller, &named);
}

/* What cannot be read is not told; the kernel decides all the same. */
struct answer look_at_change(struct evidence *evidence, struct caller *caller, const struct seccomp_notif *call) {
  const uint64_t *arguments = (const uint64_t *)call->data.args;
  const struct change *change = find_change(call->data.nr);
  for (size_t i = 0; evidence->stream != NONE && change != NULL && i < change->count; i++)
    look(evidence, caller, &change->places[i], arguments, flags_of(change, arguments));
  if (evidence->stream != NONE && change == NULL) look_at_address(evidence, caller, arguments);
  return (struct answer){.kind = GOES_ON};
}

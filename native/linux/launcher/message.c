#define _GNU_SOURCE
#include "message.h"

#include <errno.h>
#include <limits.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

/* More than a datagram may have. Of a longer stream the first part is sent, as send(2) may do with any. */
enum { MAX_DATA = 1 << 20, MAX_CONTROL = 64 << 10, MAX_PARTS = 1024, MAX_RIGHTS = 253 };

/* struct msghdr as the kernel has it (linux/socket.h, struct user_msghdr); that of libc may differ. */
struct head {
  uint64_t name;
  int32_t name_length;
  uint64_t parts, part_count;
  uint64_t control, control_length;
  uint32_t flags;
};

struct part {
  uint64_t start, length;
};

static int make_room(char **memory, size_t length) {
  *memory = malloc(length == 0 ? 1 : length);
  return *memory == NULL ? ENOMEM : 0;
}

static bool is_stream(int socket) {
  int type;
  socklen_t length = sizeof type;
  return getsockopt(socket, SOL_SOCKET, SO_TYPE, &type, &length) == 0 && type == SOCK_STREAM;
}

static int read_parts(const struct caller *caller, const struct part *parts, size_t count, struct message *message) {
  uint64_t total = 0;
  for (size_t i = 0; i < count; i++) {
    if (parts[i].length > SSIZE_MAX - total) return EINVAL;
    total += parts[i].length;
  }
  if (total > MAX_DATA && !is_stream(message->socket)) return EMSGSIZE;
  size_t wanted = total > MAX_DATA ? MAX_DATA : (size_t)total;
  int error = make_room(&message->data, wanted);
  for (size_t i = 0; error == 0 && message->length < wanted; i++) {
    size_t left = wanted - message->length;
    size_t length = parts[i].length < left ? (size_t)parts[i].length : left;
    if (length > 0) error = read_memory(caller, parts[i].start, message->data + message->length, length);
    message->length += length;
  }
  return error;
}

static int read_vector(const struct caller *caller, const struct head *head, struct message *message) {
  if (head->part_count > MAX_PARTS) return EMSGSIZE;
  struct part *parts = calloc(head->part_count + 1, sizeof *parts);
  if (parts == NULL) return ENOMEM;
  int error = 0;
  if (head->part_count > 0) error = read_memory(caller, head->parts, parts, head->part_count * sizeof *parts);
  if (error == 0) error = read_parts(caller, parts, head->part_count, message);
  free(parts);
  return error;
}

/* Descriptors of the caller's become ours. Those behind one that cannot be had are -1, which free_message knows. */
static int borrow_rights(struct caller *caller, struct cmsghdr *control) {
  size_t count = (control->cmsg_len - CMSG_LEN(0)) / sizeof(int);
  int fds[MAX_RIGHTS];
  if (count > MAX_RIGHTS) return EINVAL;
  memcpy(fds, CMSG_DATA(control), count * sizeof(int));
  int error = 0;
  for (size_t i = 0; i < count; i++) {
    int number = fds[i];
    fds[i] = -1;
    if (error == 0) error = borrow_descriptor(caller, number, &fds[i]);
  }
  memcpy(CMSG_DATA(control), fds, count * sizeof(int));
  return error;
}

static bool carries_rights(const struct cmsghdr *control) {
  return control->cmsg_level == SOL_SOCKET && control->cmsg_type == SCM_RIGHTS;
}

static struct msghdr control_of(const struct message *message) {
  return (struct msghdr){.msg_control = message->control, .msg_controllen = (socklen_t)message->control_length};
}

/* Who a message comes from is for the kernel to say: it would be us. */
static int borrow_part(struct caller *caller, struct cmsghdr *control, size_t room) {
  if (control->cmsg_len < CMSG_LEN(0) || control->cmsg_len > room) return EINVAL;
  if (control->cmsg_level == SOL_SOCKET && control->cmsg_type == SCM_CREDENTIALS) return EPERM;
  return carries_rights(control) ? borrow_rights(caller, control) : 0;
}

/* Nothing but what was gone through is sent, or closed: a number in the rest would be a descriptor of ours. */
static int borrow_control(struct caller *caller, struct message *message, size_t length) {
  int error = 0;
  struct msghdr whole = {.msg_control = message->control, .msg_controllen = (socklen_t)length};
  for (struct cmsghdr *at = CMSG_FIRSTHDR(&whole); at != NULL && error == 0; at = CMSG_NXTHDR(&whole, at)) {
    size_t before = (size_t)((char *)at - message->control);
    bool is_translated = carries_rights(at);
    error = borrow_part(caller, at, length - before);
    if (error == 0 || (is_translated && error != EINVAL)) message->control_length = before + at->cmsg_len;
  }
  return error;
}

static int read_control(struct caller *caller, const struct head *head, struct message *message) {
  if (head->control == 0 || head->control_length == 0) return 0;
  if (head->control_length > MAX_CONTROL) return ENOBUFS;
  int error = make_room(&message->control, head->control_length);
  if (error == 0) error = read_memory(caller, head->control, message->control, head->control_length);
  if (error != 0) return error;
  return borrow_control(caller, message, (size_t)head->control_length);
}

static int read_head(struct caller *caller, uint64_t from, struct message *message) {
  struct head head;
  int error = read_memory(caller, from, &head, sizeof head);
  if (error == 0 && head.name != 0 && head.name_length != 0)
    error = read_address(caller, head.name, (uint64_t)(uint32_t)head.name_length, &message->address);
  if (error == 0) error = read_vector(caller, &head, message);
  return error == 0 ? read_control(caller, &head, message) : error;
}

static int read_sendto(struct caller *caller, const struct seccomp_notif *call, struct message *message) {
  const struct part part = {.start = call->data.args[1], .length = call->data.args[2]};
  int error = read_address(caller, call->data.args[4], call->data.args[5], &message->address);
  return error == 0 ? read_parts(caller, &part, 1, message) : error;
}

/* Of several messages one is sent, which sendmmsg(2) may do. */
int read_message(struct caller *caller, const struct seccomp_notif *call, struct message *message) {
  const uint64_t *arguments = (const uint64_t *)call->data.args;
  *message = (struct message){.socket = -1, .address = {.place = -1}};
  int error = borrow_descriptor(caller, (int)arguments[0], &message->socket);
  if (error != 0) return error;
  message->flags = (int)arguments[call->data.nr == SYS_sendmsg ? 2 : 3];
  if (call->data.nr == SYS_sendto) return read_sendto(caller, call, message);
  if (call->data.nr == SYS_sendmmsg) message->length_goes_to = arguments[1] + sizeof(struct head);
  return read_head(caller, arguments[1], message);
}

void free_message(struct message *message) {
  struct msghdr whole = control_of(message);
  for (struct cmsghdr *at = CMSG_FIRSTHDR(&whole); at != NULL; at = CMSG_NXTHDR(&whole, at)) {
    if (!carries_rights(at)) continue;
    size_t count = (at->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (size_t i = 0; i < count; i++) {
      int fd;
      memcpy(&fd, CMSG_DATA(at) + i * sizeof fd, sizeof fd);
      if (fd >= 0) close(fd);
    }
  }
  free(message->data);
  free(message->control);
  if (message->address.place >= 0) close(message->address.place);
  if (message->socket >= 0) close(message->socket);
}

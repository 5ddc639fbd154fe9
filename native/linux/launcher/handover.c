#define _GNU_SOURCE
#include "handover.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "sys.h"

struct message {
  enum handed_kind kind;
  uint32_t index;
};

union control {
  struct cmsghdr head;
  char bytes[CMSG_SPACE(sizeof(int))];
};

int make_handover(int ends[2]) { return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends); }

int hand_over(int socket, const struct handed_descriptor *handed) {
  struct message message = {.kind = handed->kind, .index = handed->index};
  struct iovec part = {.iov_base = &message, .iov_len = sizeof message};
  union control control = {.head = {.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof(int))}};
  memcpy(CMSG_DATA(&control.head), &handed->fd, sizeof(int));
  struct msghdr whole = {
      .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
  ssize_t sent;
  do {
    sent = sendmsg(socket, &whole, MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  return sent < 0 ? -1 : 0;
}

bool take_over(int socket, struct handed_descriptor *handed) {
  struct message message;
  struct iovec part = {.iov_base = &message, .iov_len = sizeof message};
  union control control;
  struct msghdr whole = {
      .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
  ssize_t got;
  do {
    got = recvmsg(socket, &whole, MSG_CMSG_CLOEXEC);
  } while (got < 0 && errno == EINTR);
  if (got < 0 && errno != ECONNRESET) die("recvmsg");
  if (got != (ssize_t)sizeof message) return false;
  const struct cmsghdr *head = CMSG_FIRSTHDR(&whole);
  errno = EPROTO;
  if (head == NULL || head->cmsg_type != SCM_RIGHTS || head->cmsg_len != CMSG_LEN(sizeof(int))) die("recvmsg");
  *handed = (struct handed_descriptor){.kind = message.kind, .index = message.index};
  memcpy(&handed->fd, CMSG_DATA(head), sizeof(int));
  return true;
}

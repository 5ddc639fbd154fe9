#define _GNU_SOURCE
#include "socket-table.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct request {
  struct nlmsghdr head;
  struct unix_diag_req body;
};

/* A socket that was accepted shows the file of the one that listens, in the namespace of who connected: it does not
 * count. Streams count while they listen, datagram sockets always. */
static bool can_be_reached(const struct unix_diag_msg *socket) {
  return socket->udiag_type == SOCK_DGRAM || socket->udiag_state == TCP_LISTEN;
}

static bool is_bound_to(const struct nlmsghdr *head, struct socket_file file) {
  const struct unix_diag_msg *socket = NLMSG_DATA(head);
  if (!can_be_reached(socket)) return false;
  size_t left = head->nlmsg_len - NLMSG_LENGTH(sizeof *socket);
  const char *at = (const char *)(socket + 1);
  while (left >= sizeof(struct nlattr)) {
    const struct nlattr *attribute = (const struct nlattr *)at;
    size_t length = NLA_ALIGN(attribute->nla_len);
    if (attribute->nla_len < sizeof *attribute || length > left) return false;
    if (attribute->nla_type == UNIX_DIAG_VFS) {
      struct unix_diag_vfs vfs;
      memcpy(&vfs, attribute + 1, sizeof vfs);
      return vfs.udiag_vfs_ino == file.inode && vfs.udiag_vfs_dev == file.device;
    }
    at += length;
    left -= length;
  }
  return false;
}

static int ask(int table) {
  struct request request = {
      .head = {.nlmsg_len = sizeof request, .nlmsg_type = SOCK_DIAG_BY_FAMILY, .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
      .body = {.sdiag_family = AF_UNIX,
               .udiag_states = 1U << TCP_LISTEN | 1U << TCP_CLOSE | 1U << TCP_ESTABLISHED,
               .udiag_show = UDIAG_SHOW_VFS},
  };
  return send(table, &request, sizeof request, 0) < 0 ? -1 : 0;
}

/* To the end of the list even when the answer is known: the next question must find the socket empty. */
int has_bound_socket(int table, struct socket_file file) {
  static _Alignas(struct nlmsghdr) char buffer[32 << 10];
  int found = 0;
  if (ask(table) != 0) return -1;
  for (;;) {
    ssize_t got = recv(table, buffer, sizeof buffer, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return -1;
    unsigned left = (unsigned)got;
    for (const struct nlmsghdr *head = (const struct nlmsghdr *)buffer; NLMSG_OK(head, left); head = NLMSG_NEXT(head, left)) {
      if (head->nlmsg_type == NLMSG_DONE) return found;
      if (head->nlmsg_type == NLMSG_ERROR) {
        errno = -((const struct nlmsgerr *)NLMSG_DATA(head))->error;
        return -1;
      }
      found |= is_bound_to(head, file);
    }
  }
}

int open_socket_table(void) { return socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG); }

bool can_list_sockets(int table) { return has_bound_socket(table, (struct socket_file){0}) >= 0; }

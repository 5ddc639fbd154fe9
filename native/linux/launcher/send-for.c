#define _GNU_SOURCE
#include "send-for.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "message.h"

#ifndef MSG_ZEROCOPY
#define MSG_ZEROCOPY 0x4000000
#endif

struct sending {
  struct caller *caller;
  struct message *message;
  size_t done; /* bytes of a stream that have gone already */
};

/* Returns bytes, or -1 with errno set. What goes with the data goes with the first of it. */
static ssize_t send_rest(const struct sending *sending, int flags) {
  const struct message *message = sending->message;
  struct iovec part = {.iov_base = message->data + sending->done, .iov_len = message->length - sending->done};
  struct msghdr whole = {.msg_iov = &part, .msg_iovlen = 1};
  if (message->address.length > 0) {
    whole.msg_name = (void *)&message->address.any;
    whole.msg_namelen = message->address.length;
  }
  if (sending->done == 0 && message->control_length > 0) {
    whole.msg_control = message->control;
    whole.msg_controllen = (socklen_t)message->control_length;
  }
  return sendmsg(message->socket, &whole, (message->flags & ~MSG_DONTWAIT) | flags | MSG_NOSIGNAL);
}

static bool is_stream(int socket) {
  int type;
  socklen_t length = sizeof type;
  return getsockopt(socket, SOL_SOCKET, SO_TYPE, &type, &length) == 0 && type == SOCK_STREAM;
}

static bool may_wait(const struct message *message) {
  int flags = fcntl(message->socket, F_GETFL);
  return (message->flags & MSG_DONTWAIT) == 0 && flags >= 0 && (flags & O_NONBLOCK) == 0;
}

/* What the kernel would have done to the caller. */
static void signal_broken_pipe(const struct sending *sending) {
  if ((sending->message->flags & MSG_NOSIGNAL) != 0 || !is_stream(sending->message->socket)) return;
  if (is_waiting(sending->caller)) syscall(SYS_pidfd_send_signal, sending->caller->process, SIGPIPE, NULL, 0);
}

static struct answer conclude(const struct sending *sending, ssize_t sent) {
  const struct message *message = sending->message;
  int error = errno;
  if (sent < 0 && sending->done == 0) {
    if (error == EPIPE) signal_broken_pipe(sending);
    return (struct answer){.kind = RETURNS, .error = error};
  }
  int64_t all = (int64_t)sending->done + (sent < 0 ? 0 : sent);
  if (message->length_goes_to == 0) return (struct answer){.kind = RETURNS, .value = all};
  uint32_t length = (uint32_t)all;
  error = write_memory(sending->caller, message->length_goes_to, &length, sizeof length);
  return (struct answer){.kind = RETURNS, .value = 1, .error = error};
}

static struct answer send_patiently(void *what) {
  struct sending *sending = what;
  return conclude(sending, send_rest(sending, 0));
}

static struct answer send_message(struct caller *caller, struct message *message, struct workers *workers) {
  struct sending sending = {.caller = caller, .message = message};
  bool waits = may_wait(message);
  ssize_t sent = send_rest(&sending, MSG_DONTWAIT);
  bool is_short = sent >= 0 && (size_t)sent < message->length;
  if (!waits || !(is_short || (sent < 0 && errno == EAGAIN))) return conclude(&sending, sent);
  if (sent > 0) sending.done = (size_t)sent;
  int error = start_worker(workers, caller, send_patiently, &sending);
  if (error == 0) return (struct answer){.kind = LATER};
  errno = error;
  return conclude(&sending, -1);
}

struct answer send_for(struct caller *caller, const struct seccomp_notif *call, const struct socket_rules *rules,
                       struct workers *workers) {
  struct message message;
  struct answer answer = {.kind = RETURNS};
  if (call->data.nr == SYS_sendmmsg && (uint32_t)call->data.args[2] == 0) return answer;
  answer.error = read_message(caller, call, &message);
  if (answer.error == 0 && !is_waiting(caller)) answer.error = EINTR;
  /* The data would have to stay as it is until the caller is told; programs send it in the usual way on this error. */
  if (answer.error == 0 && (message.flags & MSG_ZEROCOPY) != 0) answer.error = ENOBUFS;
  if (answer.error == 0) answer.error = settle_address(caller, message.socket, rules, &message.address);
  if (answer.error == 0) answer = send_message(caller, &message, workers);
  free_message(&message);
  return answer;
}

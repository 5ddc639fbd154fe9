#define _GNU_SOURCE
#include "relay.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "relayed.h"
#include "sys.h"

/* Connections at once, if there are descriptors; the others wait to be accepted. Each has two sockets and two pipes. */
enum { MOST = 1024, DESCRIPTORS_OF_EACH = 6, DESCRIPTORS_BESIDE = 16 };

/* How long to wait until the owner is looked for again while a connection waits for it. */
enum { RETRY_MS = 10 };

/* Among what is polled. */
enum { SANDBOX, LISTENER, FIRST_CONNECTION };

struct relay {
  struct sockaddr_un owner;
  int sandbox;   /* a pidfd */
  int listener;  /* -1: nobody answers any more */
  bool has_met;  /* the owner */
  bool is_early; /* it was not there */
  size_t count, capacity;
  struct relayed connections[MOST];
  struct pollfd polled[FIRST_CONNECTION + 2 * MOST];
};

static bool name_socket(struct sockaddr_un *address, const char *directory, const char *name) {
  *address = (struct sockaddr_un){.sun_family = AF_UNIX};
  size_t room = sizeof address->sun_path;
  int length = snprintf(address->sun_path, room, "%s/%s", directory, name);
  errno = ENAMETOOLONG;
  return length > 0 && (size_t)length < room;
}

/* -1 when nobody listens there. */
static int connect_to(const struct sockaddr_un *address, int flags) {
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);
  if (fd < 0) return -1;
  if (connect(fd, (const struct sockaddr *)address, sizeof *address) == 0) return fd;
  int reason = errno;
  if (close(fd) != 0) die("close");
  errno = reason;
  return -1;
}

/* By the starter, before the command can start and end, and the relay with it. Nobody else connects there, so that it does not have to
 * wait. Returns false with errno set. */
static bool tell_port(const struct relay_request *request) {
  struct sockaddr_un address;
  int fd = name_socket(&address, request->directory, "ports") ? connect_to(&address, SOCK_NONBLOCK) : -1;
  if (fd < 0) return false;
  char line[64];
  int length = snprintf(line, sizeof line, "{\"index\":%u,\"port\":%d}\n", request->index, request->port);
  bool is_told = send(fd, line, (size_t)length, MSG_NOSIGNAL) == length;
  int reason = errno;
  if (close(fd) != 0) die("close");
  errno = reason;
  return is_told;
}

/* The owner was there before and is not any more: it has closed its socket. What is connected already goes on. */
static void stop_listening(struct relay *relay) {
  if (close(relay->listener) != 0) die("close");
  relay->listener = -1;
}

static void add_connection(struct relay *relay, int owner) {
  int client = accept4(relay->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (client < 0) { /* it has gone away meanwhile, or there are no descriptors */
    if (close(owner) != 0) die("close");
    relay->is_early = true;
    return;
  }
  struct relayed *relayed = &relay->connections[relay->count];
  if (begin_relayed(relayed, client, owner)) relay->count++;
}

static void take_connection(struct relay *relay) {
  int owner = connect_to(&relay->owner, SOCK_NONBLOCK);
  bool is_gone = owner < 0 && (errno == ENOENT || errno == ECONNREFUSED);
  if (owner >= 0) {
    relay->has_met = true;
    add_connection(relay, owner);
  } else if (is_gone && relay->has_met) stop_listening(relay);
  else relay->is_early = true;
}

static struct pollfd watched_socket(const struct relayed *relayed, int socket) {
  short events = wanted_events(relayed, socket);
  /* Or the end of the one side would be told again and again while the other goes on. */
  return (struct pollfd){.fd = events == 0 ? -1 : socket, .events = events};
}

static void serve_connections(struct relay *relay) {
  const struct pollfd *polled = relay->polled + FIRST_CONNECTION;
  for (size_t i = relay->count; i-- > 0;) {
    struct relayed *relayed = &relay->connections[i];
    if ((polled[2 * i].revents | polled[2 * i + 1].revents) == 0 || move_bytes(relayed)) continue;
    end_relayed(relayed);
    *relayed = relay->connections[--relay->count];
  }
}


/* Returns as poll(2). */
static int wait_for_events(struct relay *relay) {
  bool accepts = relay->count < relay->capacity && !relay->is_early;
  relay->polled[SANDBOX] = (struct pollfd){.fd = relay->sandbox, .events = POLLIN};
  relay->polled[LISTENER] = (struct pollfd){.fd = accepts ? relay->listener : -1, .events = POLLIN};
  struct pollfd *next = relay->polled + FIRST_CONNECTION;
  for (size_t i = 0; i < relay->count; i++)
    for (int side = 0; side < 2; side++)
      *next++ = watched_socket(&relay->connections[i], relay->connections[i].flows[side].from);
  return poll(relay->polled, (nfds_t)(next - relay->polled), relay->is_early ? RETRY_MS : -1);
}

/* Returns when the sandbox has ended, or nothing is left to do. */
static void serve(struct relay *relay) {
  while (relay->listener >= 0 || relay->count > 0) {
    int found = wait_for_events(relay);
    if (found < 0 && errno != EINTR) die("poll");
    relay->is_early = false;
    if (found <= 0) continue;
    if (relay->polled[SANDBOX].revents != 0) return;
    serve_connections(relay);
    if (relay->polled[LISTENER].revents != 0) take_connection(relay);
  }
}

/* Out of the way of signals that mean the starter, and without any of its descriptors. */
static void leave_starter(struct relay *relay) {
  if (setsid() < 0) die("setsid");
  if (signal(SIGPIPE, SIG_IGN) == SIG_ERR) die("signal");
  int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  if (null < 0) die("open /dev/null");
  for (int stream = STDIN_FILENO; stream <= STDERR_FILENO; stream++) place_descriptor(null, stream);
  int kept[] = {relay->listener, relay->sandbox};
  close_all_but(kept, sizeof kept / sizeof *kept);
}

static size_t room_for_connections(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) die("getrlimit");
  limit.rlim_cur = limit.rlim_max;
  if (setrlimit(RLIMIT_NOFILE, &limit) != 0) die("setrlimit");
  if (limit.rlim_cur <= DESCRIPTORS_BESIDE + DESCRIPTORS_OF_EACH) return 1;
  rlim_t room = (limit.rlim_cur - DESCRIPTORS_BESIDE) / DESCRIPTORS_OF_EACH;
  return room < MOST ? (size_t)room : MOST;
}

static void become_relay(int sandbox, const struct relay_request *request) __attribute__((noreturn));
static void become_relay(int sandbox, const struct relay_request *request) {
  struct relay *relay = calloc(1, sizeof *relay);
  if (relay == NULL) die("malloc");
  relay->sandbox = sandbox;
  relay->listener = request->listener;
  leave_starter(relay);
  relay->capacity = room_for_connections();
  char name[16];
  snprintf(name, sizeof name, "%u", request->index);
  if (!name_socket(&relay->owner, request->directory, name)) die("name a socket");
  if (fcntl(relay->listener, F_SETFL, O_NONBLOCK) != 0) die("fcntl");
  serve(relay);
  _exit(0);
}

pid_t start_relay(pid_t sandbox, const struct relay_request *request) {
  if (!tell_port(request)) return -1;
  /* It lives as long as the sandbox, whatever becomes of the starter. */
  int process = (int)syscall(SYS_pidfd_open, sandbox, 0);
  if (process < 0) return -1;
  pid_t pid = fork();
  if (pid == 0) become_relay(process, request);
  int reason = errno;
  if (close(process) != 0) die("close");
  errno = reason;
  return pid;
}

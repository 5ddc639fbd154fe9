/* Uses sockets in ways that Node has not, and prints what came of it: `socket-probe WAY [WORD...]`. An error is printed by its name. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ROUNDS = 3000, CROWD = 100 };

static const char *outcome(int result) { return result < 0 ? strerrorname_np(errno) : "works"; }

static struct sockaddr_un at(const char *path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  memcpy(address.sun_path, path, strnlen(path, sizeof address.sun_path));
  return address;
}

static int unix_socket(int type) { return socket(AF_UNIX, type, 0); }

static int connect_to(int fd, const char *path) {
  struct sockaddr_un address = at(path);
  return connect(fd, (struct sockaddr *)&address, sizeof address);
}

static int listen_at(const char *path, int type, int backlog) {
  int fd = unix_socket(type);
  struct sockaddr_un address = at(path);
  unlink(path);
  if (bind(fd, (struct sockaddr *)&address, sizeof address) != 0) return -1;
  if (type != SOCK_DGRAM && listen(fd, backlog) != 0) return -1;
  return chmod(path, 0777) == 0 ? fd : -1;
}

/* Blocking; prints what the listener says. */
static void connect_each(char **words) {
  for (; *words != NULL; words++) {
    int fd = unix_socket(SOCK_STREAM);
    char heard[64];
    if (connect_to(fd, *words) != 0) {
      puts(outcome(-1));
      continue;
    }
    ssize_t got = read(fd, heard, sizeof heard);
    printf("%.*s\n", got < 0 ? 0 : (int)got, heard);
    close(fd);
  }
}

/* Descriptors that can send to an address without having been connected. */
static void make_sockets(char **words) {
  (void)words;
  static const struct {
    const char *name;
    int type;
  } TYPES[] = {{"stream", SOCK_STREAM}, {"seqpacket", SOCK_SEQPACKET}, {"datagram", SOCK_DGRAM}, {"raw", SOCK_RAW}};
  for (size_t i = 0; i < sizeof TYPES / sizeof *TYPES; i++) {
    int pair[2];
    printf("%s: %s, ", TYPES[i].name, outcome(unix_socket(TYPES[i].type | SOCK_CLOEXEC | SOCK_NONBLOCK)));
    puts(outcome(socketpair(AF_UNIX, TYPES[i].type, 0, pair)));
  }
  printf("internet datagram: %s\n", outcome(socket(AF_INET, SOCK_DGRAM, 0)));
}

static void *accept_all(void *listener) {
  for (int fd; (fd = accept((int)(long)listener, NULL, NULL)) >= 0; close(fd))
    if (write(fd, "own", 3) < 0) continue;
  return NULL;
}

static void start_thread(void *(*run)(void *), void *with) {
  pthread_t thread;
  if (pthread_create(&thread, NULL, run, with) != 0) abort();
}

static struct sockaddr_un flipped;
static struct sockaddr_un choices[2];

static void *flip(void *unused) {
  for (int turn = 0;; turn++) memcpy(&flipped, &choices[turn & 1], sizeof flipped);
  return unused;
}

/* OWN HOST: the address changes while it is connected to. */
static void flip_address(char **words) {
  start_thread(accept_all, (void *)(long)listen_at(words[0], SOCK_STREAM, 128));
  choices[0] = at(words[0]);
  choices[1] = at(words[1]);
  start_thread(flip, NULL);
  int reached = 0, refused = 0;
  for (int i = 0; i < ROUNDS; i++) {
    int fd = unix_socket(SOCK_STREAM | SOCK_NONBLOCK);
    int result = connect(fd, (struct sockaddr *)&flipped, sizeof flipped);
    reached += result == 0;
    refused += result != 0 && errno == EACCES;
    close(fd);
  }
  printf("own %s, host %s\n", reached > 0 ? "reached" : "never", refused > 0 ? "refused" : "never");
}

static int sources[2], swapped;

static void *swap(void *unused) {
  for (int turn = 0;; turn++) dup2(sources[turn & 1], swapped);
  return unused;
}

/* HOST: the descriptor becomes another socket while it is connected. */
static void swap_descriptor(char **words) {
  sources[0] = unix_socket(SOCK_STREAM | SOCK_NONBLOCK);
  sources[1] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  swapped = dup(sources[0]);
  start_thread(swap, NULL);
  int reached = 0;
  for (int i = 0; i < ROUNDS; i++) reached += connect_to(swapped, words[0]) == 0;
  printf("%s\n", reached == 0 ? "never" : "reached");
}

static const char *crowded;
static atomic_int arrived;

static void *join_crowd(void *unused) {
  char heard[8];
  int fd = unix_socket(SOCK_STREAM);
  if (connect_to(fd, crowded) == 0 && read(fd, heard, sizeof heard) == 3) arrived++;
  return unused;
}

/* OWN: many threads at once, and a listener with room for one. */
static void crowd(char **words) {
  crowded = words[0];
  int listener = listen_at(crowded, SOCK_STREAM, 0);
  pthread_t threads[CROWD];
  for (int i = 0; i < CROWD; i++)
    if (pthread_create(&threads[i], NULL, join_crowd, NULL) != 0) abort();
  start_thread(accept_all, (void *)(long)listener);
  for (int i = 0; i < CROWD; i++) pthread_join(threads[i], NULL);
  printf("%d\n", (int)arrived);
}

static void do_nothing(int number) { (void)number; }

static void interrupt_after(int milliseconds) {
  struct sigaction action = {.sa_handler = do_nothing};
  sigaction(SIGALRM, &action, NULL);
  struct itimerval timer = {.it_value.tv_usec = milliseconds * 1000};
  setitimer(ITIMER_REAL, &timer, NULL);
}

static int fill(const char *path) {
  int listener = listen_at(path, SOCK_STREAM, 0);
  for (;;) {
    int fd = unix_socket(SOCK_STREAM | SOCK_NONBLOCK);
    if (connect_to(fd, path) != 0) return listener;
  }
}

/* FULL OTHER: a listener whose queue is full keeps only those waiting that can wait, and as long as they want to. */
static void wait_in_queue(char **words) {
  fill(words[0]);
  printf("non-blocking: %s\n", outcome(connect_to(unix_socket(SOCK_STREAM | SOCK_NONBLOCK), words[0])));
  int timed = unix_socket(SOCK_STREAM);
  struct timeval limit = {.tv_usec = 50 * 1000};
  setsockopt(timed, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  printf("with a time limit: %s\n", outcome(connect_to(timed, words[0])));
  pid_t waiting = fork();
  if (waiting == 0) _exit(connect_to(unix_socket(SOCK_STREAM), words[0]));
  listen_at(words[1], SOCK_STREAM, 1);
  printf("beside one that waits: %s\n", outcome(connect_to(unix_socket(SOCK_STREAM), words[1])));
  interrupt_after(50);
  printf("interrupted: %s\n", outcome(connect_to(unix_socket(SOCK_STREAM), words[0])));
  int status;
  kill(waiting, SIGTERM);
  waitpid(waiting, &status, 0);
  printf("killed: %d\n", WIFSIGNALED(status) ? WTERMSIG(status) : -1);
}

/* HOST OWN: addresses that are none, and descriptors that are no sockets. */
static void misuse(char **words) {
  struct sockaddr_un address = at(words[0]);
  struct sockaddr *given = (struct sockaddr *)&address;
  int fd = unix_socket(SOCK_STREAM);
  printf("no descriptor: %s\n", outcome(connect(77, given, sizeof address)));
  printf("no socket: %s\n", outcome(connect(open("/dev/null", O_RDONLY), given, sizeof address)));
  printf("no address: %s\n", outcome(connect(fd, NULL, sizeof address)));
  printf("too long: %s\n", outcome(connect(fd, given, 4096)));
  printf("negative: %s\n", outcome(connect(fd, given, (socklen_t)-1)));
  printf("too short: %s\n", outcome(connect(fd, given, 2)));
  address.sun_family = 77;
  printf("another family: %s\n", outcome(connect(fd, given, sizeof address)));
  struct sockaddr_un own = at(words[1]);
  listen_at(words[1], SOCK_STREAM, 9);
  printf("without a NUL: %s\n", outcome(connect(fd, (struct sockaddr *)&own, (socklen_t)(2 + strlen(words[1])))));
  printf("twice: %s\n", outcome(connect_to(fd, words[1])));
}

/* OWN HOST: of a process that nobody may look into. */
static void connect_undumpable(char **words) {
  listen_at(words[0], SOCK_STREAM, 9);
  if (prctl(PR_SET_DUMPABLE, 0) != 0) abort();
  puts(outcome(connect_to(unix_socket(SOCK_STREAM), words[1])));
}

/* PATH: prints datagrams until one says "end". */
static void receive(char **words) {
  int fd = listen_at(words[0], SOCK_DGRAM, 0);
  puts("ready");
  fflush(stdout);
  char heard[64] = "";
  while (strcmp(heard, "end") != 0) {
    ssize_t got = recv(fd, heard, sizeof heard - 1, 0);
    heard[got < 0 ? 0 : got] = '\0';
    printf("%s\n", heard);
  }
}

static ssize_t send_whole(int fd, const char *path, const char *text, void *control, size_t length) {
  struct sockaddr_un address = at(path);
  struct iovec part = {.iov_base = (void *)text, .iov_len = strlen(text)};
  struct msghdr whole = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = length};
  if (*path != '\0') {
    whole.msg_name = &address;
    whole.msg_namelen = sizeof address;
  }
  return sendmsg(fd, &whole, 0);
}

/* PATH: in every way there is. */
static void send_in_all_ways(char **words) {
  int fd = unix_socket(SOCK_DGRAM);
  struct sockaddr_un address = at(words[0]);
  printf("sendto: %s\n", outcome((int)sendto(fd, "sendto", 6, 0, (struct sockaddr *)&address, sizeof address)));
  printf("sendmsg: %s\n", outcome((int)send_whole(fd, words[0], "sendmsg", NULL, 0)));
  struct iovec part = {.iov_base = "sendmmsg", .iov_len = 8};
  struct mmsghdr several[2];
  for (int i = 0; i < 2; i++)
    several[i] = (struct mmsghdr){
        .msg_hdr = {.msg_iov = &part, .msg_iovlen = 1, .msg_name = &address, .msg_namelen = sizeof address}};
  int count = sendmmsg(fd, several, 2, 0);
  printf("sendmmsg: %s %u\n", outcome(count), count > 0 ? several[0].msg_len : 0);
  int connected = connect_to(fd, words[0]);
  printf("connect: %s\n", outcome(connected));
  if (connected == 0) printf("send: %s\n", outcome((int)send(fd, "send", 4, 0)));
  int pair[2];
  socketpair(AF_UNIX, SOCK_DGRAM, 0, pair);
  printf("by a pair: %s\n", outcome((int)sendto(pair[0], "pair", 4, 0, (struct sockaddr *)&address, sizeof address)));
}

/* PATH: tells a receiver to end. */
static void send_end(char **words) {
  struct sockaddr_un address = at(words[0]);
  puts(outcome((int)sendto(unix_socket(SOCK_DGRAM), "end", 3, 0, (struct sockaddr *)&address, sizeof address)));
}

/* What sendmsg(2) does beside datagrams goes on as it does elsewhere. */
static void send_streams(char **words) {
  (void)words;
  int pair[2], file = open("/dev/null", O_RDONLY);
  socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
  union {
    struct cmsghdr head;
    char bytes[CMSG_SPACE(sizeof(struct ucred))];
  } control = {.head = {.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof(int))}};
  memcpy(CMSG_DATA(&control.head), &file, sizeof file);
  printf("with a descriptor: %s\n", outcome((int)send_whole(pair[0], "", "x", &control, CMSG_SPACE(sizeof(int)))));
  char byte;
  struct iovec part = {.iov_base = &byte, .iov_len = 1};
  struct msghdr whole = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
  struct stat sent, received;
  int got = recvmsg(pair[1], &whole, 0) == 1 ? *(int *)CMSG_DATA(&control.head) : -1;
  printf("it is the same: %s\n", fstat(file, &sent) == 0 && fstat(got, &received) == 0 && sent.st_ino == received.st_ino ? "yes" : "no");
  struct ucred self = {.pid = getpid(), .uid = getuid(), .gid = getgid()};
  control.head = (struct cmsghdr){.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_CREDENTIALS, .cmsg_len = CMSG_LEN(sizeof self)};
  memcpy(CMSG_DATA(&control.head), &self, sizeof self);
  printf("with credentials: %s\n", outcome((int)send_whole(pair[0], "", "x", &control, CMSG_SPACE(sizeof self))));
  static char much[400000];
  memset(much, 'm', sizeof much - 1);
  pid_t reader = fork();
  if (reader == 0) {
    size_t total = 0;
    static char buffer[65536];
    for (ssize_t got_now; total < sizeof much - 1 && (got_now = read(pair[1], buffer, sizeof buffer)) > 0;) total += (size_t)got_now;
    _exit(total == sizeof much - 1 ? 0 : 1);
  }
  printf("more than there is room for: %zd\n", send_whole(pair[0], "", much, NULL, 0));
  int status;
  waitpid(reader, &status, 0);
  printf("arrived: %s\n", status == 0 ? "whole" : "not");
  close(pair[1]);
  fflush(stdout);
  signal(SIGPIPE, SIG_DFL);
  pid_t writer = fork();
  if (writer == 0) _exit(send_whole(pair[0], "", "x", NULL, 0) < 0);
  waitpid(writer, &status, 0);
  printf("to nobody: signal %d\n", WIFSIGNALED(status) ? WTERMSIG(status) : 0);
}

int main(int argc, char **argv) {
  static const struct {
    const char *name;
    void (*run)(char **words);
  } WAYS[] = {{"connect", connect_each},     {"make", make_sockets},     {"flip", flip_address},
              {"swap", swap_descriptor},     {"crowd", crowd},           {"queue", wait_in_queue},
              {"misuse", misuse},            {"receive", receive},       {"send", send_in_all_ways},
              {"streams", send_streams},     {"end", send_end},     {"undumpable", connect_undumpable}};
  setvbuf(stdout, NULL, _IOLBF, 0);
  signal(SIGPIPE, SIG_IGN);
  for (size_t i = 0; argc > 1 && i < sizeof WAYS / sizeof *WAYS; i++)
    if (strcmp(argv[1], WAYS[i].name) == 0) {
      WAYS[i].run(argv + 2);
      return 0;
    }
  return 2;
}

#define _GNU_SOURCE
#include "zygote.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "channel.h"
#include "forked.h"
#include "node-channel.h"
#include "report.h"
#include "sys.h"
#include "wait-status.h"

/* What epoll tells of. */
enum source_kind { REQUESTS, REPORTS, ENDS, ANSWERS };

struct source {
  enum source_kind kind;
  struct sandbox *sandbox;
};

/* The standard ones, and evidence. */
struct sandbox {
  struct sandbox *next;
  uint32_t id;
  struct forked forked;
  struct source reports, ends;
  int owner_ends[PIPES]; /* of the pipes, until the owner has opened them; else -1 */
  struct report last; /* once it has reported */
  int is_reporting; /* its reports are watched */
  int has_reported;
  int has_ended;
};

struct zygote {
  int epoll;
  int nodes_channel; /* or NONE */
  struct channel channel;
  struct sandbox *sandboxes;
};

static void send_event(uint32_t id, enum event_kind kind, int value) {
  struct event event = {.id = id, .kind = kind, .value = value};
  /* An owner that is gone is noticed where the socket is read. */
  if (send(ZYGOTE_CONTROL, &event, sizeof event, MSG_NOSIGNAL) < 0 && errno != EPIPE && errno != ECONNRESET)
    die("send an event");
}

static struct sandbox *find(struct zygote *zygote, uint32_t id) {
  struct sandbox *sandbox = zygote->sandboxes;
  while (sandbox != NULL && sandbox->id != id) sandbox = sandbox->next;
  return sandbox;
}

static void watch(struct zygote *zygote, int fd, struct source *what) {
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = what};
  if (epoll_ctl(zygote->epoll, EPOLL_CTL_ADD, fd, &event) != 0) die("epoll_ctl");
}

static void close_owner_ends(struct sandbox *sandbox) {
  for (int stream = 0; stream < PIPES; stream++) {
    if (sandbox->owner_ends[stream] >= 0 && close(sandbox->owner_ends[stream]) != 0) die("close");
    sandbox->owner_ends[stream] = -1;
  }
}

static void forget(struct zygote *zygote, struct sandbox *sandbox) {
  struct sandbox **link = &zygote->sandboxes;
  while (*link != sandbox) link = &(*link)->next;
  *link = sandbox->next;
  free(sandbox);
}

/* What was written must not be lost because a short command ended before its owner opened the pipes. */
static void forget_when_done(struct zygote *zygote, struct sandbox *sandbox) {
  int is_open = 0;
  for (int stream = 0; stream < PIPES; stream++) is_open |= sandbox->owner_ends[stream] >= 0;
  if (sandbox->has_ended && !is_open) forget(zygote, sandbox);
}

/* The sandbox's ends of its pipes. */
struct streams {
  int fds[PIPES];
};

static int null_device(int stream) {
  int fd = open("/dev/null", (stream == STDIN_FILENO ? O_RDONLY : O_WRONLY) | O_CLOEXEC);
  if (fd < 0) die("open /dev/null");
  return fd;
}

static int make_pipe(struct sandbox *sandbox, int stream) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return -1;
  bool is_written = stream == STDIN_FILENO || stream == COMMAND_PIPE;
  sandbox->owner_ends[stream] = is_written ? ends[1] : ends[0];
  return is_written ? ends[0] : ends[1];
}

static void close_streams(struct streams *streams) {
  for (int stream = 0; stream < PIPES; stream++)
    if (streams->fds[stream] >= 0 && close(streams->fds[stream]) != 0) die("close");
}

static void tell_pipes(const struct sandbox *sandbox) {
  for (int stream = 0; stream < PIPES; stream++)
    if (sandbox->owner_ends[stream] >= 0)
      send_event(sandbox->id, EVENT_PIPE, sandbox->owner_ends[stream] * 8 + stream);
}

/* Returns whether there were descriptors enough. */
static int make_streams(struct sandbox *sandbox, unsigned wanted, struct streams *streams) {
  int complete = 1;
  for (int stream = 0; stream < 3; stream++) {
    int is_merged = stream == STDERR_FILENO && (wanted & STREAM_MERGED) != 0;
    int is_pipe = (wanted & 1U << stream) != 0 && !is_merged;
    streams->fds[stream] = is_pipe     ? make_pipe(sandbox, stream)
                           : is_merged ? fcntl(streams->fds[STDOUT_FILENO], F_DUPFD_CLOEXEC, 0)
                                       : null_device(stream);
    complete &= streams->fds[stream] >= 0;
  }
  return complete;
}

/* The same for another pipe; none is wanted where `is_wanted` is false. */
static int make_more(struct sandbox *sandbox, int pipe, int is_wanted, struct streams *streams) {
  streams->fds[pipe] = is_wanted ? make_pipe(sandbox, pipe) : NONE;
  return !is_wanted || streams->fds[pipe] >= 0;
}

static int make_pipes(struct sandbox *sandbox, const struct launch_request *request, bool is_prepared,
                      struct streams *streams) {
  int complete = make_streams(sandbox, request->streams, streams);
  complete &= make_more(sandbox, EVIDENCE_PIPE, (request->streams & STREAM_EVIDENCE) != 0, streams);
  complete &= make_more(sandbox, COMMAND_PIPE, is_prepared, streams);
  if (complete) tell_pipes(sandbox);
  return complete;
}

static void launch(struct zygote *zygote, const struct frame *frame) {
  struct launch_request request;
  if (!read_launch(frame, &request) || find(zygote, frame->id) != NULL) {
    send_event(frame->id, EVENT_MALFORMED, EINVAL);
    return;
  }
  struct sandbox *sandbox = allocate(sizeof *sandbox);
  *sandbox = (struct sandbox){.id = frame->id, .owner_ends = {-1, -1, -1, -1, -1}, .next = zygote->sandboxes};
  sandbox->forked.listeners = (struct hand_over){.channel = zygote->nodes_channel, .id = frame->id};
  struct streams streams;
  int is_forked = make_pipes(sandbox, &request, frame->kind == FRAME_PREPARE, &streams) &&
                  fork_sandbox(&request, streams.fds, &sandbox->forked);
  int reason = errno;
  close_streams(&streams);
  if (!is_forked) {
    close_owner_ends(sandbox);
    free(sandbox);
    send_event(frame->id, EVENT_MALFORMED, reason);
    return;
  }
  zygote->sandboxes = sandbox;
  sandbox->is_reporting = 1;
  sandbox->reports = (struct source){REPORTS, sandbox};
  sandbox->ends = (struct source){ENDS, sandbox};
  watch(zygote, sandbox->forked.report_fd, &sandbox->reports);
  watch(zygote, sandbox->forked.process, &sandbox->ends);
  send_event(sandbox->id, EVENT_CHILD, (int)sandbox->forked.pid);
}

/* Its id is not given to another process before it has been reaped. */
static void kill_sandbox(const struct sandbox *sandbox) {
  if (!sandbox->has_ended && kill(sandbox->forked.pid, SIGKILL) != 0 && errno != ESRCH) die("kill");
}

static void obey(struct zygote *zygote, const struct frame *frame) {
  if (frame->kind == FRAME_LAUNCH || frame->kind == FRAME_PREPARE) {
    launch(zygote, frame);
    return;
  }
  struct sandbox *sandbox = find(zygote, frame->id);
  if (sandbox == NULL) return; /* it has ended meanwhile */
  if (frame->kind == FRAME_KILL) kill_sandbox(sandbox);
  if (frame->kind == FRAME_OPENED) {
    close_owner_ends(sandbox);
    forget_when_done(zygote, sandbox);
  }
}

static void leave(struct zygote *zygote, int status) __attribute__((noreturn));
static void leave(struct zygote *zygote, int status) {
  for (struct sandbox *sandbox = zygote->sandboxes; sandbox != NULL; sandbox = sandbox->next) kill_sandbox(sandbox);
  while (waitpid(-1, NULL, 0) > 0 || errno == EINTR) continue;
  _exit(status);
}

static void read_requests(struct zygote *zygote) {
  int is_open = channel_fill(&zygote->channel, ZYGOTE_CONTROL);
  struct frame frame;
  enum channel_state state;
  while ((state = channel_next(&zygote->channel, &frame)) == CHANNEL_FRAME) obey(zygote, &frame);
  if (state == CHANNEL_BROKEN) send_event(0, EVENT_MALFORMED, EPROTO);
  if (!is_open || state == CHANNEL_BROKEN) leave(zygote, is_open ? EXIT_FAILED : 0);
}

static void take_reports(struct sandbox *sandbox) {
  struct report report;
  while (receive_report(sandbox->forked.report_fd, &report)) {
    if (report.kind == REPORT_LISTENING) {
      if (!hand_listener_over(&sandbox->forked.listeners, sandbox->forked.pid, &report)) kill_sandbox(sandbox);
      continue;
    }
    /* Then what ends is what should have become the command. */
    int is_known = sandbox->has_reported && sandbox->last.kind == REPORT_NOT_EXECUTED;
    if (!is_known) sandbox->last = report;
    sandbox->has_reported = 1;
    if (report.kind == REPORT_STARTING) send_event(sandbox->id, EVENT_RELEASED, report.value);
    if (report.kind == REPORT_PREPARED) send_event(sandbox->id, EVENT_PREPARED, 0);
  }
}

/* Closing is not enough: epoll watches until the last copy is closed, and a sandbox that has just been forked has one (epoll(7)). */
static void unwatch(struct zygote *zygote, int fd) {
  if (epoll_ctl(zygote->epoll, EPOLL_CTL_DEL, fd, NULL) != 0) die("epoll_ctl");
}

static void end_reports(struct zygote *zygote, struct sandbox *sandbox) {
  if (sandbox->is_reporting) unwatch(zygote, sandbox->forked.report_fd);
  sandbox->is_reporting = 0;
}

/* How process 1 itself ended tells of a sandbox that was not set up, and of one that somebody has killed. */
static void tell_end(const struct sandbox *sandbox, int exit_status) {
  enum event_kind kind = EVENT_FAILED;
  int value = exit_status;
  if (sandbox->has_reported) {
    static const enum event_kind KINDS[] = {[REPORT_STARTING] = EVENT_EXITED,
                                            [REPORT_NOT_EXECUTED] = EVENT_NOT_EXECUTED,
                                            [REPORT_ENDED] = EVENT_EXITED,
                                            [REPORT_MISMATCH] = EVENT_MISMATCH,
                                            [REPORT_PREPARED] = EVENT_FAILED};
    kind = KINDS[sandbox->last.kind];
    if (sandbox->last.kind != REPORT_STARTING && sandbox->last.kind != REPORT_PREPARED) value = sandbox->last.value;
  }
  send_event(sandbox->id, kind, value);
}

/* Process 1 has ended, and with it its whole process namespace (pid_namespaces(7)). */
static void conclude(struct zygote *zygote, struct sandbox *sandbox) {
  take_reports(sandbox);
  int wait_status;
  while (waitpid(sandbox->forked.pid, &wait_status, 0) < 0)
    if (errno != EINTR) die("waitpid");
  end_supervision(&sandbox->forked.supervision);
  end_reports(zygote, sandbox);
  end_hand_over(&sandbox->forked.listeners);
  unwatch(zygote, sandbox->forked.process);
  if (close(sandbox->forked.report_fd) != 0 || close(sandbox->forked.process) != 0) die("close");
  sandbox->has_ended = 1;
  tell_end(sandbox, exit_status_of(wait_status));
  forget_when_done(zygote, sandbox);
}

/* At the end of a pipe its process 1 is about to end. */
static void read_report(struct zygote *zygote, struct sandbox *sandbox, unsigned events) {
  take_reports(sandbox);
  if ((events & EPOLLHUP) != 0) end_reports(zygote, sandbox);
}

/* Without them nothing is missing; but unread they would fill the channel. */
static void read_answers(struct zygote *zygote) {
  if (!discard_answers(zygote->nodes_channel)) unwatch(zygote, zygote->nodes_channel);
}

static void take_event(struct zygote *zygote, struct source source, unsigned events) {
  switch (source.kind) {
    case REPORTS:
      read_report(zygote, source.sandbox, events);
      return;
    case ENDS:
      conclude(zygote, source.sandbox);
      return;
    case REQUESTS:
      read_requests(zygote);
      return;
    case ANSWERS:
      read_answers(zygote);
      return;
  }
}

enum { MOST_EVENTS = 64 };

void serve_zygote(int channel) {
  struct zygote zygote = {.epoll = epoll_create1(EPOLL_CLOEXEC), .nodes_channel = channel};
  if (zygote.epoll < 0) die("epoll_create1");
  if (fcntl(ZYGOTE_CONTROL, F_SETFD, FD_CLOEXEC) != 0) die("the control socket");
  /* Requests are read when there are some; events wait for room, which the owner makes. */
  int flags = fcntl(ZYGOTE_CONTROL, F_GETFL);
  if (flags < 0 || fcntl(ZYGOTE_CONTROL, F_SETFL, flags & ~O_NONBLOCK) != 0) die("the control socket");
  struct source requests = {REQUESTS, NULL};
  watch(&zygote, ZYGOTE_CONTROL, &requests);
  struct source answers = {ANSWERS, NULL};
  if (channel != NONE) watch(&zygote, channel, &answers);
  for (;;) {
    struct epoll_event events[MOST_EVENTS];
    int count = epoll_wait(zygote.epoll, events, MOST_EVENTS, -1);
    if (count < 0 && errno != EINTR) die("epoll_wait");
    struct source sources[MOST_EVENTS];
    for (int i = 0; i < count; i++) sources[i] = *(const struct source *)events[i].data.ptr;
    /* In this order, since each may do away with what those before it are about. */
    static const enum source_kind ORDER[] = {ANSWERS, REPORTS, ENDS, REQUESTS};
    for (int turn = 0; turn < 4; turn++)
      for (int i = 0; i < count; i++)
        if (sources[i].kind == ORDER[turn]) take_event(&zygote, sources[i], events[i].events);
  }
}

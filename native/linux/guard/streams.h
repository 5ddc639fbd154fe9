/* The three standard streams that the command gets, and a fourth for what a launcher's supervisor reports (evidence.h there).
 *
 * Those that were asked for are pipes of pipe(2): Node's own are sockets, and a command cannot open a socket as /dev/stdout or
 * /dev/stderr (ENXIO, open(2)). The owner opens the other end as /proc/PID/fd/N, which it is told of by EVENT_PIPE, and
 * says so with one byte; until then the guard keeps that end open. */
#ifndef CORDON_STREAMS_H
#define CORDON_STREAMS_H

enum { EVIDENCE = 3, STREAM_COUNT };

struct streams {
  int owner_ends[STREAM_COUNT]; /* of the pipes, until the owner has opened them; else -1 */
  int evidence;                 /* the launcher's end of that pipe, until it is started; else -1 */
};

/* Makes the pipes that `is_wanted` names, over descriptors 0 to 2, and tells the owner. Dies on errors. */
struct streams make_pipes(const int is_wanted[STREAM_COUNT]);

/* The owner has opened its ends: they must not stay open here, or the command would never see a broken pipe or an end. */
void close_owner_ends(struct streams *streams);

/* Waits until the owner has opened its ends or is gone: what was written must not be lost because a short command ended first. */
void wait_for_owner(const struct streams *streams);

/* Closes 0 to 2: the owner must not have to wait for our own end to see that of the streams. */
void close_streams(void);

#endif

/* What the guard tells its owner on the control socket: pairs of little endian u32 kind, i32 value. */
#ifndef CORDON_EVENTS_H
#define CORDON_EVENTS_H

/* The owner's life line, and the way of its request and of all events. */
enum { CONTROL = 3 };

enum event {
  EVENT_CHILD = 1,    /* value: process id of the sandbox's process 1 */
  EVENT_RELEASED = 2, /* the checks hold, the command is being started. value: the ABI of its Landlock domain, if it gets one */
  EVENT_EXITED = 3,   /* value: exit status of the command, 128+n for signal n */
  EVENT_FAILED = 4,   /* value: exit status of bubblewrap, which did not start the command */
  EVENT_MISMATCH = 5, /* value: index of the check that failed */
  EVENT_NOT_EXECUTED = 6, /* --plain; value: errno of execvp(3) */
  EVENT_PIPE = 7,         /* value: descriptor of the owner's end * 4 + the standard stream, 3 for evidence */
};

/* Sends an event. Dies on errors, but not of an owner that is gone: that is noticed where the socket is read. */
void send_event(enum event kind, int value);

#endif

/* What the probe tells of. One fact a line, in an order that depends on nothing but the sandbox. */
#ifndef PROBE_H
#define PROBE_H

/* In printable characters without spaces. */
void tell_text(const char *text);

/* "works", or what went wrong. */
const char *outcome(int result);

int by_text(const void *left, const void *right);

/* All that is at a path, and what comes of trying to change it. */
void look_at(const char *path);

#endif

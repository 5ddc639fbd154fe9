/* Checked system calls: EINTR is handled here and nowhere else, and what fails ends the program through die(). */
#ifndef CORDON_SYS_H
#define CORDON_SYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Exit status of a program of cordon's that could not do its work, unless it said otherwise; part of its interface. */
enum { EXIT_FAILED = 125 };

/* Names the program in what it says of itself, whatever its file is called, and the exit status with which it dies. */
void identify_program(const char *name, int failure_status);

/* Prints "PROGRAM: WHAT: errno text", runs what `before_dying` was given, and leaves with the status of a failure. */
void die(const char *what) __attribute__((noreturn));

/* The same for a step whose words are put together as by printf(3). */
void die_at(const char *step, ...) __attribute__((noreturn, format(printf, 1, 2)));

/* Has `action` run by die(); NULL takes it back. */
void before_dying(void (*action)(void));

/* Reads until `length` bytes, end of file or an error. Returns the bytes read. Dies on error. */
size_t read_full(int fd, void *buffer, size_t length);

/* Writes everything or dies. */
void write_full(int fd, const void *buffer, size_t length);

/* Moves `fd` to the number `target`, without close-on-exec. Dies on error. */
void place_descriptor(int fd, int target);

/* Closes every descriptor from `first` up (close_range(2), or /proc/self/fd on kernels before 5.9). */
void close_from(int first);

/* Closes every descriptor above standard error but `count` of them. Sorts `kept`; numbers below 3 and repeated ones
 * do no harm. */
void close_all_but(int *kept, size_t count);

/* Whether two descriptors are of the same file, however it was opened. */
bool is_same_object(int left, int right);

/* Memory that is there, or death. */
void *allocate(size_t length);

#endif

/* The caller's own terminal, for as long as the command's terminal stands in its place. */
#ifndef CORDON_TERMINAL_H
#define CORDON_TERMINAL_H

/* Makes the terminal at standard input raw, output included, and prints its settings as hexadecimal digits. Dies on error. */
void make_terminal_raw(void);

/* Gives the terminal at standard input the settings that make_terminal_raw printed. Dies on error. */
void restore_terminal(const char *settings);

#endif

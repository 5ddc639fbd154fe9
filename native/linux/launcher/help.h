/* What is printed instead of running a command. Each returns an exit status. */
#ifndef CORDON_HELP_H
#define CORDON_HELP_H

int print_help(const char *program);
int print_version(const char *name);

/* On a line of its own. */
int print_number(int number);

#endif
